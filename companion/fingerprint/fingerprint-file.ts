import { type FileHandle, open } from 'node:fs/promises';

import { rememberEdges } from '../../shared/fingerprint/edges.ts';
import {
  type Fingerprint,
  type FingerprintOptions,
  fingerprint,
} from '../../shared/fingerprint/fingerprint.ts';
import { isTouched, throwChanged } from './content-changed.ts';
import { explainFileError, requireRegularFile } from './file-errors.ts';
import { nodePlatform, nodePoolPlatform } from './node-platform.ts';
import { beginRingPass, isRingWarm, type RingPass } from './ring.ts';
import { slotBytes } from './ring-memory.ts';
import { fingerprintSmallFile, openFlags } from './small-file.ts';

/** One read of a file outside the ring. Larger reads gain nothing measurable; two of them are in memory. */
const readBytes = 1 << 20;

/**
 * From this size on, blocks are hashed on Node's thread pool while the calling thread hashes the whole; below it the way to the
 * pool costs more than it saves.
 */
const poolFromBytes = 4 << 20;

/** Starting the ring's threads takes about as long as hashing this much without them. */
const coldRingFromBytes = 32 << 20;

/**
 * Fingerprints a file in one pass, so that digest and CID are of the same bytes. Reads it only, in constant memory: a small
 * one at once on the calling thread, a larger one through a ring of hashing threads (see ring.ts), or on Node's pool while those
 * have other work.
 *
 * @throws HashmarkError `file-not-found`, `not-a-file`, `special-file` or `file-unreadable`; `content-changed` when somebody wrote to it
 * meanwhile; all with the path in `data`. The reason of an aborted `signal`.
 */
export function fingerprintFile(path: string, options: FingerprintOptions = {}): Promise<Fingerprint> {
  return fingerprintBy(path, options, (sizeBytes) =>
    isRingWarm() || sizeBytes >= coldRingFromBytes ? beginRingPass() : undefined,
  );
}

/** The same on one thread: for whoever runs several of them. */
export function fingerprintFileAlone(path: string, options: FingerprintOptions = {}): Promise<Fingerprint> {
  return fingerprintBy(path, options, undefined);
}

/** The ring for a file of that size, or nothing; absent: on the calling thread alone. */
type BeginPass = ((sizeBytes: number) => RingPass | undefined) | undefined;

async function fingerprintBy(
  path: string,
  options: FingerprintOptions,
  beginPass: BeginPass,
): Promise<Fingerprint> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  try {
    const small = fingerprintSmallFile(path);
    if (small) {
      onProgress?.(small.sizeBytes, nodePlatform.name);
      return small;
    }
    return await fingerprintLarge(path, options, beginPass);
  } catch (error) {
    throw explainFileError(error, path);
  }
}

async function fingerprintLarge(
  path: string,
  options: FingerprintOptions,
  beginPass: BeginPass,
): Promise<Fingerprint> {
  const file = await open(path, openFlags);
  try {
    const before = await file.stat();
    requireRegularFile(before, path);
    const { size: sizeBytes } = before;
    const edges = rememberEdges(sizeBytes);
    const pass = beginPass?.(sizeBytes);
    const platform = beginPass && sizeBytes >= poolFromBytes ? nodePoolPlatform : nodePlatform;
    const result = pass
      ? await throughRing(file, pass, edges, options)
      : await fingerprint(seen(chunksOf(file), edges), platform, options);
    const isSame = !isTouched(before, await file.stat()) && (await edges.areThere(readerOf(file)));
    return isSame ? result : throwChanged(path);
  } finally {
    await file.close();
  }
}

type Edges = ReturnType<typeof rememberEdges>;

async function throughRing(
  file: FileHandle,
  pass: RingPass,
  edges: Edges,
  { signal, onProgress }: FingerprintOptions,
): Promise<Fingerprint> {
  try {
    let position = 0;
    for (let isLast = false; !isLast; ) {
      signal?.throwIfAborted();
      const slot = await pass.nextSlot();
      const length = await readFully(file, slot, position);
      edges.see(slot.subarray(0, length));
      position += length;
      isLast = length < slotBytes;
      pass.fill(length, isLast);
      onProgress?.(pass.bytesDone, nodePlatform.name);
    }
    const result = await pass.finish();
    signal?.throwIfAborted();
    onProgress?.(result.sizeBytes, nodePlatform.name);
    return result;
  } finally {
    pass.abandon();
  }
}

/** Fills the memory from the file; fewer bytes only at its end. */
async function readFully(file: FileHandle, memory: Uint8Array, position: number): Promise<number> {
  let length = 0;
  while (length < memory.length) {
    const { bytesRead } = await file.read(memory, length, memory.length - length, position + length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return length;
}

const readerOf = (file: FileHandle) => async (from: number, to: number) => {
  const bytes = new Uint8Array(to - from);
  return bytes.subarray(0, await readFully(file, bytes, from));
};

async function* seen(chunks: AsyncIterable<Uint8Array>, edges: Edges): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    edges.see(chunk);
    yield chunk;
  }
}

/** The file's bytes, reading ahead by one chunk. A chunk's memory is used again for the next but one. */
async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  let [current, spare] = [new Uint8Array(readBytes), new Uint8Array(readBytes)];
  let reading = file.read(current, 0, readBytes);
  try {
    while (true) {
      const { bytesRead } = await reading;
      if (bytesRead === 0) return;
      const chunk = current.subarray(0, bytesRead);
      [current, spare] = [spare, current];
      reading = file.read(current, 0, readBytes);
      // Its failure is thrown by the await above; until then it must not count as unhandled.
      reading.catch(() => {});
      yield chunk;
    }
  } finally {
    // Whoever stops early closes the file next: not under a read that still writes into our memory.
    await reading.catch(() => {});
  }
}
