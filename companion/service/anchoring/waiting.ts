import type { AnchorView } from './anchoring.ts';

/** Callers that wait for an anchor to get somewhere. */
export interface Waiting {
  /** Resolves when the anchor needs no more waiting, or after `timeoutMs`, with the view of that moment. */
  waitFor(ref: number, timeoutMs: number): Promise<AnchorView>;
  /** Call it after an anchor's change is committed. */
  notify(ref: number): void;
  /** Ends every wait with the view of this moment. */
  giveUp(): void;
}

/** @param viewOf reads an anchor's present view; throws when there is no such anchor. */
export function createWaiting(viewOf: (ref: number) => AnchorView): Waiting {
  const waiters = new Map<number, Set<() => void>>();

  function notify(ref: number): void {
    for (const settleIfDone of [...(waiters.get(ref) ?? [])]) settleIfDone();
  }

  let isOver = false;

  return {
    notify,

    waitFor(ref, timeoutMs) {
      const view = viewOf(ref);
      if (isOver || isSettled(view)) return Promise.resolve(view);
      return new Promise((resolve, reject) => {
        const ofThis = waiters.get(ref) ?? new Set();
        waiters.set(ref, ofThis);
        const timer = setTimeout(() => settle(), timeoutMs);
        function settle(): void {
          clearTimeout(timer);
          ofThis.delete(settleIfDone);
          if (ofThis.size === 0) waiters.delete(ref);
          try {
            resolve(viewOf(ref));
          } catch (error) {
            reject(error);
          }
        }
        function settleIfDone(): void {
          if (isOver || isSettled(viewOf(ref))) settle();
        }
        ofThis.add(settleIfDone);
      });
    },

    giveUp() {
      isOver = true;
      for (const ref of [...waiters.keys()]) notify(ref);
    },
  };
}

function isSettled({ state }: AnchorView): boolean {
  return state === 'mined' || state === 'final' || state === 'failed';
}
