import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

import type { Log } from '../../../log.ts';
import type { Ledger } from '../../ledger/database.ts';

const firstPauseMs = 250;
const longestPauseMs = 30_000;

/**
 * Stores what has happened outside, however long the disk is full: telling it anew instead would flood whoever was told.
 * @param signal gives it up: what is not stored by then happens again after the next start.
 * @returns what `work` returned, or undefined when it was given up.
 */
export async function record<T>(
  { ledger, log }: { ledger: Ledger; log: Log },
  work: (db: DatabaseSync) => T,
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let pauseMs = firstPauseMs; !signal.aborted; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await ledger.write(work);
    } catch (error) {
      log('error', 'How a notification went could not be stored; trying again.', { error });
      await delay(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
  return undefined;
}
