import { fromErrorData, HashmarkError } from '../../../shared/errors.ts';
import type { Fingerprint, FingerprintOptions } from '../../../shared/fingerprint/fingerprint.ts';
import type { PartName } from './parts.ts';
import type { PipelineEnds, WorkerNews, WorkerOrder } from './worker-messages.ts';

/** Starts a worker that runs {@link answerWorkerOrders}. */
export type StartWorker = () => Worker;

/** Workers that wait for the next content are ended after this: an open page that hashes nothing should hold nothing. */
const idleMs = 30_000;

/** One worker does all; of three one reads, and the others make a hash each. */
export type WorkerCount = 1 | 3;

/** Workers of one page, kept for a while. */
export interface WorkerPool {
  /** Fingerprints a blob in one worker, or in three. Rejects with what a worker says, or the signal's reason. */
  run(blob: Blob, workers: WorkerCount, options: FingerprintOptions): Promise<Fingerprint>;
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
      const reader = take();
      const stages = count === 3 ? ([take(), take()] as const) : undefined;
      const workers = [reader, ...(stages ?? [])];
      let abort: (() => void) | undefined;
      try {
        const fingerprint = await new Promise<Fingerprint>((resolve, reject) => {
          abort = () => reject(signal?.reason);
          signal?.addEventListener('abort', abort, { once: true });
          for (const worker of workers) worker.onerror = (event) => reject(lost(blob, event));
          reader.onmessage = ({ data }: MessageEvent<WorkerNews>) => {
            if (data.kind === 'progress') onProgress?.(data.bytesDone, data.platform);
            else if (data.kind === 'done') resolve(data.fingerprint);
            else reject(fromErrorData(data.error));
          };
          const pipeline = stages && connect(stages, blob.size);
          order(reader, { kind: 'fingerprint', blob, pipeline }, Object.values(pipeline ?? {}));
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

/** Makes two workers the stages of a pipeline. */
function connect([digest, cid]: readonly [Worker, Worker], sizeBytes: number): PipelineEnds {
  const [toDigest, toCid, toReader] = [new MessageChannel(), new MessageChannel(), new MessageChannel()];
  const stage = (worker: Worker, makes: PartName, from: MessagePort, to: MessagePort) =>
    order(worker, { kind: 'stage', makes, sizeBytes, from, to }, [from, to]);
  stage(digest, 'digest', toDigest.port2, toCid.port1);
  stage(cid, 'cid', toCid.port2, toReader.port1);
  return { first: toDigest.port1, last: toReader.port2 };
}

function order(worker: Worker, order: WorkerOrder, ports: MessagePort[]): void {
  worker.postMessage(order, ports);
}

function lost(blob: Blob, { message }: ErrorEvent): HashmarkError {
  const name = blob instanceof File ? `“${blob.name}”` : 'The content';
  return new HashmarkError(
    'hashing-failed',
    `${name} could not be hashed: ${message || 'the worker ended'}. Try again; if it is very large, close other tabs first.`,
  );
}
