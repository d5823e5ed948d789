import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

import type { OwnProof } from '../../../extension/proofs/proof-store.ts';
import { buildTree, proofOf } from '../../../shared/evidence/merkle.ts';

export const digestOf = (text: string) => bytesToHex(sha256(new TextEncoder().encode(text)));

/** Proofs of the given texts' digests in one seed, in ascending order of digests. */
export function proofsOf(texts: readonly string[], overrides: Partial<OwnProof> = {}): OwnProof[] {
  const digests = texts.map(digestOf).toSorted();
  const levels = buildTree(hexToBytes(digests.join('')), sha256);
  return digests.map((_, index) => ({
    proof: proofOf(levels, index),
    seedId: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10',
    currencyId: 1,
    chainId: 4774,
    transaction: `0x${'7'.repeat(64)}`,
    blockTimeSeconds: 1_772_355_660,
    checkedAtMs: 1_772_355_700_000,
    ...overrides,
  }));
}
