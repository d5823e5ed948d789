// Runs in the measured page: Hashmark's own module, and a worker for its peers.
import { fingerprintBlob } from '../../../../extension/stamping/fingerprint-blob.ts';
import { fingerprintFiles } from '../../../../extension/stamping/fingerprint-files.ts';
import type { PeerName } from './peer-worker.ts';

const startWorker = () => new Worker('/worker.js', { type: 'module' });
const peer = new Worker('/peer-worker.js', { type: 'module' });

function chosen(): File[] {
  return [...(document.querySelector<HTMLInputElement>('input')?.files ?? [])];
}

/** Both fingerprints of the chosen file. @returns milliseconds. */
async function ours(): Promise<number> {
  const [file] = chosen();
  const startedMs = performance.now();
  await fingerprintBlob(file as File, { startWorker });
  return performance.now() - startedMs;
}

/** One SHA-256 of the first bytes of the chosen file. @returns milliseconds. */
async function theirs(name: PeerName, sizeBytes: number): Promise<number> {
  const blob = chosen()[0]?.slice(0, sizeBytes);
  const startedMs = performance.now();
  await new Promise<void>((resolve, reject) => {
    peer.onmessage = () => resolve();
    peer.onerror = ({ message }) => reject(new Error(message));
    peer.postMessage({ name, blob });
  });
  return performance.now() - startedMs;
}

/** Both fingerprints of every chosen file. @returns milliseconds. */
async function oursOfEach(): Promise<number> {
  const files = chosen();
  let done = 0;
  const startedMs = performance.now();
  await fingerprintFiles(files, {
    startWorker,
    onResult: ({ problem }) => {
      if (problem) throw new Error(problem.message);
      done += 1;
    },
  });
  if (done !== files.length) throw new Error(`${done} of ${files.length} files were fingerprinted.`);
  return performance.now() - startedMs;
}

const bench = { ours, theirs, oursOfEach };
export type BrowserBench = typeof bench;
Object.assign(globalThis, { bench });
