import { createHash, type Hash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';

import { HashmarkError } from '../../shared/errors.ts';

/** How much of each end of a file is looked at twice. */
const edgeBytes = 64 << 10;

/** @throws HashmarkError `content-changed` always: a fingerprint of bytes that were never together would prove nothing. */
export function throwChanged(path: string): never {
  throw new HashmarkError(
    'content-changed',
    `“${path}” changed while it was read, so its fingerprint would be of bytes that never were one file. Try again when nothing writes to it.`,
    { data: { path } },
  );
}

/** True when a file's size or times say that somebody wrote to it in between. */
export function isTouched(before: Stats, after: Stats): boolean {
  return before.size !== after.size || before.mtimeMs !== after.mtimeMs || before.ctimeMs !== after.ctimeMs;
}

/**
 * Remembers the first and the last bytes that a pass saw, to compare them with the file after it: a writer through a memory map
 * leaves the times alone for a while, and mostly appends or rewrites a head.
 */
export function createEdges(sizeBytes: number) {
  const seen = { head: createHash('sha256'), tail: createHash('sha256') };
  const tailFrom = Math.max(0, sizeBytes - edgeBytes);
  const headTo = Math.min(edgeBytes, sizeBytes);

  return {
    /** Tells of the bytes of the file from `position` on, in order. */
    see(bytes: Uint8Array, position: number): void {
      if (position < headTo) seen.head.update(bytes.subarray(0, headTo - position));
      if (position + bytes.length > tailFrom)
        seen.tail.update(bytes.subarray(Math.max(0, tailFrom - position)));
    },
    /** Looks again. True when the file still has these edges. */
    async areThere(file: FileHandle): Promise<boolean> {
      const head = await hashRange(file, 0, headTo);
      const tail = await hashRange(file, tailFrom, sizeBytes);
      return isSame(seen.head, head) && isSame(seen.tail, tail);
    },
  };
}

async function hashRange(file: FileHandle, from: number, to: number): Promise<Hash> {
  const hash = createHash('sha256');
  const buffer = new Uint8Array(to - from);
  for (let at = from; at < to; ) {
    const { bytesRead } = await file.read(buffer, 0, to - at, at);
    if (bytesRead === 0) break;
    hash.update(buffer.subarray(0, bytesRead));
    at += bytesRead;
  }
  return hash;
}

function isSame(a: Hash, b: Hash): boolean {
  return a.digest('hex') === b.digest('hex');
}
