import type { Fingerprint, FingerprintOptions } from '../../shared/fingerprint/fingerprint.ts';
import { fingerprintHere } from './fingerprint/here.ts';
import { explainReadError } from './fingerprint/read-blob.ts';
import {
  createWorkerPool,
  type StartWorker,
  type WorkerCount,
  type WorkerPool,
} from './fingerprint/workers.ts';

/** Less than this is hashed sooner than a worker has answered, and by the browser's own threads anyway. */
export const workersFromBytes = 1 << 20;

/** Who hashes, besides the calling thread. */
export interface BlobFingerprintOptions extends FingerprintOptions {
  /** Starts a worker; the extension's own script by default, where there can be one. */
  startWorker?: StartWorker;
}

/** Less than this one worker has done sooner than three have begun. */
const pipelineFromBytes = 8 << 20;

const isFirefox = /\bFirefox\//.test(globalThis.navigator?.userAgent ?? '');

/**
 * How many workers a file takes that may have all it can use. Firefox moves bytes between workers more slowly than it hashes them: there
 * one worker does all (`npm run bench -- fingerprint`).
 */
export function workersFor({ size }: Blob): WorkerCount {
  return isFirefox || size < pipelineFromBytes ? 1 : 3;
}

const pools = new Map<StartWorker, WorkerPool>();
let isPoolTaken = false;

/**
 * Fingerprints a blob or file where it lies. Content of some size goes to workers, where the context
 * can have them; a service worker cannot, and hashes by itself. Memory stays bounded at any size.
 *
 * @throws HashmarkError `content-changed` when a file was written to since it was chosen, or cannot be read any more;
 * `hashing-failed` when a worker died; the reason of an aborted `signal`.
 */
export async function fingerprintBlob(
  blob: Blob,
  { startWorker = ownWorker(), ...options }: BlobFingerprintOptions = {},
): Promise<Fingerprint> {
  try {
    // One at a time: two contents in six workers would only take turns.
    if (blob.size < workersFromBytes || !startWorker || isPoolTaken)
      return await fingerprintHere(blob, options);
    isPoolTaken = true;
    try {
      return await poolOf(startWorker).run(blob, workersFor(blob), options);
    } finally {
      isPoolTaken = false;
    }
  } catch (error) {
    options.signal?.throwIfAborted();
    throw explainReadError(error, blob);
  }
}

function poolOf(startWorker: StartWorker): WorkerPool {
  const pool = pools.get(startWorker) ?? createWorkerPool(startWorker);
  pools.set(startWorker, pool);
  return pool;
}

/** The extension's script as a worker; undefined where there are no workers, or no extension. */
export function ownWorker(): StartWorker | undefined {
  return typeof Worker === 'undefined' || !extensionRuntime() ? undefined : startOwnWorker;
}

function startOwnWorker(): Worker {
  return new Worker(extensionRuntime()?.getURL('/fingerprint-worker.js') ?? '');
}

interface Runtime {
  id?: string;
  getURL(path: string): string;
}

/** Read from the global object, since this module also runs where no extension is. */
function extensionRuntime(): Runtime | undefined {
  const { browser, chrome } = globalThis as Partial<Record<'browser' | 'chrome', { runtime?: Runtime }>>;
  const runtime = browser?.runtime ?? chrome?.runtime;
  return runtime?.id ? runtime : undefined;
}
