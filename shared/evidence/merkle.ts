/**
 * The Merkle trees of OriginStamp's seeds. Leaves are 64 lower-case hex digits in ascending order; a parent is the SHA-256 of
 * the ASCII text of its two children (128 characters, no prefix, order kept); the last node of an odd level is paired with
 * itself, at every level, and so is a single leaf.
 *
 * Nodes are kept as raw 32 bytes: raw bytes and their hex text have the same ascending order, and half the size.
 */
import { bytesToHex } from '@noble/hashes/utils.js';

/** One step from a leaf towards the root. */
export interface MerkleStep {
  /** The other child, 64 lower-case hex digits. */
  sibling: string;
  /** On which side of the parent the sibling stands. */
  side: 'left' | 'right';
}

/** The path from a digest to the root that stands on a chain. Plain JSON. */
export interface MerkleProof {
  /** The stamped digest, 64 lower-case hex digits. */
  leaf: string;
  /** From the leaf upwards; at least one. */
  steps: MerkleStep[];
  /** 64 lower-case hex digits. */
  root: string;
}

/** SHA-256 of bytes that the callee does not keep; 32 bytes. The caller chooses the fastest that it has. */
export type SyncSha256 = (bytes: Uint8Array) => Uint8Array;

/** Bytes of one node. */
export const nodeBytes = 32;

/** What {@link checkPath} found. */
export type PathResult =
  | { ok: true }
  | {
      ok: false;
      /** Number of the first step that fails, counted from the leaf, which is step 0. */
      step: number;
      /** What the proof says the parent is. */
      expected: string;
      /** What its two children hash to. */
      found: string;
    };

/** The parent of two nodes, all 64 lower-case hex digits. */
export function hashPair(left: string, right: string, sha256: SyncSha256): string {
  return bytesToHex(sha256(new TextEncoder().encode(left + right)));
}

/**
 * Recomputes every parent from the leaf up to the root.
 *
 * @param proof the parents that it claims between leaf and root (`steps[].parent`), where it names them, must be right too.
 */
export function checkPath(
  proof: Omit<MerkleProof, 'steps'> & { steps: readonly (MerkleStep & { parent?: string })[] },
  sha256: SyncSha256,
): PathResult {
  let node = proof.leaf;
  const last = proof.steps.length - 1;
  for (const [step, { sibling, side, parent }] of proof.steps.entries()) {
    node = side === 'left' ? hashPair(sibling, node, sha256) : hashPair(node, sibling, sha256);
    const expected = step === last ? proof.root : (parent ?? node);
    if (node !== expected) return { ok: false, step, expected, found: node };
  }
  return node === proof.root && last >= 0
    ? { ok: true }
    : { ok: false, step: last, expected: proof.root, found: node };
}

/** How many nodes each level has, from the leaves to the root: `[5, 3, 2, 1]`, and `[1, 1]` for one leaf. */
export function levelSizes(leafCount: number): number[] {
  if (!Number.isSafeInteger(leafCount) || leafCount < 1) {
    throw new RangeError(`A tree of ${leafCount} leaves cannot be built: expected a whole number from 1.`);
  }
  const sizes = [leafCount];
  let size = leafCount;
  do {
    size = Math.ceil(size / 2);
    sizes.push(size);
  } while (size > 1);
  return sizes;
}

/**
 * The parents of nodes that stand side by side on one level, raw, 32 bytes each. A level may be given in pieces: all but the
 * last must hold an even number of nodes. The last node of an odd number is paired with itself.
 */
export function parentsOf(nodes: Uint8Array, sha256: SyncSha256): Uint8Array<ArrayBuffer> {
  const count = nodes.length / nodeBytes;
  const parents = new Uint8Array(Math.ceil(count / 2) * nodeBytes);
  const pair = new Uint8Array(4 * nodeBytes);
  for (let left = 0; left < count; left += 2) {
    writeHex(nodes, left * nodeBytes, pair, 0);
    writeHex(nodes, Math.min(left + 1, count - 1) * nodeBytes, pair, 2 * nodeBytes);
    parents.set(sha256(pair), (left / 2) * nodeBytes);
  }
  return parents;
}

/**
 * All levels of a tree in memory, from the leaves to the root, raw nodes.
 *
 * @param leaves raw 32-byte digests, ascending, each once
 */
export function buildTree(leaves: Uint8Array, sha256: SyncSha256): Uint8Array[] {
  const levels = [leaves];
  let level = leaves;
  for (const _ of levelSizes(leaves.length / nodeBytes).slice(1)) {
    level = parentsOf(level, sha256);
    levels.push(level);
  }
  return levels;
}

/** A node that a proof is made of: its level (0 holds the leaves), its place there, and the side on which it stands. */
export interface SiblingPlace {
  level: number;
  index: number;
  side: 'left' | 'right';
}

/** Where the siblings on the path of one leaf stand, from the leaf upwards: one node has to be read per level. */
export function siblingPlaces(leafIndex: number, leafCount: number): SiblingPlace[] {
  let index = leafIndex;
  return levelSizes(leafCount)
    .slice(0, -1)
    .map((size, level): SiblingPlace => {
      const isRight = index % 2 === 1;
      const sibling = isRight ? index - 1 : Math.min(index + 1, size - 1);
      index = Math.floor(index / 2);
      return { level, index: sibling, side: isRight ? 'left' : 'right' };
    });
}

/** The proof of the leaf at `leafIndex` of a tree made by {@link buildTree}. */
export function proofOf(levels: readonly Uint8Array[], leafIndex: number): MerkleProof {
  const node = (level: number, index: number): string =>
    bytesToHex((levels[level] ?? new Uint8Array()).subarray(index * nodeBytes, (index + 1) * nodeBytes));
  const leafCount = (levels[0]?.length ?? 0) / nodeBytes;
  return {
    leaf: node(0, leafIndex),
    steps: siblingPlaces(leafIndex, leafCount).map(({ level, index, side }) => ({
      sibling: node(level, index),
      side,
    })),
    root: node(levels.length - 1, 0),
  };
}

const hexDigits = new TextEncoder().encode('0123456789abcdef');

/** Writes a node as 64 ASCII hex digits. */
function writeHex(from: Uint8Array, start: number, to: Uint8Array, position: number): void {
  for (let index = 0; index < nodeBytes; index += 1) {
    const byte = from[start + index] as number;
    to[position + 2 * index] = hexDigits[byte >> 4] as number;
    to[position + 2 * index + 1] = hexDigits[byte & 15] as number;
  }
}
