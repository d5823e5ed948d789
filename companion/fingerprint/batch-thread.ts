import { parentPort } from 'node:worker_threads';

import { toErrorData } from '../../shared/errors.ts';
import type { BatchNews, BatchOrder, BatchResult } from './batch-messages.ts';
import { fingerprintFileAlone } from './fingerprint-file.ts';

/** Results wait for others at most this long: a message costs as much as a small file. */
const tellEveryMs = 10;
const progressEveryMs = 50;

/** One thread of a batch: whole files, one after another. It is ended by its starter. */
const tell = (news: BatchNews) => parentPort?.postMessage(news);

async function fingerprintOne(path: string): Promise<BatchResult> {
  let toldMs = performance.now();
  try {
    const onProgress = (bytesDone: number) => {
      if (performance.now() - toldMs < progressEveryMs) return;
      toldMs = performance.now();
      tell({ kind: 'progress', bytesDone });
    };
    return { fingerprint: await fingerprintFileAlone(path, { onProgress }) };
  } catch (error) {
    return { error: toErrorData(error) };
  }
}

let earlier = Promise.resolve();

async function work({ paths }: BatchOrder): Promise<void> {
  let results: BatchResult[] = [];
  let toldMs = performance.now();
  for (const path of paths) {
    results.push(await fingerprintOne(path));
    if (performance.now() - toldMs < tellEveryMs) continue;
    tell({ kind: 'results', results });
    results = [];
    toldMs = performance.now();
  }
  if (results.length > 0) tell({ kind: 'results', results });
}

parentPort?.on('message', (order: BatchOrder) => {
  earlier = earlier.then(() => work(order));
});
