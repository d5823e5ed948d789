import type { HashReference, Outcome, Verdict } from '../../../shared/evidence/verdict.ts';
import type { Fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import {
  mostHashesPerQuestion,
  type PageClaim,
  type PageQuestion,
  type PageVerdicts,
} from '../../messages.ts';
import { createBadgeBoard } from './badge-board.ts';
import { readClaim } from './read-claim.ts';
import { type Occurrence, scan } from './scan.ts';
import { blockOf, isPiece } from './text-run.ts';
import { createTimeSlices } from './time-slices.ts';

export interface PageVerifierDeps {
  judge: (question: PageQuestion) => Promise<PageVerdicts>;
  openReport: (hash: HashReference, outcome: Outcome) => void;
  /** Reads the page's own content where the browser refuses it to a script in the page. */
  readElsewhere: (url: string) => Promise<Fingerprint>;
}

/** Looks at one document for as long as it lives. */
export interface PageVerifier {
  readonly pageId: string;
  /** Judges everything again: the record has changed. */
  recheck(): void;
  /** Takes every badge away and looks no more. */
  stop(): void;
}

/** The first verdicts show while a long page is still being read. */
const firstQuestionSize = 500;
/** Later questions are larger: each group of badges has the browser lay out the whole page again. */
const lastQuestionSize = mostHashesPerQuestion;
/** Each is a request for the page's own content. */
const maxClaims = 50;
/** A page that writes without pause is looked at this often. */
const settleMs = 150;
/** More changed places than this: the document is walked once instead. */
const maxChangedRoots = 500;
/** Bounds memory on a page without end; what comes later is still counted and shown, only asked about again. */
const maxRemembered = 100_000;

const firstRetryMs = 4_000;
const lastRetryMs = 5 * 60_000;

/** Places that are judged together. */
interface Batch {
  occurrences: Occurrence[];
  /** Hashes among them that nobody has asked about. */
  fresh: Map<string, HashReference>;
}

/** Attributes in which pages put hashes after the fact. */
const watchedAttributes = [
  'href',
  'src',
  'cid',
  'poster',
  'data',
  'data-cid',
  'data-hash',
  'data-digest',
  'data-sha256',
];

/** Begins to look at the document. */
export function startPageVerifier({ judge, openReport, readElsewhere }: PageVerifierDeps): PageVerifier {
  const pageId = crypto.getRandomValues(new Uint32Array(4)).join('-');
  const board = createBadgeBoard(({ hash, outcome }) => openReport(hash, outcome));
  /** What was asked, with the verdict where there is one. */
  let known = new Map<string, Verdict | undefined>();
  const claims = new Map<string, Verdict | 'reading'>();
  const changed = new Set<Node>([document]);
  let isStopped = false;
  let isScanning = false;
  let isToldOfResistance = false;
  let retryMs = firstRetryMs;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  const observer = new MutationObserver((records) => {
    board.repair(records);
    observer.takeRecords(); // Only what the repair did itself.
    for (const { type, target, addedNodes } of records) {
      if (type !== 'childList') noteChange(target);
      for (const added of addedNodes) if (!board.isOurs(added)) noteChange(added);
    }
    if (board.isResisted() && !isToldOfResistance) {
      isToldOfResistance = true;
      void ask([], []);
    }
    schedule();
  });
  observe(document);
  schedule(0);

  function observe(root: Node): void {
    observer.observe(root, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: [...watchedAttributes, 'style', 'hidden', 'inert', 'class', 'aria-hidden', 'popover'],
    });
  }

  function noteChange(node: Node): void {
    if (board.isOurs(node)) return;
    const root = isPiece(node) ? (blockOf(node) ?? node) : node;
    if (changed.size < maxChangedRoots) changed.add(root);
    else changed.add(document); // One walk over all is cheaper than hundreds over parts.
  }

  function schedule(delayMs = settleMs): void {
    if (isStopped || isScanning || changed.size === 0) return;
    isScanning = true;
    setTimeout(async () => {
      try {
        await scanChanged();
      } catch (error) {
        // The extension was updated or taken away under us: this script can reach nobody any more.
        if (isStopped || !isContextLost(error)) throw error;
        stop();
      } finally {
        isScanning = false;
        schedule();
      }
    }, delayMs);
  }

  async function scanChanged(): Promise<void> {
    const roots = changed.has(document) ? [document] : [...changed].filter((node) => node.isConnected);
    changed.clear();
    // Not during a walk: what it holds as asked about must have its verdict there.
    if (known.size > maxRemembered) known = new Map();
    const occurrences = scanAll(roots);
    let size = firstQuestionSize;
    let batch = await gather(occurrences, size);
    while (!isStopped && batch.occurrences.length > 0) {
      size = Math.min(lastQuestionSize, 2 * size);
      // While the background judges these, the page is read on.
      [, batch] = await Promise.all([judgeBatch(batch), gather(occurrences, size)]);
    }
  }

  async function* scanAll(roots: Node[]): AsyncGenerator<Occurrence> {
    const slices = createTimeSlices();
    const options = { isOurs: board.isOurs, onShadowRoot: observe, onLost: noteChange };
    for (const root of roots) yield* scan(root, slices, options);
  }

  /** The next occurrences, until they ask for `size` hashes or there are no more. */
  async function gather(found: AsyncGenerator<Occurrence>, size: number): Promise<Batch> {
    const batch: Batch = { occurrences: [], fresh: new Map() };
    while (!isStopped && batch.fresh.size < size && batch.occurrences.length < 4 * size) {
      const next = await found.next();
      if (next.done) break;
      const { hash } = next.value;
      batch.occurrences.push(next.value);
      if (!known.has(hash.value)) batch.fresh.set(hash.value, hash);
    }
    return batch;
  }

  async function judgeBatch({ occurrences, fresh }: Batch): Promise<void> {
    const verdicts = known;
    if (fresh.size > 0) await ask([...fresh.values()], []);
    const slices = createTimeSlices();
    const found: [Occurrence, Verdict][] = [];
    for (const occurrence of occurrences) {
      if (slices.isOver()) await slices.pause();
      if (isStopped) return;
      const verdict = verdicts.get(occurrence.hash.value);
      if (verdict) found.push([occurrence, verdict]);
      else board.hide(occurrence);
      observer.takeRecords();
    }
    // Badges in a row: in a pause between two of them the browser would lay out the page, and again after the rest.
    for (const [occurrence, verdict] of found) {
      if (slices.isOver()) await slices.pause();
      if (isStopped) return;
      if (occurrence.claimUrl) await showClaim(occurrence, occurrence.claimUrl, verdict);
      else board.show(occurrence, verdict);
      observer.takeRecords();
    }
  }

  async function showClaim(occurrence: Occurrence, url: string, verdict: Verdict): Promise<void> {
    const key = `${occurrence.hash.value} ${url}`;
    const earlier = claims.get(key);
    board.show(occurrence, earlier && earlier !== 'reading' ? earlier : verdict);
    if (earlier || claims.size >= maxClaims) return;
    claims.set(key, 'reading');
    const claim = await readClaim(occurrence.hash, url, location.href, readElsewhere);
    if (!claim || isStopped) return;
    const [judged] = await ask([], [claim]);
    if (!judged) return;
    claims.set(key, judged);
    board.show(occurrence, judged);
    observer.takeRecords();
  }

  async function ask(hashes: HashReference[], askedClaims: PageClaim[]): Promise<Verdict[]> {
    const asked = known;
    for (const { value } of hashes) asked.set(value, undefined);
    const answer = await judge({
      hashes,
      claims: askedClaims,
      pageId,
      candidateCount: asked.size,
      isResisting: board.isResisted() || undefined,
    }).catch((error: unknown) => {
      scheduleRetry(); // Nobody looked, which is not the same as no record.
      throw error;
    });
    if (hashes.length > 0) for (const verdict of answer.verdicts) asked.set(verdict.hash.value, verdict);
    const isOpen = ({ outcome }: Verdict) => outcome === 'unchecked' || outcome === 'pending';
    if (answer.isIncomplete || answer.verdicts.some(isOpen)) scheduleRetry();
    else if (retryTimer === undefined) retryMs = firstRetryMs;
    return answer.verdicts;
  }

  /** What could not be looked at is looked at again, later and later, while somebody is there to see it. */
  function scheduleRetry(): void {
    if (retryTimer !== undefined || isStopped) return;
    retryTimer = setTimeout(() => {
      retryTimer = undefined;
      if (document.hidden) return scheduleRetry();
      retryMs = Math.min(lastRetryMs, retryMs * 2);
      recheck();
    }, retryMs);
  }

  function recheck(): void {
    known = new Map(); // An answer that is still to come was given before.
    claims.clear();
    changed.clear();
    changed.add(document);
    schedule(0);
  }

  function stop(): void {
    isStopped = true;
    clearTimeout(retryTimer);
    observer.disconnect();
    board.clear();
  }

  return { pageId, recheck, stop };
}

/** What browsers say when an extension's old script calls an extension that is gone. */
function isContextLost(error: unknown): boolean {
  return (
    error instanceof Error &&
    /context invalidated|extension context|receiving end|did not answer/i.test(error.message)
  );
}
