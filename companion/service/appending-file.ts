import type { FileHandle } from 'node:fs/promises';

/** Writes behind its caller: what is appended reaches the file in large writes, while the next bytes are on their way. */
export interface AppendingFile {
  /** Bytes that the file holds once it is flushed. */
  readonly sizeBytes: number;
  /** Of them, those that the file holds already. */
  readonly writtenBytes: number;
  /**
   * Takes a chunk, which the caller must not change any more. Await what it returns before the next call.
   * @throws what an earlier write met.
   */
  append(chunk: Uint8Array): Promise<void>;
  /** Resolves when the file holds everything. */
  flush(): Promise<void>;
}

/**
 * Gathered for one write: that of a socket's 64 KiB takes as long as one of several times that. Twice as much is in memory, for
 * every upload that is under way.
 */
const gatheredBytes = 256 << 10;
/** A sender may cut its bytes into chunks of one each: a quarter of a megabyte of those takes fifty in memory. Systems write so many at once. */
const gatheredChunks = 1024;

/** @param fromBytes where the file ends; nobody else may write to it. */
export function createAppendingFile(file: FileHandle, fromBytes = 0): AppendingFile {
  let chunks: Uint8Array[] = [];
  let sizeBytes = fromBytes;
  let startedBytes = fromBytes;
  let writtenBytes = fromBytes;
  let writing = Promise.resolve();

  async function write(what: Uint8Array[], position: number): Promise<void> {
    await writeAll(file, what, position);
    writtenBytes = position + lengthOf(what);
  }

  /** Starts the next write when the one before has ended. */
  async function turn(): Promise<void> {
    await writing;
    if (chunks.length === 0) return;
    writing = write(chunks, startedBytes);
    // Whoever comes next gets its failure; until then it must not count as unhandled.
    writing.catch(() => {});
    chunks = [];
    startedBytes = sizeBytes;
  }

  return {
    get sizeBytes() {
      return sizeBytes;
    },
    get writtenBytes() {
      return writtenBytes;
    },
    async append(chunk) {
      chunks.push(chunk);
      sizeBytes += chunk.byteLength;
      if (sizeBytes - startedBytes >= gatheredBytes || chunks.length >= gatheredChunks) await turn();
    },
    async flush() {
      await turn();
      await writing;
    },
  };
}

async function writeAll(file: FileHandle, chunks: Uint8Array[], position: number): Promise<void> {
  let left = chunks;
  for (let at = position; left.length > 0; ) {
    const { bytesWritten } = await file.writev(left, at);
    at += bytesWritten;
    // A disk that is nearly full may take less than it was given: the next write goes on there, or says why.
    left = bytesWritten === lengthOf(left) ? [] : [Buffer.concat(left).subarray(bytesWritten)];
  }
}

function lengthOf(chunks: Uint8Array[]): number {
  return chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
}
