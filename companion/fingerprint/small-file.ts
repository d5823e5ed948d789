import { hash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

import { cidOfBlockHash } from '../../shared/fingerprint/cid.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { profileShape } from '../../shared/fingerprint/tree.ts';
import { encodeParent, leafFrame, type UnixFsNode } from '../../shared/fingerprint/unixfs.ts';
import { isTouched, throwChanged } from './content-changed.ts';
import { requireRegularFile } from './file-errors.ts';

/** Up to this size a file is read at once and hashed on the calling thread: two milliseconds at most. */
export const smallFileBytes = 1 << 20;

const { chunkBytes } = profileShape;
/** More than any frame has before the bytes. */
const frameRoom = 16;
/** Room around the content for the frame of a single leaf, and for one byte more than may be there. */
const memory = new Uint8Array(frameRoom + smallFileBytes + 1 + frameRoom);
const content = memory.subarray(frameRoom, frameRoom + smallFileBytes + 1);

/** Without waiting for a writer where the path names a pipe; the flag means nothing on Windows, which has no such files. */
export const openFlags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Fingerprints a regular file of at most {@link smallFileBytes}, synchronously and without copying: for such files the calls
 * around the hashing cost more than the hashing.
 *
 * @returns undefined when it is larger.
 * @throws the system's error; HashmarkError `content-changed`, `not-a-file`, `special-file`.
 */
export function fingerprintSmallFile(path: string): Fingerprint | undefined {
  const file = openSync(path, openFlags);
  try {
    const before = fstatSync(file);
    requireRegularFile(before, path);
    if (before.size > smallFileBytes) return undefined;
    const sizeBytes = readWhole(file, before.size);
    if (sizeBytes !== before.size || isTouched(before, fstatSync(file))) throwChanged(path);
    return fingerprintContent(sizeBytes);
  } finally {
    closeSync(file);
  }
}

/** Reads what the file has, at least to the size that it is said to have unless it ends before. */
function readWhole(file: number, sizeBytes: number): number {
  let length = 0;
  do {
    const bytesRead = readSync(file, content, length, content.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  } while (length < sizeBytes);
  return length;
}

/** The fingerprint of the first bytes of {@link content}. */
function fingerprintContent(sizeBytes: number): Fingerprint {
  const digest = hash('sha256', content.subarray(0, sizeBytes), 'hex');
  const leaves: UnixFsNode[] = [];
  for (let from = 0; from < sizeBytes || leaves.length === 0; from += chunkBytes)
    leaves.push(hashLeaf(from, Math.min(from + chunkBytes, sizeBytes)));
  const [first, ...others] = leaves;
  const root =
    first && others.length === 0 ? first.hash : hash('sha256', encodeParent(leaves).bytes, 'buffer');
  return { digest, cid: cidOfBlockHash(root), sizeBytes };
}

/** Hashes a leaf where it lies, with its frame written around it; what the frame covers is put back. */
function hashLeaf(from: number, to: number): UnixFsNode {
  const { before, after } = leafFrame(to - from);
  const start = frameRoom + from - before.length;
  const end = frameRoom + to + after.length;
  const covered = memory.slice(start, start + before.length);
  const coveredAfter = memory.slice(frameRoom + to, end);
  memory.set(before, start);
  memory.set(after, frameRoom + to);
  const leaf = hash('sha256', memory.subarray(start, end), 'buffer');
  memory.set(covered, start);
  memory.set(coveredAfter, frameRoom + to);
  return { hash: leaf, treeBytes: before.length + to - from + after.length, fileBytes: to - from };
}
