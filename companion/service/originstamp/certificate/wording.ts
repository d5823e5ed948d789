import { createHash } from 'node:crypto';

import { hashPair } from '../../../../shared/evidence/merkle.ts';
import type { CertificateEvidence } from './certificate.ts';

const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** `22 November 2026, 02:33:10 UTC`. Spelled here, because the same input has to give the same text under every Node. */
export function readableTime(ms: number): string {
  const date = new Date(ms);
  const time = date.toISOString().slice(11, 19);
  return `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}, ${time} UTC`;
}

/** One level of the tree, as it is recomputed by hand: `parent` is the SHA-256 of the text `left` + `right`. */
export interface Level {
  left: string;
  right: string;
  parent: string;
  /** Which of the two comes from the proof; the other is the parent of the level below, or the digest. */
  siblingSide: 'left' | 'right';
}

/** The levels from the digest to the root, every parent recomputed. */
export function recomputeLevels({ proof }: Pick<CertificateEvidence, 'proof'>): Level[] {
  let node = proof.leaf;
  return proof.steps.map(({ sibling, side }) => {
    const [left, right] = side === 'left' ? [sibling, node] : [node, sibling];
    node = hashPair(left, right, (bytes) => createHash('sha256').update(bytes).digest());
    return { left, right, parent: node, siblingSide: side };
  });
}

/** What the QR code says: where to look the transaction up, or, where no explorer exists, what to look for. */
export function qrText({ chain, digest, proof, transaction }: CertificateEvidence): string {
  if (chain.explorerTxUrl) return `${chain.explorerTxUrl}${transaction}`;
  return `SHA-256 ${digest}\nroot ${proof.root}\ntransaction ${transaction}\nchain ${chain.id}`;
}
