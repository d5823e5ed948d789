import { createHash, hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { HashmarkError } from '../shared/errors.ts';
import {
  type Fingerprint,
  type FingerprintOptions,
  fingerprint,
  type HashPlatform,
} from '../shared/fingerprint/fingerprint.ts';

/** One read of a file. Larger reads gain nothing measurable; two of them are in memory. */
const readBytes = 1 << 20;

/**
 * From this size on, blocks are hashed on Node's thread pool while the calling thread hashes the whole; below it the way
 * to the pool costs more than it saves (`npm run bench` shows both).
 */
const poolFromBytes = 4 << 20;

/** Hashing by node:crypto on the calling thread: the right one for small content and inside a server. */
export const nodePlatform: HashPlatform = {
  name: 'native',
  createSha256() {
    const whole = createHash('sha256');
    return { update: (bytes) => void whole.update(bytes), digest: () => whole.digest() };
  },
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
};

/** The same, with blocks hashed on the thread pool. */
export const nodePoolPlatform: HashPlatform = {
  ...nodePlatform,
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource)),
};

/**
 * Fingerprints a file in one pass, so that digest and CID are of the same bytes even if the file changes meanwhile.
 * Reads it only, in constant memory.
 *
 * @throws HashmarkError `file-not-found`, `not-a-file` or `file-unreadable`, with the path in `data`; the reason of an aborted `signal`.
 */
export async function fingerprintFile(path: string, options: FingerprintOptions = {}): Promise<Fingerprint> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    const { size } = await file.stat();
    return await fingerprint(chunksOf(file), size < poolFromBytes ? nodePlatform : nodePoolPlatform, options);
  } catch (error) {
    throw explain(error, path);
  } finally {
    await file?.close();
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

/** A system error as a sentence for people; everything else (an abort) unchanged. */
function explain(error: unknown, path: string): unknown {
  const systemCode = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (systemCode) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new HashmarkError(
        'file-not-found',
        `“${path}” does not exist. Check the spelling of the path.`,
        {
          data: { path },
          cause: error,
        },
      );
    case 'EISDIR':
      return new HashmarkError('not-a-file', `“${path}” is a folder. Name the files in it.`, {
        data: { path },
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EIO':
    case 'EMFILE':
    case 'ELOOP':
    case 'ENAMETOOLONG':
      return new HashmarkError(
        'file-unreadable',
        `“${path}” could not be read (${systemCode}). Make sure that you may read it, then try again.`,
        { data: { path }, cause: error },
      );
    default:
      return error;
  }
}
