import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { fingerprintFile } from '../fingerprint-file.ts';
import { exitCodes, formatBytes, type Io, plain, toFailure, toSentence } from './io.ts';

export interface FingerprintVerbOptions {
  files: string[];
  /** One JSON object a line instead of text. */
  json?: boolean;
}

/** Files that are read at once, at most: one of them is bound by one core's SHA-256. */
const maxFilesAtOnce = Math.min(4, availableParallelism());

/**
 * `hashmark fingerprint FILE...`: prints `{path, digest, cid, sizeBytes}` per file, in the order given. A file that cannot be read
 * is reported in its place (`{path, error}` with `--json`), the others are still done.
 *
 * @returns 0 when every file was fingerprinted, 1 when one could not be, 64 without files, 130 when interrupted.
 */
export async function runFingerprint(
  { files, json = false }: FingerprintVerbOptions,
  io: Io,
): Promise<number> {
  if (files.length === 0) {
    io.say('hashmark fingerprint: name at least one file.');
    return exitCodes.usage;
  }
  let exitCode: number = exitCodes.ok;
  for await (const { path, result } of fingerprintAll(files, io)) {
    if (result.status === 'fulfilled') {
      io.print(json ? JSON.stringify({ path, ...result.value }) : toText(path, result.value));
      continue;
    }
    if (io.signal.aborted) break;
    exitCode = exitCodes.failed;
    if (json) io.print(toFailure({ path }, result.reason));
    else io.say(`hashmark fingerprint: ${toSentence(result.reason)}`);
  }
  io.progress();
  return io.signal.aborted ? exitCodes.interrupted : exitCode;
}

/** How the pass over one file ended. */
export interface FilePass {
  path: string;
  result: PromiseSettledResult<Fingerprint>;
}

/** Several files at once, results in the order given. */
export async function* fingerprintAll(files: readonly string[], io: Io): AsyncGenerator<FilePass> {
  const progress = await createProgress(files, io);
  const running: { path: string; done: Promise<PromiseSettledResult<Fingerprint>> }[] = [];
  const waiting = files.values();
  const startNext = () => {
    const { done, value: path } = waiting.next();
    if (done) return;
    const pass = fingerprintFile(path, { signal: io.signal, onProgress: progress.forFile() });
    running.push({ path, done: Promise.allSettled([pass]).then(([result]) => result) });
  };
  for (let i = 0; i < maxFilesAtOnce; i += 1) startNext();
  for (let next = running.shift(); next; next = running.shift()) {
    const result = await next.done;
    startNext();
    yield { path: next.path, result };
  }
}

/** Total progress over all files. Sizes that cannot be read count as nothing: the pass itself reports why. */
async function createProgress(files: readonly string[], io: Io) {
  let totalBytes = 0;
  for (const path of files)
    totalBytes += await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
  let doneBytes = 0;
  return {
    forFile() {
      let before = 0;
      return (bytesDone: number) => {
        doneBytes += bytesDone - before;
        before = bytesDone;
        const percent = totalBytes > 0 ? Math.min(100, Math.floor((100 * doneBytes) / totalBytes)) : 100;
        io.progress(`Reading ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)} (${percent} %)`);
      };
    },
  };
}

function toText(path: string, { digest, cid, sizeBytes }: Fingerprint): string {
  return [
    plain(path),
    `  digest  ${digest}`,
    `  CID     ${cid}`,
    `  size    ${sizeBytes} ${sizeBytes === 1 ? 'byte' : 'bytes'}`,
  ].join('\n');
}
