import { beforeEach, describe, expect, it } from 'vitest';

import { createSeedWatch, type SeedWatch } from '../../../../extension/stamping/seeds/seed-watch.ts';
import { HashmarkError } from '../../../../shared/errors.ts';
import type { SeedStatus } from '../../../../shared/wire/originstamp.ts';

const seedId = '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10';
let clockMs: number;
let status: SeedStatus['status'];
let failure: HashmarkError | undefined;
let isKnown: boolean;
let asked: number;
let watch: SeedWatch;

beforeEach(() => {
  clockMs = 1_000_000;
  status = 0;
  failure = undefined;
  isKnown = true;
  asked = 0;
  watch = createSeedWatch({
    now: () => clockMs,
    client: async () => ({
      async seedStatus() {
        asked += 1;
        if (failure) throw failure;
        if (!isKnown) return undefined;
        return { seedId, currencyId: 1, status, root: null, transaction: null, timestampMs: null };
      },
    }),
  });
});

/** Looks whenever a look is due, as somebody who waits does. */
async function follow(looks: number): Promise<number[]> {
  const waits: number[] = [];
  for (let count = 0; count < looks; count += 1) {
    const { nextLookAtMs } = await watch.look(seedId);
    waits.push(nextLookAtMs - clockMs);
    clockMs = nextLookAtMs;
  }
  return waits;
}

describe('createSeedWatch', () => {
  it('should ask once for a thousand that wait for the same seed', async () => {
    const looks = await Promise.all(Array.from({ length: 1_000 }, () => watch.look(seedId)));
    expect(asked).toBe(1);
    expect(new Set(looks.map(({ nextLookAtMs }) => nextLookAtMs))).toHaveLength(1);
    clockMs = (looks[0]?.nextLookAtMs ?? 0) - 1;
    await watch.look(seedId);
    expect(asked).toBe(1);
    clockMs += 1;
    await Promise.all([watch.look(seedId), watch.look(seedId)]);
    expect(asked).toBe(2);
  });

  it('should ask more and more seldom, and begin anew when the seed moves on', async () => {
    expect(await follow(9)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000, 60_000]);
    status = 1;
    expect(await follow(2)).toEqual([500, 1_000]);
  });

  it('should never ask again about a seed that is final', async () => {
    status = 3;
    await watch.look(seedId);
    clockMs += 1e12;
    expect((await watch.look(seedId)).seed.status).toBe(3);
    expect(asked).toBe(1);
  });

  it('should ask again about a final seed that it was told to forget', async () => {
    status = 3;
    await watch.look(seedId);
    watch.forget(seedId);
    await watch.look(seedId);
    expect(asked).toBe(2);
  });

  it('should share a failure until it is time to ask again', async () => {
    failure = new HashmarkError('rate-limited', 'Slow down.', { data: { retryAfterSeconds: 20 } });
    const results = await Promise.allSettled([watch.look(seedId), watch.look(seedId)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    clockMs += 19_999;
    await expect(watch.look(seedId)).rejects.toMatchObject({ code: 'rate-limited' });
    expect(asked).toBe(1);
    clockMs += 1;
    failure = undefined;
    await watch.look(seedId);
    expect(asked).toBe(2);
  });

  it('should say that a seed is gone', async () => {
    isKnown = false;
    await expect(watch.look(seedId)).rejects.toMatchObject({ code: 'seed-gone' });
  });
});
