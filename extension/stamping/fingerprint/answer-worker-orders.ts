import { toErrorData } from '../../../shared/errors.ts';
import { fingerprintHere } from './here.ts';
import { hashLeaves } from './leaf-worker.ts';
import { explainReadError } from './read-blob.ts';
import { fingerprintWithLeafWorker } from './whole-worker.ts';
import type { WorkerNews, WorkerOrder } from './worker-messages.ts';

/** How often a pass tells how far it is. */
const progressEveryMs = 100;

/** What a worker that hashes does; its owner gives it the next order when it has answered. */
export function answerWorkerOrders(): void {
  const tell = (news: WorkerNews) => self.postMessage(news);
  self.onmessage = async ({ data: order }: MessageEvent<WorkerOrder>) => {
    if (order.kind === 'hash-leaves') {
      hashLeaves(order.from);
      return;
    }
    const { blob, leaves } = order;
    let toldMs = performance.now();
    const onProgress = (bytesDone: number, platform: 'native' | 'wasm' | 'js') => {
      if (performance.now() - toldMs < progressEveryMs && bytesDone < blob.size) return;
      toldMs = performance.now();
      tell({ kind: 'progress', bytesDone, platform });
    };
    try {
      const fingerprint = leaves
        ? await fingerprintWithLeafWorker(blob, leaves, { onProgress })
        : await fingerprintHere(blob, { onProgress });
      tell({ kind: 'done', fingerprint });
    } catch (error) {
      tell({ kind: 'failed', error: toErrorData(explainReadError(error, blob)) });
    }
  };
}
