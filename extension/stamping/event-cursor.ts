import * as v from 'valibot';
import { browser } from 'wxt/browser';

/** How far the events of one companion were handled. */
export interface EventCursor {
  /** The last one that was; absent when none was. */
  lastEventId?: string;
  /** Notes that an event was handled. */
  keep: (id: string) => Promise<void>;
}

const storageKey = 'last-event';
const stored = v.object({ pairing: v.string(), id: v.string() });

/**
 * The cursor of a pairing. Another companion numbers its events anew, so what was kept for one says nothing of the other,
 * whichever of them a worker has met before it was ended.
 */
export async function readEventCursor(pairing: string): Promise<EventCursor> {
  const found = v.safeParse(stored, (await browser.storage.local.get(storageKey))[storageKey]);
  const isOurs = found.success && found.output.pairing === pairing;
  return {
    ...(isOurs ? { lastEventId: found.output.id } : {}),
    keep: (id) =>
      browser.storage.local.set({ [storageKey]: { pairing, id } satisfies v.InferOutput<typeof stored> }),
  };
}
