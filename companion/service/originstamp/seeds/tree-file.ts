import { hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

import {
  checkPath,
  levelSizes,
  type MerkleProof,
  nodeBytes,
  siblingPlaces,
} from '../../../../shared/evidence/merkle.ts';

/** So many leaves are read at once where a search has come down to them: a page of most file systems. */
const leavesPerRead = 128;

/**
 * The path from a digest to the root, from a file that the tree worker wrote: all levels one behind the other, leaves first,
 * raw nodes. Reads some thirty nodes of a tree of a million leaves, and like the ledger it does not leave the thread for
 * that: handing so small reads to others costs this thread ten times as much as doing them.
 * @param root that the proof must lead to, 64 lower-case hex digits.
 * @returns undefined when the file is not there, or is not whole, or does not lead from this digest to this root.
 */
export function readProof(
  path: string,
  { digest, leafCount, root }: { digest: string; leafCount: number; root: string },
): MerkleProof | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const leafIndex = findLeaf(file, Buffer.from(digest, 'hex'), leafCount);
    if (leafIndex === undefined) return undefined;
    const starts = levelStarts(leafCount);
    const steps = siblingPlaces(leafIndex, leafCount).map(({ level, index, side }) => ({
      sibling: readNodes(file, (starts[level] as number) + index, 1).toString('hex'),
      side,
    }));
    const proof = { leaf: digest, steps, root };
    return checkPath(proof, (bytes) => hash('sha256', bytes, 'buffer')).ok ? proof : undefined;
  } finally {
    closeSync(file);
  }
}

/** At which node of the file each level begins. */
function levelStarts(leafCount: number): number[] {
  let next = 0;
  return levelSizes(leafCount).map((size) => {
    const start = next;
    next += size;
    return start;
  });
}

/** Fewer bytes than asked for where the file ends too early. */
function readNodes(file: number, firstNode: number, count: number): Buffer {
  const buffer = Buffer.alloc(count * nodeBytes);
  const bytesRead = readSync(file, buffer, 0, buffer.length, firstNode * nodeBytes);
  return buffer.subarray(0, bytesRead);
}

function findLeaf(file: number, digest: Buffer, leafCount: number): number | undefined {
  let from = 0;
  let to = leafCount;
  while (to - from > leavesPerRead) {
    const middle = Math.floor((from + to) / 2);
    if (readNodes(file, middle, 1).compare(digest) <= 0) from = middle;
    else to = middle;
  }
  const leaves = readNodes(file, from, to - from);
  for (let at = 0; at < leaves.length; at += nodeBytes) {
    if (leaves.subarray(at, at + nodeBytes).equals(digest)) return from + at / nodeBytes;
  }
  return undefined;
}
