import { browser } from 'wxt/browser';
import { outcomesWorstFirst } from '../../shared/evidence/conclude.ts';
import { createMutex } from '../../shared/mutex.ts';
import type { TabVerdicts } from '../messages.ts';
import type { VerdictSummary } from './verdict-summary.ts';

/** What one frame of a tab came to. */
export interface FrameVerdicts {
  pageId: string;
  /** By hash, or by hash and content for a claim. */
  verdicts: Record<string, VerdictSummary>;
  candidateCount: number;
  isIncomplete: boolean;
  reason?: string;
  isResisting: boolean;
  /** True once the browser had no room for its verdicts. */
  isListCut?: boolean;
}

type Frames = Record<string, FrameVerdicts>;

// Session storage: the worker is ended and started at will while the pages stay open. It holds 10 MB in all.
const keyOf = (tabId: number) => `tab-verdicts-${tabId}`;
const topFrame = 0;
/** A popup shows no more, and the storage holds no more; the worst come first. */
const maxVerdicts = 500;

const emptyFrame = (pageId: string): FrameVerdicts => ({
  pageId,
  verdicts: {},
  candidateCount: 0,
  isIncomplete: false,
  isResisting: false,
});

const oneAtATime = createMutex();

/**
 * Changes what is known of one frame. A page that was not seen before begins with nothing, and when the tab shows another
 * page, so ends what its predecessor's frames had. Resolves to the whole tab's verdicts.
 *
 * @param pageIn the page id of the script that a frame runs now: frames of a new page may speak before their parent, or
 *   instead of it, where only they are looked at.
 */
export function changeFrame(
  tabId: number,
  frameId: number,
  pageId: string,
  edit: (frame: FrameVerdicts) => void,
  pageIn: (tabId: number, frameId: number) => Promise<string | undefined>,
): Promise<TabVerdicts> {
  return oneAtATime(async () => {
    const known = await readFrames(tabId);
    const isNew = known[frameId]?.pageId !== pageId;
    const top = known[topFrame];
    const isOtherPage =
      isNew && (frameId === topFrame || !top || (await pageIn(tabId, topFrame)) !== top.pageId);
    const frames = isOtherPage ? await keepLiving(known, (id) => pageIn(tabId, id)) : known;
    const frame = isNew ? emptyFrame(pageId) : (known[frameId] ?? emptyFrame(pageId));
    edit(frame);
    frame.verdicts = Object.fromEntries(worstFirst(Object.entries(frame.verdicts)).slice(0, maxVerdicts));
    frames[frameId] = frame;
    await keepFrames(tabId, frames, frame);
    return summarize(frames);
  });
}

/** Without the list of the frame that changed when the browser has no room for it: then at least that is known. */
async function keepFrames(tabId: number, frames: Frames, changed: FrameVerdicts): Promise<void> {
  const write = () => browser.storage.session.set({ [keyOf(tabId)]: frames });
  try {
    await write();
  } catch {
    Object.assign(changed, { verdicts: {}, isListCut: true });
    await write();
  }
}

/** What is known of a tab; `pageId` is that of the script that its top frame runs now. */
export async function readTab(tabId: number, pageId: string | undefined): Promise<TabVerdicts> {
  const frames = await readFrames(tabId);
  return summarize(pageId !== undefined && frames[topFrame]?.pageId === pageId ? frames : {});
}

/** Tabs of which something is known; some of them may be gone. */
export async function knownTabs(): Promise<number[]> {
  const stored = await browser.storage.session.get(null);
  return Object.keys(stored).flatMap((key) =>
    key.startsWith('tab-verdicts-') ? [Number(key.slice(13))] : [],
  );
}

/** Forgets a tab. */
export async function forgetTab(tabId: number): Promise<void> {
  await browser.storage.session.remove(keyOf(tabId));
}

async function keepLiving(
  frames: Frames,
  pageIn: (frameId: number) => Promise<string | undefined>,
): Promise<Frames> {
  const kept = await Promise.all(
    Object.entries(frames).map(async ([id, frame]) => {
      const isLiving = Number(id) !== topFrame && (await pageIn(Number(id))) === frame.pageId;
      return isLiving ? [[id, frame] as const] : [];
    }),
  );
  return Object.fromEntries(kept.flat());
}

async function readFrames(tabId: number): Promise<Frames> {
  const stored = await browser.storage.session.get(keyOf(tabId));
  return (stored[keyOf(tabId)] as Frames | undefined) ?? {};
}

function summarize(frames: Frames): TabVerdicts {
  const all = Object.values(frames);
  const incomplete = all.find(({ isIncomplete }) => isIncomplete);
  return {
    verdicts: worstFirst(all.flatMap(({ verdicts }) => Object.entries(verdicts))).map(
      ([, verdict]) => verdict,
    ),
    candidateCount: all.reduce((sum, { candidateCount }) => sum + candidateCount, 0),
    isIncomplete: incomplete !== undefined,
    reason: incomplete?.reason,
    isListCut: all.some(({ isListCut }) => isListCut),
    notice: all.some(({ isResisting }) => isResisting)
      ? 'This page takes Hashmark’s badges away. What was found is shown here only.'
      : undefined,
  };
}

function worstFirst(entries: [string, VerdictSummary][]): [string, VerdictSummary][] {
  const rank = ({ outcome }: VerdictSummary) => outcomesWorstFirst.indexOf(outcome);
  return entries.toSorted(([, a], [, b]) => rank(a) - rank(b));
}
