import { setTimeout as delay } from 'node:timers/promises';

const pollEveryMs = 10;

/** Polls until `check` returns something truthy, and returns it; fails with the label when that takes too long. */
export async function eventually<T>(
  label: string,
  check: () => T | Promise<T>,
  timeoutMs = 15_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const found = await check();
    if (found) return found;
    if (performance.now() > deadline) throw new Error(`${label}: not within ${timeoutMs} ms`);
    await delay(pollEveryMs);
  }
}
