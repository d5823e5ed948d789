import { setImmediate as turnOfEventLoop } from 'node:timers/promises';

/** Does one work after the other, and lets everybody else have a turn before each. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** For work that keeps the thread busy: many of them at once would keep it for as long as all of them take. */
export function createInTurn(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = last.then(() => turnOfEventLoop()).then(work);
    last = result.catch(() => undefined);
    return result;
  };
}
