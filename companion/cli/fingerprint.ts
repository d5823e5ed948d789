import { stat } from 'node:fs/promises';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { formatBytes } from '../../shared/format.ts';
import { type FilePass, fingerprintFiles } from '../fingerprint/batch.ts';
import { nodePlatform } from '../fingerprint/node-platform.ts';
import { findFiles } from './find-files.ts';
import { exitCodes, type Io, plain, toFailure, toSentence } from './io.ts';

export interface FingerprintVerbOptions {
  /** Files, and folders with everything in them. */
  files: string[];
  /** One JSON object a line instead of text. */
  json?: boolean;
}

/**
 * `hashmark fingerprint FILE...`: prints path, digest, CID and size per file, in the order given; with `--json`
 * `{path, digest, cid, sizeBytes, hashedBy}`, the last as the extension's evidence names it. A file that cannot be read is reported
 * in its place (`{path, error}` with `--json`), the others are still done. A folder is walked: see `findFiles`.
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
  let paths: string[];
  try {
    paths = (await findFiles('fingerprint', files, io)).map(({ path }) => path);
  } catch (error) {
    io.progress();
    if (io.signal.aborted) return exitCodes.interrupted;
    io.say(`hashmark fingerprint: ${toSentence(error)}`);
    return exitCodes.failed;
  }
  for await (const { path, result } of fingerprintAll(paths, io)) {
    if (result.status === 'fulfilled') {
      const found = { path, ...result.value, hashedBy: nodePlatform.name };
      io.print(json ? JSON.stringify(found) : toText(path, result.value));
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

/** Several files, results in the order given, with progress on the terminal. */
export async function* fingerprintAll(files: readonly string[], io: Io): AsyncGenerator<FilePass> {
  const [only] = files;
  // The size of one file is asked for; those of thousands would take longer than hashing them. One that cannot be read counts
  // as nothing: the pass itself says why.
  const totalBytes = files.length === 1 && only !== undefined ? await sizeOf(only) : undefined;
  const onProgress = (filesDone: number, bytesDone: number) =>
    io.progress(
      totalBytes === undefined
        ? `Reading file ${Math.min(filesDone + 1, files.length)} of ${files.length} (${formatBytes(bytesDone)})`
        : `Reading ${formatBytes(bytesDone)} of ${formatBytes(totalBytes)} (${percent(bytesDone, totalBytes)} %)`,
    );
  yield* fingerprintFiles(files, { onProgress, signal: io.signal });
}

async function sizeOf(path: string): Promise<number> {
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  );
}

function percent(bytesDone: number, totalBytes: number): number {
  return totalBytes > 0 ? Math.min(100, Math.floor((100 * bytesDone) / totalBytes)) : 100;
}

function toText(path: string, { digest, cid, sizeBytes }: Fingerprint): string {
  return [
    plain(path),
    `  digest  ${digest}`,
    `  CID     ${cid}`,
    `  size    ${sizeBytes} ${sizeBytes === 1 ? 'byte' : 'bytes'}`,
  ].join('\n');
}
