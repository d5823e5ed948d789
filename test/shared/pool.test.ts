import { describe, expect, it } from 'vitest';

import { createPool } from '../../shared/pool.ts';

describe('createPool', () => {
  it('should run so many tasks at once, and the rest in the order in which they came', async () => {
    const inTurn = createPool(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const all = Promise.all(
      [0, 1, 2, 3].map((task) =>
        inTurn(async () => {
          begun.push(task);
          await new Promise<void>((resolve) => {
            ends[task] = resolve;
          });
          return task;
        }),
      ),
    );
    expect(begun).toEqual([0, 1]);
    for (const task of [1, 0, 2, 3]) {
      await expect.poll(() => ends[task]).toBeDefined();
      ends[task]?.();
    }
    expect(await all).toEqual([0, 1, 2, 3]);
    expect(begun).toEqual([0, 1, 2, 3]);
  });

  it('should give the place of a task that fails to the next one', async () => {
    const inTurn = createPool(1);
    const failing = inTurn(async () => {
      throw new Error('broken');
    });
    const next = inTurn(async () => 'done');
    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('done');
  });
});
