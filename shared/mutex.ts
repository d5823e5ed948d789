/**
 * Runs pieces of work one after the other, in the order they came. Each caller gets the result or failure of its own
 * work; a failure does not keep the next from running.
 */
export function createMutex(): <T>(work: () => Promise<T>) => Promise<T> {
  let tail: Promise<unknown> = Promise.resolve();
  return (work) => {
    const result = tail.then(() => work());
    tail = result.catch(() => undefined); // The caller hears of it; the next in line must not.
    return result;
  };
}
