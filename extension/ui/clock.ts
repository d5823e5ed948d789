import { type ReadonlySignal, signal } from '@preact/signals';

/** Relative times change by the minute; twice a minute keeps them honest. */
const tickMs = 30_000;

/** The time of day as a signal, for relative times. The returned function stops it. */
export function createClock(now: () => number): { nowMs: ReadonlySignal<number>; stop: () => void } {
  const nowMs = signal(now());
  const timer = setInterval(() => {
    nowMs.value = now();
  }, tickMs);
  return { nowMs, stop: () => clearInterval(timer) };
}
