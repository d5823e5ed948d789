import { type FileHandle, open } from 'node:fs/promises';

import { createAppendingFile } from '../appending-file.ts';

/** A file that grows over several requests. */
export interface PartialFile {
  /** Bytes that it holds, or will once it is flushed. */
  readonly sizeBytes: number;
  /** Of them, those that it holds already. */
  readonly writtenBytes: number;
  /** Whether the bytes from `position` on are these; all of them must have been there when it was opened. */
  holds(position: number, bytes: Uint8Array): Promise<boolean>;
  /** The caller must not change the chunk any more. Await what it returns before the next call. */
  append(chunk: Uint8Array): Promise<void>;
  /** The first `length` bytes, fewer when there are not as many yet. */
  head(length: number): Promise<Uint8Array>;
  /** Resolves when all that was appended is written. */
  flush(): Promise<void>;
  /** Resolves when all that was written is on disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the file at `path` to go on behind its first `confirmedBytes`; what lies beyond them was never confirmed and is cut off.
 *
 * @throws an error with code ENOENT when the file is gone or holds fewer bytes.
 */
export async function openPartialFile(path: string, confirmedBytes: number): Promise<PartialFile> {
  const file = await open(path, 'r+');
  try {
    if ((await file.stat()).size < confirmedBytes) {
      throw Object.assign(new Error(`${path} holds fewer than ${confirmedBytes} bytes`), { code: 'ENOENT' });
    }
    await file.truncate(confirmedBytes);
  } catch (error) {
    await file.close();
    throw error;
  }
  const appending = createAppendingFile(file, confirmedBytes);
  return {
    get sizeBytes() {
      return appending.sizeBytes;
    },
    get writtenBytes() {
      return appending.writtenBytes;
    },
    async holds(position, bytes) {
      return Buffer.compare(await readExactly(file, position, bytes.byteLength), bytes) === 0;
    },
    append: appending.append,
    async head(length) {
      await appending.flush();
      return readExactly(file, 0, Math.min(length, appending.sizeBytes));
    },
    flush: appending.flush,
    sync: () => file.datasync(),
    close: () => file.close(),
  };
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
