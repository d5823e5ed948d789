import { fromErrorData, HashmarkError } from '../../../shared/errors.ts';
import type { Fingerprint, FingerprintOptions } from '../../../shared/fingerprint/fingerprint.ts';
import type { WorkerNews, WorkerOrder } from './worker-messages.ts';

/** Starts a worker that runs {@link answerWorkerOrders}. */
export type StartWorker = () => Worker;

/** Workers that wait for the next content are ended after this: an open page that hashes nothing should hold nothing. */
const idleMs = 30_000;

/** Workers of one page, kept for a while. */
export interface WorkerPool {
  /** Fingerprints a blob in a worker, or in two: the second takes the leaves. Rejects with what the worker says, or the signal's reason. */
  run(blob: Blob, workers: 1 | 2, options: FingerprintOptions): Promise<Fingerprint>;
}

/** A pool that starts workers as they are needed. */
export function createWorkerPool(start: StartWorker): WorkerPool {
  const idle: Worker[] = [];
  let ending: ReturnType<typeof setTimeout> | undefined;

  const take = () => idle.pop() ?? start();
  function giveBack(worker: Worker): void {
    worker.onmessage = null;
    worker.onerror = null;
    idle.push(worker);
    clearTimeout(ending);
    ending = setTimeout(() => {
      for (const each of idle.splice(0)) each.terminate();
    }, idleMs);
  }

  return {
    async run(blob, count, { onProgress, signal }) {
      signal?.throwIfAborted();
      const first = take();
      const second = count === 2 ? take() : undefined;
      const workers = second ? [first, second] : [first];
      let abort: (() => void) | undefined;
      try {
        const fingerprint = await new Promise<Fingerprint>((resolve, reject) => {
          abort = () => reject(signal?.reason);
          signal?.addEventListener('abort', abort, { once: true });
          for (const worker of workers) worker.onerror = (event) => reject(lost(blob, event));
          first.onmessage = ({ data }: MessageEvent<WorkerNews>) => {
            if (data.kind === 'progress') onProgress?.(data.bytesDone, data.platform);
            else if (data.kind === 'done') resolve(data.fingerprint);
            else reject(fromErrorData(data.error));
          };
          order(first, second, blob);
        });
        for (const worker of workers) giveBack(worker);
        return fingerprint;
      } catch (error) {
        // What they were doing cannot be called back, so they end with it.
        for (const worker of workers) worker.terminate();
        throw error;
      } finally {
        if (abort) signal?.removeEventListener('abort', abort);
      }
    },
  };
}

function order(first: Worker, second: Worker | undefined, blob: Blob): void {
  if (!second) {
    first.postMessage({ kind: 'fingerprint', blob } satisfies WorkerOrder);
    return;
  }
  const { port1: leaves, port2: from } = new MessageChannel();
  second.postMessage({ kind: 'hash-leaves', from } satisfies WorkerOrder, [from]);
  first.postMessage({ kind: 'fingerprint', blob, leaves } satisfies WorkerOrder, [leaves]);
}

function lost(blob: Blob, { message }: ErrorEvent): HashmarkError {
  const name = blob instanceof File ? `“${blob.name}”` : 'The content';
  return new HashmarkError(
    'hashing-failed',
    `${name} could not be hashed: ${message || 'the worker ended'}. Try again; if it is very large, close other tabs first.`,
  );
}
