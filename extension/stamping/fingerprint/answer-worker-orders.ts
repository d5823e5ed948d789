import { toErrorData } from '../../../shared/errors.ts';
import { fingerprintHere } from './here.ts';
import { fingerprintInPipeline, runStage } from './pipeline.ts';
import { explainReadError } from './read-blob.ts';

import type { WorkerNews, WorkerOrder } from './worker-messages.ts';

/** How often a pass tells how far it is. */
const progressEveryMs = 100;

/** What a worker that hashes does; its owner gives it the next order when it has answered. */
export function answerWorkerOrders(): void {
  const tell = (news: WorkerNews) => self.postMessage(news);
  self.onmessage = async ({ data: order }: MessageEvent<WorkerOrder>) => {
    if (order.kind === 'stage') {
      runStage(order);
      return;
    }
    const { blob, pipeline } = order;
    let toldMs = performance.now();
    const onProgress = (bytesDone: number, platform: 'native' | 'wasm' | 'js') => {
      if (performance.now() - toldMs < progressEveryMs && bytesDone < blob.size) return;
      toldMs = performance.now();
      tell({ kind: 'progress', bytesDone, platform });
    };
    try {
      const fingerprint = pipeline
        ? await fingerprintInPipeline(blob, pipeline, { onProgress })
        : await fingerprintHere(blob, { onProgress });
      tell({ kind: 'done', fingerprint });
    } catch (error) {
      tell({ kind: 'failed', error: toErrorData(explainReadError(error, blob)) });
    }
  };
}
