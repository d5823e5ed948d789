import { type ReadonlySignal, signal } from '@preact/signals';

import { type ErrorData, toErrorData } from '../../shared/errors.ts';

/** Something that a page shows and that is asked for again whenever it may have changed. */
export interface Resource<T> {
  /** The last answer. It stays while the next is on its way or has failed, so that nothing flickers. */
  readonly data: ReadonlySignal<T | undefined>;
  /** Why the last attempt failed. */
  readonly error: ReadonlySignal<ErrorData | undefined>;
  readonly isLoading: ReadonlySignal<boolean>;
  /** Asks again. Never rejects. Of several calls under way only the newest counts. */
  reload(): Promise<void>;
  /** Takes an answer that came by another way, for instance as the reply to a change. */
  accept(data: T): void;
}

export function createResource<T>(load: () => Promise<T>): Resource<T> {
  const data = signal<T | undefined>(undefined);
  const error = signal<ErrorData | undefined>(undefined);
  const isLoading = signal(false);
  let newest = 0;

  function accept(answer: T): void {
    newest += 1;
    data.value = answer;
    error.value = undefined;
    isLoading.value = false;
  }

  async function reload(): Promise<void> {
    newest += 1;
    const mine = newest;
    isLoading.value = true;
    try {
      const answer = await load();
      if (mine === newest) accept(answer);
    } catch (cause) {
      if (mine !== newest) return;
      error.value = toErrorData(cause);
      isLoading.value = false;
    }
  }

  return { data, error, isLoading, reload, accept };
}
