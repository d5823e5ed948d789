import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

import type { MerkleProof, MerkleStep } from '../../shared/evidence/merkle.ts';

/** One byte for the side, then the sibling. */
const stepBytes = 33;

/** A proof's steps as bytes, for storage: a third of what they take as text, and a seed may hold a hundred thousand digests. */
export function packPath(steps: readonly MerkleStep[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(steps.length * stepBytes);
  for (const [index, { sibling, side }] of steps.entries()) {
    packed[index * stepBytes] = side === 'left' ? 0 : 1;
    packed.set(hexToBytes(sibling), index * stepBytes + 1);
  }
  return packed;
}

/** The steps that {@link packPath} packed, from the leaf upwards. */
export function unpackPath(packed: Uint8Array): MerkleProof['steps'] {
  return Array.from({ length: packed.length / stepBytes }, (_, index) => {
    const step = packed.subarray(index * stepBytes, (index + 1) * stepBytes);
    return { side: step[0] === 0 ? 'left' : 'right', sibling: bytesToHex(step.subarray(1)) };
  });
}
