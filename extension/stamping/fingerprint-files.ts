import { type ErrorData, toErrorData } from '../../shared/errors.ts';
import type { Fingerprint, FingerprintOptions, HashPlatform } from '../../shared/fingerprint/fingerprint.ts';
import { createPool } from '../../shared/pool.ts';
import { fingerprintHere } from './fingerprint/here.ts';
import { explainReadError } from './fingerprint/read-blob.ts';
import { createWorkerPool, type StartWorker, type WorkerPool } from './fingerprint/workers.ts';
import { ownWorker, workersFor, workersFromBytes } from './fingerprint-blob.ts';

/** What became of one file: a fingerprint, and what hashed it, or a problem. */
export type FileResult =
  | {
      index: number;
      fingerprint: Fingerprint;
      hashedBy?: HashPlatform['name'] | undefined;
      problem?: undefined;
    }
  | { index: number; fingerprint?: undefined; hashedBy?: undefined; problem: ErrorData };

export interface FingerprintFilesOptions {
  /** Called once per file, in the order in which they get ready; `index` is the file's place among those given. */
  onResult: (result: FileResult) => void;
  /** Called now and then with the bytes read so far, of all files, and with what hashes the file that got further. */
  onProgress?: (bytes: number, platform: HashPlatform['name'] | undefined) => void;
  /** Ends the work at once; files under way get no result. */
  signal?: AbortSignal;
  /** Starts a worker; the extension's own script by default, where there can be one. */
  startWorker?: StartWorker;
}

/** A file per worker: more workers than this only wait for the disk. */
const mostWorkers = 4;
/** Small files are read by the browser while others are hashed, so more of them are under way. */
const filesUnderWay = 8;

/**
 * Fingerprints many files where they lie; memory is bounded by the files under way. Files may still be looked for while the
 * first are hashed. A file that cannot be read is a result with a problem.
 *
 * @throws the reason of an aborted `signal`.
 */
export async function fingerprintFiles(
  files: AsyncIterable<File> | Iterable<File>,
  { onResult, onProgress, signal, startWorker = ownWorker() }: FingerprintFilesOptions,
): Promise<void> {
  signal?.throwIfAborted();
  const next = inTurn(files);
  const large = startWorker && createLargeFiles(createWorkerPool(startWorker));
  let finished = 0;
  const underWay = new Map<number, number>();
  const tell = (platform: HashPlatform['name'] | undefined) =>
    onProgress?.(
      [...underWay.values()].reduce((sum, bytes) => sum + bytes, finished),
      platform,
    );

  async function fingerprintOne(file: File, index: number): Promise<FileResult> {
    let hashedBy: HashPlatform['name'] | undefined;
    const options: FingerprintOptions = {
      signal,
      onProgress(bytes, platform) {
        hashedBy = platform;
        underWay.set(index, bytes);
        tell(platform);
      },
    };
    try {
      const isLarge = large && file.size >= workersFromBytes;
      const fingerprint = await (isLarge ? large(file, options) : fingerprintHere(file, options));
      return { index, fingerprint, hashedBy };
    } catch (error) {
      signal?.throwIfAborted();
      return { index, problem: toErrorData(explainReadError(error, file)) };
    }
  }

  async function lane(): Promise<void> {
    for (let taken = await next(); taken; taken = await next()) {
      signal?.throwIfAborted();
      const result = await fingerprintOne(taken.file, taken.index);
      underWay.delete(taken.index);
      finished += taken.file.size;
      onResult(result);
      tell(result.hashedBy);
    }
  }
  await Promise.all(Array.from({ length: filesUnderWay }, lane));
}

/** Runs large files in workers, as many as there are cores: all that a file can use while it is alone, then one for each. */
function createLargeFiles(pool: WorkerPool) {
  const most = Math.max(1, Math.min(mostWorkers, globalThis.navigator?.hardwareConcurrency ?? 1));
  const inPool = createPool(most);
  let running = 0;
  return (blob: Blob, options: FingerprintOptions): Promise<Fingerprint> =>
    inPool(async () => {
      running += 1;
      try {
        return await pool.run(blob, running === 1 && most > 1 ? workersFor(blob) : 1, options);
      } finally {
        running -= 1;
      }
    });
}

/** Hands items out one by one to several takers, numbered in their order. */
function inTurn(files: AsyncIterable<File> | Iterable<File>) {
  const iterator = Symbol.asyncIterator in files ? files[Symbol.asyncIterator]() : files[Symbol.iterator]();
  let index = 0;
  let turn: Promise<unknown> = Promise.resolve();
  return () => {
    const mine = turn.then(async () => {
      const { done, value } = await iterator.next();
      if (done) return undefined;
      const taken = { file: value as File, index };
      index += 1;
      return taken;
    });
    turn = mine.catch(() => undefined);
    return mine;
  };
}
