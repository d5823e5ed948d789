import { describe, expect, it } from 'vitest';

import { createNewestOnly } from '../../../../companion/service/resumable/newest-only.ts';

const reason = () => new Error('taken over');
/** Work that ends only when it is aborted. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });

describe('createNewestOnly', () => {
  it('aborts the work before and waits for its end', async () => {
    const { run } = createNewestOnly<string>();
    const log: string[] = [];
    const first = run('a', reason, (signal) =>
      untilAborted(signal).finally(() => {
        log.push('first ended');
      }),
    );
    const second = run('a', reason, async () => {
      log.push('second runs');
      return 2;
    });
    await expect(first).rejects.toThrow('taken over');
    expect(await second).toBe(2);
    expect(log).toEqual(['first ended', 'second runs']);
  });

  it('runs one at a time however many come at once, the newest last', async () => {
    const { run } = createNewestOnly<string>();
    let running = 0;
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        run('a', reason, async (signal) => {
          running += 1;
          expect(running).toBe(1);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          signal.throwIfAborted();
          return index;
        }),
      ),
    );
    expect(results.some(({ status }) => status === 'fulfilled')).toBe(true);
    expect(running).toBe(0);
  });

  it('leaves other keys alone, and frees a key after a failure', async () => {
    const { run } = createNewestOnly<string>();
    const other = run('b', reason, async () => 'b');
    await expect(run('a', reason, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await run('a', reason, async (signal) => signal.aborted)).toBe(false);
    expect(await other).toBe('b');
  });

  it('aborts everything', async () => {
    const { run, abortAll } = createNewestOnly<number>();
    const works = [1, 2, 3].map((key) => run(key, reason, untilAborted));
    const settled = Promise.allSettled(works);
    await abortAll(() => new Error('stopping'));
    for (const result of await settled) expect(result).toMatchObject({ reason: { message: 'stopping' } });
  });
});
