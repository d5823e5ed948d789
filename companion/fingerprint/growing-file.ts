import { Worker } from 'node:worker_threads';

import { fromErrorData, HashmarkError } from '../../shared/errors.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import type { FollowNews, FollowOrder } from './follow-messages.ts';
import { fingerprintSmallFile, smallFileBytes } from './small-file.ts';

/**
 * Says that the first bytes of a file are written and stay as they are: they are hashed now, in a thread beside, so that little is
 * left to do when the file is complete. It is a hint: it may come to nothing, and nothing has to be ended.
 */
export function hashAhead(path: string, writtenBytes: number): void {
  if (writtenBytes <= smallFileBytes) return;
  thread ??= startThread();
  thread.follow(path, writtenBytes);
}

/**
 * The fingerprint of a file that is complete and stays as it is. Read from the file, so that it is of the bytes that are kept,
 * whichever run of this process wrote them: what was not hashed ahead is read now.
 *
 * @throws HashmarkError `hashing-failed` when the file cannot be read so far; as {@link fingerprintSmallFile} up to 1 MiB.
 */
export async function fingerprintGrown(path: string, sizeBytes: number): Promise<Fingerprint> {
  const small = sizeBytes <= smallFileBytes ? fingerprintSmallFile(path) : undefined;
  if (small) return small;
  thread ??= startThread();
  return thread.finish(path, sizeBytes);
}

interface FollowThread {
  follow(path: string, toBytes: number): void;
  finish(path: string, sizeBytes: number): Promise<Fingerprint>;
}

/** One for all files: it hashes more than a process takes in by HTTP. Started on first use; it stays, and keeps no process alive. */
let thread: FollowThread | undefined;

function startThread(): FollowThread {
  const worker = new Worker(new URL('./follow-thread.ts', import.meta.url));
  const waiting = new Map<number, PromiseWithResolvers<Fingerprint>>();
  let lastNumber = 0;

  function lose(cause: unknown): void {
    // The next file gets a new thread, which reads it from its start.
    if (thread === follower) thread = undefined;
    for (const { reject } of waiting.values()) reject(failed(cause));
    waiting.clear();
  }

  worker.unref();
  worker.on('error', lose).on('exit', lose);
  worker.on('message', (news: FollowNews) => {
    const waiter = waiting.get(news.finishedAs);
    waiting.delete(news.finishedAs);
    if (waiting.size === 0) worker.unref();
    if ('fingerprint' in news) waiter?.resolve(news.fingerprint);
    else waiter?.reject(failed(fromErrorData(news.error)));
  });

  const tell = (order: FollowOrder) => worker.postMessage(order);
  const follower: FollowThread = {
    follow: (path, toBytes) => tell({ path, toBytes, finishAs: undefined }),
    finish(path, sizeBytes) {
      lastNumber += 1;
      const waiter = Promise.withResolvers<Fingerprint>();
      waiting.set(lastNumber, waiter);
      // While somebody waits for it, it is what the process lives for.
      worker.ref();
      tell({ path, toBytes: sizeBytes, finishAs: lastNumber });
      return waiter.promise;
    },
  };
  return follower;
}

function failed(cause: unknown): HashmarkError {
  return new HashmarkError(
    'hashing-failed',
    'The content that came could not be read back to be hashed. Nothing was stamped; try again.',
    { cause },
  );
}
