import { HashmarkError } from '../errors.ts';

/** What may be over soon: nobody answers, too many ask, or the service has a trouble of its own. */
const passing = new Set(['companion-unreachable', 'service-unreachable', 'service-failed', 'rate-limited']);

const firstWaitMs = 500;
const longestWaitMs = 60_000;
/** A service may ask for any number of seconds; timers that are set to more than 24 days go off at once. */
const longestAskedMs = 3_600_000;

/**
 * How long to wait before the same call is made again, in milliseconds; undefined for a failure that stays.
 *
 * It doubles with each failure up to {@link longestWaitMs}, is spread over its upper half so that many callers do not come
 * back at once, and is never shorter than what the service asked for (`data.retryAfterSeconds`), up to an hour.
 * @param failures in a row before this one: 0 is the first.
 * @param random from 0 up to 1.
 */
export function backOffMs(error: unknown, failures: number, random = Math.random): number | undefined {
  if (!(error instanceof HashmarkError) || !passing.has(error.code)) return undefined;
  const waitMs = Math.min(firstWaitMs * 2 ** Math.min(failures, 20), longestWaitMs) * (0.5 + random() / 2);
  return atLeastAsked(error, waitMs);
}

/** A wait, or the longer one that the service asked for (`data.retryAfterSeconds`), up to an hour. Milliseconds. */
export function atLeastAsked(error: HashmarkError, waitMs: number): number {
  const asked = error.data.retryAfterSeconds;
  return typeof asked === 'number' ? Math.max(Math.min(asked * 1000, longestAskedMs), waitMs) : waitMs;
}
