import { expect, it } from 'vitest';

import { createInTurn } from '../../../../../companion/service/originstamp/certificate/in-turn.ts';

it('should do one after the other, with a turn of the event loop before each', async () => {
  const inTurn = createInTurn();
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  let running = 0;
  const turnOf: number[] = [];
  const works = Array.from({ length: 10 }, (_, index) =>
    inTurn(async () => {
      running += 1;
      expect(running).toBe(1);
      turnOf.push(turns);
      await Promise.resolve();
      running -= 1;
      if (index === 3) throw new Error('this one only');
      return index;
    }),
  );
  const results = await Promise.allSettled(works);
  isOver = true;
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([
    0,
    1,
    2,
    'failed',
    4,
    5,
    6,
    7,
    8,
    9,
  ]);
  expect(new Set(turnOf).size).toBe(10);
});
