import { describe, expect, it } from 'vitest';

import { HashmarkError } from '../../../shared/errors.ts';
import { backOffMs } from '../../../shared/wire/back-off.ts';

const failed = (code: string, data = {}) => new HashmarkError(code, 'x', { data });

describe('backOffMs', () => {
  it('doubles, and stops to grow', () => {
    const waits = [0, 1, 2, 50].map((failures) => backOffMs(failed('service-failed'), failures, () => 1));
    expect(waits).toEqual([500, 1000, 2000, 60_000]);
  });

  it('spreads many callers over half of the wait', () => {
    expect(backOffMs(failed('service-unreachable'), 0, () => 0)).toBe(250);
  });

  it('waits as long as it was asked to', () => {
    expect(backOffMs(failed('rate-limited', { retryAfterSeconds: 7 }), 0)).toBe(7_000);
    expect(backOffMs(failed('rate-limited', { retryAfterSeconds: 1 }), 50, () => 1)).toBe(60_000);
    // Timers cannot wait that long: they would go off at once, and the service would be asked in a loop.
    expect(backOffMs(failed('rate-limited', { retryAfterSeconds: 999_999_999_999 }), 0)).toBe(3_600_000);
  });

  it.each(['service-refused', 'service-unauthorized', 'service-unreadable', 'quota-exceeded', 'not-found'])(
    'knows that %s stays',
    (code) => expect(backOffMs(failed(code), 0)).toBeUndefined(),
  );

  it('knows nothing of other errors', () => {
    expect(backOffMs(new TypeError('x'), 0)).toBeUndefined();
  });
});
