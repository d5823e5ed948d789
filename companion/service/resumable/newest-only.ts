/**
 * Lets one piece of work per key run at a time, the newest: a sender who comes again has given up on its last request,
 * even where the connection of that one still looks alive. The one before is aborted with `reason`, and its end awaited.
 */
export function createNewestOnly<Key>(): {
  run<T>(key: Key, reason: () => Error, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  /** Aborts everything and resolves when all has ended. */
  abortAll(reason: () => Error): Promise<void>;
} {
  const running = new Map<Key, { abort: AbortController; ended: Promise<void> }>();
  return {
    async run(key, reason, work) {
      for (let before = running.get(key); before; before = running.get(key)) {
        before.abort.abort(reason());
        await before.ended;
      }
      const abort = new AbortController();
      const result = work(abort.signal);
      const forget = () => void running.delete(key);
      running.set(key, { abort, ended: result.then(forget, forget) });
      return result;
    },
    async abortAll(reason) {
      await Promise.all(
        [...running.values()].map(({ abort, ended }) => {
          abort.abort(reason());
          return ended;
        }),
      );
    },
  };
}
