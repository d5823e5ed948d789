import { Worker } from 'node:worker_threads';

import { HashmarkError } from '../../../../shared/errors.ts';

/** What the worker is told when it starts. */
export interface BuildOrder {
  /** Where the tree is to lie. */
  path: string;
  leafCount: number;
}

/** What the worker says: give me the next page, or the tree lies there. */
export type BuildReport = { kind: 'next' } | { kind: 'built'; root: string };

/** End of the name of a file that is being written. */
export const unfinishedSuffix = '.tmp';

/**
 * Builds the Merkle tree of digests into a file, in a thread of its own. Memory: about 80 bytes a digest, in the worker.
 * @param pages raw digests, 32 bytes each, in any order; read one at a time, and each is given away.
 * @param signal ends the worker; the file is not there then.
 * @returns the root, 64 hex digits, once the file is on disk.
 * @throws HashmarkError `digests-missing` when the pages hold fewer digests than `order.leafCount`.
 */
export async function buildTreeFile(
  order: BuildOrder,
  pages: Iterator<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const worker = new Worker(new URL('./tree-worker.ts', import.meta.url), { workerData: order });

  function sendNext(): void {
    const { value: page, done } = pages.next();
    if (done) {
      throw new HashmarkError(
        'digests-missing',
        `The ledger holds fewer than the ${order.leafCount} digests that belong to the seed of ${order.path}. Restore it from a backup.`,
      );
    }
    worker.postMessage(page, [page.buffer]);
  }

  /** Reading the ledger may fail in the middle. */
  function attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      reject(error);
    }
  }

  worker.on('message', (report: BuildReport) => {
    if (report.kind === 'built') resolve(report.root);
    else attempt(sendNext);
  });
  worker.once('error', reject);
  worker.once('exit', () => reject(new Error('The thread that builds a tree ended too early.')));
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    attempt(sendNext);
    return await promise;
  } finally {
    signal.removeEventListener('abort', abort);
    await worker.terminate();
  }
}
