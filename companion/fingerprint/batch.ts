import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

import { fromErrorData, HashmarkError } from '../../shared/errors.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import type { BatchNews, BatchOrder, BatchResult } from './batch-messages.ts';
import { explainFileError } from './file-errors.ts';
import { fingerprintFile } from './fingerprint-file.ts';
import { fingerprintSmallFile } from './small-file.ts';

/** How the pass over one file ended. */
export interface FilePass {
  path: string;
  result: PromiseSettledResult<Fingerprint>;
}

export interface BatchOptions {
  /** Called now and then: files that are done, and bytes hashed so far, those of files under way included. */
  onProgress?: (filesDone: number, bytesDone: number) => void;
  /** Ends the batch: what is left is rejected with the signal's reason. */
  signal?: AbortSignal;
}

/** For so long the calling thread works alone: a few small files are done before others would have started. */
const aloneMs = 20;
/** One file is bound by one core's SHA-256, so a batch runs a file per thread. */
const maxThreads = Math.min(4, availableParallelism());
/** Files of one message, at most. */
const filesPerOrder = 64;
/** Results that wait for an earlier, larger file, at most. */
const maxFilesAhead = 4096;

/**
 * Fingerprints many files, spread over threads, results in the order given. A file that cannot be read is a rejected
 * result in its place, with the errors of {@link fingerprintFile}; the others are still done.
 */
export async function* fingerprintFiles(
  paths: readonly string[],
  { onProgress, signal }: BatchOptions = {},
): AsyncGenerator<FilePass> {
  let bytesDone = 0;
  let next = 0;
  const done = (pass: FilePass): FilePass => {
    if (pass.result.status === 'fulfilled') bytesDone += pass.result.value.sizeBytes;
    next += 1;
    onProgress?.(next, bytesDone);
    return pass;
  };

  // They start while this thread works alone.
  if (paths.length > filesPerOrder) warmUp();
  const aloneUntilMs = performance.now() + aloneMs;
  while (next < paths.length && performance.now() < aloneUntilMs && !signal?.aborted) {
    const path = paths[next] as string;
    const result = trySmall(path);
    if (!result) break;
    yield done({ path, result });
  }

  const rest = paths.slice(next);
  if (rest.length === 1 && !signal?.aborted) {
    const [path = ''] = rest;
    const before = bytesDone;
    const pass = fingerprintFile(path, {
      signal,
      onProgress: (bytes) => onProgress?.(next, before + bytes),
    });
    const [result] = await Promise.allSettled([pass]);
    yield done({ path, result });
  } else if (rest.length > 0) {
    const results = inThreads(rest, signal, (underWay) => onProgress?.(next, bytesDone + underWay));
    for await (const result of results) yield done({ path: paths[next] ?? '', result });
  }
}

/** Undefined when it is no small file. */
function trySmall(path: string): PromiseSettledResult<Fingerprint> | undefined {
  try {
    const value = fingerprintSmallFile(path);
    return value && { status: 'fulfilled', value };
  } catch (error) {
    return { status: 'rejected', reason: explainFileError(error, path) };
  }
}

/** Threads that wait for the next batch; they keep no process alive. */
const idle: Worker[] = [];

function startThread(): Worker {
  const worker = new Worker(new URL('./batch-thread.ts', import.meta.url));
  worker.unref();
  // One that dies while nobody uses it is not handed out again, and is nobody's failure.
  worker.on('error', () => {});
  worker.on('exit', () => {
    if (idle.includes(worker)) idle.splice(idle.indexOf(worker), 1);
  });
  return worker;
}

function warmUp(): void {
  while (idle.length < maxThreads) idle.push(startThread());
}

interface Thread {
  worker: Worker;
  /** Positions of the files that it was told, oldest first. */
  told: number[];
  bytesUnderWay: number;
  onMessage: (news: BatchNews) => void;
  onEnd: (cause: unknown) => void;
}

async function* inThreads(
  paths: readonly string[],
  signal: AbortSignal | undefined,
  onProgress: (bytesUnderWay: number) => void,
): AsyncGenerator<PromiseSettledResult<Fingerprint>> {
  const results: (PromiseSettledResult<Fingerprint> | undefined)[] = new Array(paths.length);
  let told = 0;
  let yielded = 0;
  let wake: () => void = () => {};

  function settle(position: number, result: PromiseSettledResult<Fingerprint>): void {
    results[position] = result;
    if (position === yielded) wake();
  }

  /** Gives the thread more while it has little: orders get shorter towards the end, so that all threads end together. */
  function feed(thread: Thread): void {
    while (thread.told.length < filesPerOrder && told < paths.length && told - yielded < maxFilesAhead) {
      const left = paths.length - told;
      const count = Math.min(filesPerOrder, Math.ceil(left / (4 * maxThreads)));
      for (let position = told; position < told + count; position += 1) thread.told.push(position);
      const order: BatchOrder = { paths: paths.slice(told, told + count) };
      thread.worker.postMessage(order);
      told += count;
      // One order ahead of the one under way is enough, and large files are spread better.
      if (count < filesPerOrder) break;
    }
  }

  function hear(thread: Thread, news: BatchNews): void {
    if (news.kind === 'progress') {
      thread.bytesUnderWay = news.bytesDone;
      onProgress(threads.reduce((sum, { bytesUnderWay }) => sum + bytesUnderWay, 0));
      return;
    }
    thread.bytesUnderWay = 0;
    for (const result of news.results) settle(thread.told.shift() ?? 0, toSettled(result));
    feed(thread);
  }

  function lose(thread: Thread, cause: unknown): void {
    const reason = new HashmarkError(
      'hashing-failed',
      'A hashing thread ended before its work was done. Try again.',
      { cause },
    );
    if (!threads.includes(thread)) return;
    for (const position of thread.told.splice(0)) settle(position, { status: 'rejected', reason });
    // The others take what it was not told; without others nobody would.
    threads.splice(threads.indexOf(thread), 1);
    if (threads.length === 0) while (told < paths.length) settle(told++, { status: 'rejected', reason });
  }

  const threads = Array.from({ length: Math.min(maxThreads, paths.length) }, (): Thread => {
    const worker = idle.pop() ?? startThread();
    worker.ref();
    const thread: Thread = {
      worker,
      told: [],
      bytesUnderWay: 0,
      onMessage: (news) => hear(thread, news),
      onEnd: (cause) => lose(thread, cause),
    };
    worker.on('message', thread.onMessage).on('error', thread.onEnd).on('exit', thread.onEnd);
    return thread;
  });
  const onAbort = () => wake();
  signal?.addEventListener('abort', onAbort);
  try {
    for (const thread of [...threads]) feed(thread);
    for (; yielded < paths.length; yielded += 1) {
      while (!results[yielded] && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const result = results[yielded] ?? { status: 'rejected', reason: signal?.reason };
      results[yielded] = undefined;
      if (yielded % filesPerOrder === 0) for (const thread of threads) feed(thread);
      yield result;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    for (const { worker, told: open, onMessage, onEnd } of threads) {
      worker.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
      if (open.length > 0) await worker.terminate();
      else {
        worker.unref();
        idle.push(worker);
      }
    }
  }
}

function toSettled(result: BatchResult): PromiseSettledResult<Fingerprint> {
  return 'fingerprint' in result
    ? { status: 'fulfilled', value: result.fingerprint }
    : { status: 'rejected', reason: fromErrorData(result.error) };
}
