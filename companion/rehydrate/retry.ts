import { setTimeout as delay } from 'node:timers/promises';

/** How often and how patiently something is tried. */
export interface Patience {
  /** Tries in all. */
  attempts: number;
  /** Wait after the first failure; it doubles with each. */
  firstDelayMs: number;
  longestDelayMs: number;
}

/** Public endpoints ask for a pause of seconds, rarely of more than a minute: about three minutes in all. */
export const usualPatience: Patience = { attempts: 9, firstDelayMs: 1_000, longestDelayMs: 60_000 };

/** Waits after failure number `failures` (1 is the first). @throws the signal's reason when it is aborted. */
export async function pause(failures: number, patience: Patience, signal: AbortSignal): Promise<void> {
  const ms = Math.min(patience.firstDelayMs * 2 ** (failures - 1), patience.longestDelayMs);
  await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
