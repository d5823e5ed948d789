import { createHash } from 'node:crypto';

import type { CertificateEvidence } from '../../companion/service/originstamp/certificate/certificate.ts';
import { describeChain } from '../../companion/service/public/chain-facts.ts';
import { hashPair, type MerkleProof } from '../../shared/evidence/merkle.ts';

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const hexOf = (text: string) => sha256(Buffer.from(text)).toString('hex');

/** A proof of as many levels as asked for, with siblings on either side. */
export function makeProof(levels: number): MerkleProof {
  const leaf = hexOf('leaf');
  let root = leaf;
  const steps = Array.from({ length: levels }, (_, index): MerkleProof['steps'][number] => {
    const sibling = hexOf(`sibling ${index}`);
    const side = index % 3 === 0 ? 'left' : 'right';
    root = side === 'left' ? hashPair(sibling, root, sha256) : hashPair(root, sibling, sha256);
    return { sibling, side };
  });
  return { leaf, steps, root };
}

/** Evidence on Ethereum. */
export function makeEvidence(changes: Partial<CertificateEvidence> = {}): CertificateEvidence {
  const proof = changes.proof ?? makeProof(13);
  return {
    digest: proof.leaf,
    comment: 'Invoice 17',
    submittedAtMs: Date.UTC(2026, 10, 22, 2, 33, 10, 123),
    seedId: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10',
    currency: { id: 1, name: 'ETHEREUM' },
    chain: describeChain(1),
    proof,
    transaction: `0x${hexOf('transaction')}`,
    blockNumber: 23_456_789,
    blockHash: `0x${hexOf('block')}`,
    blockTimeSeconds: Date.UTC(2026, 10, 22, 2, 33, 17) / 1000,
    sender: `0x${hexOf('wallet').slice(24)}`,
    serviceUrl: 'https://stamp.example',
    ...changes,
  };
}
