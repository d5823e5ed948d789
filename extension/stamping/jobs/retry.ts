import { HashmarkError } from '../../../shared/errors.ts';
import { atLeastAsked } from '../../../shared/wire/back-off.ts';

/** Waits between tries, in milliseconds; the last one repeats. */
const waitsMs = [1_000, 2_000, 5_000, 15_000, 30_000, 60_000, 5 * 60_000];
/** Waits between looks at a stamp that is on its way; an event usually comes first. */
const stampWaitsMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

/** Nobody is there, or nobody we know: that passes when somebody comes, however long it takes. */
const withoutEnd = new Set([
  'companion-unreachable',
  'service-unreachable',
  'not-paired',
  'pairing-blocked',
  'companion-refused',
  'impostor',
  'rate-limited',
]);
/** Somebody is there and does not get it done: worth some more tries. */
const withEnd = new Set([
  'service-failed',
  'service-unreadable',
  'link-expired',
  'not-listed',
  'proof-unavailable',
  'proof-unchecked',
]);
const mostAttempts = 8;

/**
 * How long to wait before the same step is tried again, in milliseconds; undefined for a failure that stays.
 *
 * @param attempts failures in a row before this one
 */
export function waitBeforeRetry(error: unknown, attempts: number): number | undefined {
  if (!(error instanceof HashmarkError)) return undefined;
  if (!withoutEnd.has(error.code) && !(withEnd.has(error.code) && attempts < mostAttempts)) return undefined;
  return atLeastAsked(error, waitsMs[Math.min(attempts, waitsMs.length - 1)] as number);
}

export function waitBeforeNextLook(looks: number): number {
  return stampWaitsMs[Math.min(looks, stampWaitsMs.length - 1)] as number;
}
