import { describe, expect, it } from 'vitest';

import { createMutex } from '../../shared/mutex.ts';

describe('a mutex', () => {
  it('should run one piece of work at a time, in the order they came', async () => {
    const oneAtATime = createMutex();
    const told: string[] = [];
    const work = (name: string, turns: number) =>
      oneAtATime(async () => {
        told.push(`${name} begins`);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        told.push(`${name} ends`);
        return name;
      });
    expect(await Promise.all([work('long', 20), work('short', 0)])).toEqual(['long', 'short']);
    expect(told).toEqual(['long begins', 'long ends', 'short begins', 'short ends']);
  });

  it('should give a failure to its own caller and go on', async () => {
    const oneAtATime = createMutex();
    const failed = oneAtATime(async () => {
      throw new Error('no');
    });
    const next = oneAtATime(async () => 'yes');
    await expect(failed).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
