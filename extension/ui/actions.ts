import { signal } from '@preact/signals';

import { type ErrorData, toErrorData } from '../../shared/errors.ts';

/** What the user set going on a page: which of it is under way, and why the last of each kind failed. */
export interface Actions {
  isBusy(key: string): boolean;
  problemOf(key: string): ErrorData | undefined;
  /** Forgets a problem, for instance because the user read it. */
  forget(key: string): void;
  /** Runs one action; a second with the same key waits for nobody: it is dropped while the first runs. True when it succeeded. */
  run(key: string, action: () => Promise<void>): Promise<boolean>;
}

/** Reads inside a component subscribe it. */
export function createActions(): Actions {
  const states = signal<ReadonlyMap<string, 'busy' | ErrorData>>(new Map());

  function set(key: string, state: 'busy' | ErrorData | undefined): void {
    const next = new Map(states.value);
    if (state === undefined) next.delete(key);
    else next.set(key, state);
    states.value = next;
  }

  return {
    isBusy: (key) => states.value.get(key) === 'busy',
    problemOf(key) {
      const state = states.value.get(key);
      return state === 'busy' ? undefined : state;
    },
    forget(key) {
      if (states.value.get(key) !== 'busy') set(key, undefined);
    },
    async run(key, action) {
      if (states.peek().get(key) === 'busy') return false;
      set(key, 'busy');
      try {
        await action();
        set(key, undefined);
        return true;
      } catch (error) {
        set(key, toErrorData(error));
        return false;
      }
    },
  };
}
