import { type FileHandle, open } from 'node:fs/promises';

import { createFingerprinter, type Fingerprinter } from '../../../shared/fingerprint/fingerprint.ts';
import { nodePlatform } from '../../fingerprint/node-platform.ts';
import { writeAll } from '../content-store.ts';

/** Hash state of the first bytes of a file. It cannot be stored: a new process reads the bytes again. */
export interface HashedPrefix {
  fingerprinter: Fingerprinter;
  /** Infinite after a failure: then it is of no use any more. */
  sizeBytes: number;
}

export function hashNothing(): HashedPrefix {
  return { fingerprinter: createFingerprinter(nodePlatform), sizeBytes: 0 };
}

/** A file that grows over several requests. */
export interface PartialFile {
  /** Bytes that it holds. */
  readonly sizeBytes: number;
  /** Whether the bytes from `position` on are these; all of them must be below {@link sizeBytes}. */
  holds(position: number, bytes: Uint8Array): Promise<boolean>;
  append(chunk: Uint8Array): Promise<void>;
  /** The first `length` bytes, fewer when there are not as many yet. */
  head(length: number): Promise<Uint8Array>;
  /** Resolves when all that was appended is on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

const rereadBytes = 1 << 20;

/**
 * Opens the file at `path` to go on behind its first `sizeBytes`; what lies beyond them was never confirmed and is cut
 * off. `hashed` is brought up to those bytes, and along with every later one.
 *
 * @throws an error with code ENOENT when the file is gone or holds fewer bytes.
 */
export async function openPartialFile(
  path: string,
  confirmedBytes: number,
  hashed: HashedPrefix,
): Promise<PartialFile> {
  const file = await open(path, 'r+');
  try {
    if ((await file.stat()).size < confirmedBytes) {
      throw Object.assign(new Error(`${path} holds fewer than ${confirmedBytes} bytes`), { code: 'ENOENT' });
    }
    await file.truncate(confirmedBytes);
    await catchUp(file, confirmedBytes, hashed);
  } catch (error) {
    await file.close();
    throw error;
  }
  let sizeBytes = confirmedBytes;
  return {
    get sizeBytes() {
      return sizeBytes;
    },
    async holds(position, bytes) {
      return Buffer.compare(await readExactly(file, position, bytes.byteLength), bytes) === 0;
    },
    async append(chunk) {
      // Fits nothing until both are done.
      hashed.sizeBytes = Number.POSITIVE_INFINITY;
      // The disk works while the hash is computed.
      const written = writeAll(file, chunk, sizeBytes);
      try {
        await hashed.fingerprinter.update(chunk);
      } finally {
        await written;
      }
      sizeBytes += chunk.byteLength;
      hashed.sizeBytes = sizeBytes;
    },
    head: (length) => readExactly(file, 0, Math.min(length, sizeBytes)),
    sync: () => file.datasync(),
    close: () => file.close(),
  };
}

async function catchUp(file: FileHandle, sizeBytes: number, hashed: HashedPrefix): Promise<void> {
  while (hashed.sizeBytes < sizeBytes) {
    const length = Math.min(rereadBytes, sizeBytes - hashed.sizeBytes);
    await hashed.fingerprinter.update(await readExactly(file, hashed.sizeBytes, length));
    hashed.sizeBytes += length;
  }
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) throw new Error(`The file ends before byte ${position + length}.`);
    filled += bytesRead;
  }
  return bytes;
}
