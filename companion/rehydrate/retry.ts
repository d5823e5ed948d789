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

/**
 * Waits after failure number `failures` (1 is the first).
 * @param onWait gets, before that, how long it takes and which try comes then, as a sentence.
 * @throws the signal's reason when it is aborted.
 */
export async function pause(
  failures: number,
  patience: Patience,
  signal: AbortSignal,
  onWait?: (sentence: string) => void,
): Promise<void> {
  const ms = Math.min(patience.firstDelayMs * 2 ** (failures - 1), patience.longestDelayMs);
  onWait?.(`Trying again in ${ms / 1000} s (${failures + 1} of ${patience.attempts}).`);
  await delay(ms, undefined, { signal }).catch(() => signal.throwIfAborted());
}
