import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCoins } from '../../../companion/chain/coins.ts';
import { formatGwei, parseGwei, raiseFees } from '../../../companion/chain/fees.ts';

/** Up to a billion gwei, the most that a ceiling may be. */
const wei = fc.bigInt({ min: 0n, max: 10n ** 18n - 1n });

describe('raiseFees', () => {
  it('should raise both by what nodes ask for, within the ceiling, or not at all', () => {
    fc.assert(
      fc.property(wei, wei, wei, wei, wei, (a, b, c, d, ceiling) => {
        const fees = (x: bigint, y: bigint) => ({
          maxFeePerGas: x > y ? x : y,
          maxPriorityFeePerGas: x > y ? y : x,
        });
        const previous = fees(a, b);
        const raised = raiseFees(previous, fees(c, d), ceiling);
        if (!raised) {
          expect(previous.maxFeePerGas + previous.maxFeePerGas / 8n + 1n).toBeGreaterThan(ceiling);
          return;
        }
        expect(raised.maxFeePerGas).toBeLessThanOrEqual(ceiling);
        expect(raised.maxPriorityFeePerGas).toBeLessThanOrEqual(raised.maxFeePerGas);
        // The rule of geth and of those that follow it: ten percent, on both.
        expect(raised.maxFeePerGas * 10n).toBeGreaterThanOrEqual(previous.maxFeePerGas * 11n);
        expect(raised.maxPriorityFeePerGas * 10n).toBeGreaterThanOrEqual(previous.maxPriorityFeePerGas * 11n);
      }),
    );
  });
});

describe('amounts', () => {
  it('should come back from gwei as they were', () => {
    fc.assert(
      fc.property(wei, (amount) => {
        expect(parseGwei(formatGwei(amount))).toBe(amount);
      }),
    );
  });

  it.each(['', '-1', '1e3', '0x1', '1.', '.5', '1.0000000001', '12345678901', 'NaN', '1,5'])(
    'should not take %j for gwei',
    (text) => {
      expect(() => parseGwei(text)).toThrow(RangeError);
    },
  );

  it.each([
    [0n, '0 ETH'],
    [1n, '0.000000000000000001 ETH'],
    [39_600_123_456_789n, '0.00003961 ETH'],
    [10n ** 18n, '1 ETH'],
    [99_999n * 10n ** 16n, '1000 ETH'],
  ])('should show %d wei, rounded up, as %s', (amount, text) => {
    expect(formatCoins(amount, 'ETH')).toBe(text);
  });
});
