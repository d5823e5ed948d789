import { computed, effect, signal } from '@preact/signals';

import { HashmarkError, toErrorData } from '../../../shared/errors.ts';
import { outcomesBestFirst } from '../../../shared/evidence/conclude.ts';
import { parseHash } from '../../../shared/evidence/hash-reference.ts';
import { writeProofXml } from '../../../shared/evidence/proof-xml.ts';
import type { HashReference, SeedRecord, Verdict } from '../../../shared/evidence/verdict.ts';
import type { Fingerprint, FingerprintOptions } from '../../../shared/fingerprint/fingerprint.ts';
import { proofFileName } from '../../../shared/wire/originstamp.ts';
import type { onChange } from '../../changes.ts';
import type { JobView } from '../../messages.ts';
import type { ask } from '../../messaging.ts';
import { createActions } from '../../ui/actions.ts';
import { createClock } from '../../ui/clock.ts';
import { labelOf } from '../../ui/outcome.ts';
import { createResource } from '../../ui/resource.ts';
import { type CheckedFile, compareFile } from './checked-file.ts';
import { createEvidenceFile } from './evidence-file.ts';

/** What the report page needs of the browser. */
export interface ReportPlatform {
  ask: typeof ask;
  onChange: typeof onChange;
  /** Query of the page's address: `?hash=…` or `?job=…`, or empty for a page that checks what is given to it. */
  query: string;
  /** Writes the address of what is shown into the browser's history. */
  setQuery(query: string): void;
  setTitle(title: string): void;
  fingerprint(file: Blob, options: FingerprintOptions): Promise<Fingerprint>;
  /** Hands a file to the user's downloads. */
  saveFile(name: string, content: Blob): void;
  /** The certificate of a digest, from the user's account. */
  fetchCertificate(digest: string, currencyId: number): Promise<Blob>;
  now(): number;
}

/** What the address asks for. */
export interface Subject {
  hash?: HashReference;
  /** The digest of the file that the hash is the CID of: a file may be stamped by either. */
  digest?: HashReference;
  /** The tab whose page claims something false about the hash. */
  tabId?: number;
  jobId?: string;
  /** A hash that is none, as it stood in the address. */
  unreadable?: string;
}

export type ReportStore = ReturnType<typeof createReportStore>;

/** The report's state and everything it does. */
export function createReportStore(platform: ReportPlatform) {
  const { ask } = platform;
  const { nowMs, stop: stopClock } = createClock(platform.now);
  const subject = signal<Subject>(readQuery(platform.query));
  const jobs = createResource<JobView[]>(() => ask('jobs.list'));
  const job = computed(() => jobs.data.value?.find(({ id }) => id === subject.value.jobId));
  /** A job's hash is judged once its stamp is said to be on the chain: before that there is nothing to judge. */
  const hash = computed<HashReference | undefined>(() => {
    const { phase, method, fingerprint } = job.value ?? {};
    if (subject.value.hash || phase !== 'done' || !fingerprint) return subject.value.hash;
    return method === 'hash-only'
      ? { kind: 'digest', value: fingerprint.digest }
      : { kind: 'cid', value: fingerprint.cid };
  });
  /** True when the claim that led here can no longer be looked up, so that the verdict is about the hash alone. */
  const isClaimGone = signal(false);
  const verdict = createResource<Verdict>(judge);
  /** The verdict, when it is about what is shown now and not about what was shown before. */
  const shownVerdict = computed(() =>
    verdict.data.value?.hash.value === hash.value?.value ? verdict.data.value : undefined,
  );
  const file = signal<CheckedFile | undefined>(undefined);
  const input = signal('');
  const actions = createActions();
  let fileCheck: AbortController | undefined;

  function requireHash(): HashReference {
    const wanted = hash.peek();
    if (wanted) return wanted;
    throw new HashmarkError('no-hash', 'There is no hash to check yet.');
  }

  async function judge(): Promise<Verdict> {
    const { value } = requireHash();
    const asked = subject.peek();
    const { tabId, digest } = asked;
    const claimed = tabId === undefined ? undefined : await findContradicted(tabId, value);
    isClaimGone.value = tabId !== undefined && !claimed;
    const verdict = claimed ?? (await ask('verify.hash', { hash: value }));
    const better = digest ? await orByDigest(verdict, digest.value) : verdict;
    if (better !== verdict && subject.peek() === asked) subject.value = { hash: digest };
    return better;
  }

  /** A stamp may be recorded by CID or by digest: the verdict on the CID, or that on the digest when it says more. */
  async function orByDigest(byCid: Verdict, digest: string): Promise<Verdict> {
    if (byCid.outcome !== 'unknown' && byCid.outcome !== 'unchecked') return byCid;
    const byDigest = await ask('verify.hash', { hash: digest });
    const rank = ({ outcome }: Verdict) => outcomesBestFirst.indexOf(outcome);
    return rank(byDigest) < rank(byCid) ? byDigest : byCid;
  }

  /** What the page in a tab claims about a hash and does not hold, while that page is open. */
  async function findContradicted(tabId: number, value: string): Promise<Verdict | undefined> {
    const { verdicts } = await ask('tab.verdicts', { tabId });
    return verdicts.find(({ hash, contradiction }) => contradiction && hash.value === value)?.contradiction;
  }

  function show(next: HashReference): void {
    subject.value = { hash: next };
    platform.setQuery(`?hash=${encodeURIComponent(next.value)}`);
  }

  async function showRecordOf({ cid, digest }: Fingerprint, signal?: AbortSignal): Promise<void> {
    const { hash } = await orByDigest(await ask('verify.hash', { hash: cid }), digest);
    if (!signal?.aborted) show(hash);
  }

  async function checkFile(dropped: File): Promise<void> {
    fileCheck?.abort();
    const check = new AbortController();
    fileCheck = check;
    const { name, size: sizeBytes } = dropped;
    file.value = { state: 'hashing', name, bytesDone: 0, sizeBytes };
    try {
      const fingerprint = await platform.fingerprint(dropped, {
        signal: check.signal,
        onProgress(bytesDone, hashedBy) {
          if (!check.signal.aborted) file.value = { state: 'hashing', name, bytesDone, sizeBytes, hashedBy };
        },
      });
      if (!hash.peek()) await showRecordOf(fingerprint, check.signal);
      if (!check.signal.aborted) file.value = { state: 'hashed', name, fingerprint };
    } catch (error) {
      if (check.signal.aborted) return;
      file.value = { state: 'failed', name, problem: toErrorData(error) };
    }
  }

  return {
    nowMs,
    subject,
    job,
    jobs,
    hash,
    verdict,
    shownVerdict,
    isClaimGone,
    file,
    input,
    actions,
    isMatch: computed(() => compareFile(file.value, hash.value)),

    /** The returned function ends it. */
    start(): () => void {
      if (subject.peek().jobId) void jobs.reload();
      const stopVerifying = effect(() => {
        if (hash.value) void verdict.reload();
      });
      const stopTitle = effect(() => {
        const outcome = shownVerdict.value?.outcome;
        platform.setTitle(outcome ? `${labelOf(outcome)} – Hashmark report` : 'Hashmark report');
      });
      const stopListening = platform.onChange(['jobs', 'mirror', 'companion'], (topic) => {
        if (topic === 'jobs' && subject.peek().jobId) void jobs.reload();
        // What is settled stays; what was open may be settled by what just changed.
        const outcome = shownVerdict.peek()?.outcome;
        if (hash.peek() && outcome !== 'confirmed' && outcome !== 'contradicted') void verdict.reload();
      });
      return () => {
        fileCheck?.abort();
        stopVerifying();
        stopTitle();
        stopListening();
        stopClock();
      };
    },

    checkAgain: () => void verdict.reload(),
    retryJob: (jobId: string) => actions.run('job', () => ask('job.retry', { jobId })),
    saveJobFile: (jobId: string) => actions.run('job', () => ask('job.save-file', { jobId })),
    saveEvidence() {
      const shown = shownVerdict.peek();
      if (shown) {
        const { name, text } = createEvidenceFile(shown, job.peek());
        platform.saveFile(name, new Blob([text], { type: 'application/json' }));
      }
    },

    saveProof(seed: SeedRecord) {
      const xml = new Blob([writeProofXml(seed.proof)], { type: 'application/xml' });
      platform.saveFile(proofFileName(seed.proof.leaf, currencyOf(seed), 'xml'), xml);
    },
    saveCertificate: (seed: SeedRecord) =>
      actions.run('proof', async () => {
        const { leaf } = seed.proof;
        const pdf = await platform.fetchCertificate(leaf, currencyOf(seed));
        platform.saveFile(proofFileName(leaf, currencyOf(seed), 'pdf'), pdf);
      }),

    editInput(text: string) {
      input.value = text;
      actions.forget('input');
    },
    checkInput: () =>
      actions.run('input', async () => {
        const parsed = parseHash(input.peek());
        if (!parsed) throw unreadableHash(input.peek());
        input.value = '';
        show(parsed);
      }),
    checkFile: (dropped: File) => void checkFile(dropped),
    forgetFile() {
      fileCheck?.abort();
      actions.forget('file');
      file.value = undefined;
    },
    /** Leaves this report for that of the file that was dropped. */
    showFile: (fingerprint: Fingerprint) => actions.run('file', () => showRecordOf(fingerprint)),
    /** The browser went back or forward in its history. */
    readAddress(query: string) {
      subject.value = readQuery(query);
      if (subject.peek().jobId) void jobs.reload();
    },
  };
}

/** As on the wire. */
function currencyOf({ method }: SeedRecord): number {
  return method === 'evm-input' ? 1 : 0;
}

function readQuery(query: string): Subject {
  const parameters = new URLSearchParams(query);
  const text = parameters.get('hash');
  if (text) {
    const hash = parseHash(text);
    if (!hash) return { unreadable: text };
    const tabId = parameters.get('tab');
    const digest = parseHash(parameters.get('digest') ?? '');
    return {
      hash,
      ...(tabId && /^\d+$/.test(tabId) ? { tabId: Number(tabId) } : {}),
      ...(digest ? { digest } : {}),
    };
  }
  const jobId = parameters.get('job');
  return jobId ? { jobId } : {};
}

function unreadableHash(text: string): HashmarkError {
  const shown = text.trim().length > 80 ? `${text.trim().slice(0, 80)}…` : text.trim();
  return new HashmarkError(
    'not-a-hash',
    `“${shown}” is neither a CID (for instance Qm… or bafy…) nor a digest of 64 hex digits. Copy it whole, or drop the file itself.`,
  );
}
