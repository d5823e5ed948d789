/**
 * Works on items in their order, at most `limit` at once. After a failure, or once `signal` aborts, it begins nothing new,
 * waits for what is under way, and then throws that failure.
 */
export async function inParallel<Item>(
  items: Iterable<Item> | AsyncGenerator<Item>,
  limit: number,
  signal: AbortSignal,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = Symbol.asyncIterator in items ? items : items[Symbol.iterator]();
  const failures: unknown[] = [];
  async function lane(): Promise<void> {
    while (failures.length === 0 && !signal.aborted) {
      try {
        const { done, value } = await iterator.next();
        if (done) return;
        await work(value);
      } catch (error) {
        failures.push(error);
      }
    }
  }
  await Promise.all(Array.from({ length: limit }, lane));
  if (failures.length > 0) throw failures[0];
}
