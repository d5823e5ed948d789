import type { HashReference, Outcome, StampRecord, Step } from './verdict.ts';

/** What the sentence is made of. */
export interface Explainable {
  outcome: Outcome;
  hash: HashReference;
  record: StampRecord | undefined;
  steps: readonly Step[];
  isClaimFalse: boolean;
  claim: { source: string } | undefined;
  /** Why not finding the hash proves nothing. */
  gaps: readonly string[];
}

/** One sentence that says why the outcome is what it is, with the next step when there is one. */
export function explain({ outcome, hash, record, steps, isClaimFalse, claim, gaps }: Explainable): string {
  const noun = hash.kind === 'cid' ? 'CID' : 'digest';
  const failed = steps.find(({ id, result }) => result === 'failed' && id !== 'finality');
  const open = steps.find(({ id, result }) => result === 'could-not-run' && id !== 'claimed-bytes');
  const where = record ? `${record.issuer.name} on ${record.issuer.chainName}` : '';
  switch (outcome) {
    case 'confirmed':
      return `This ${noun} was stamped by ${where} in block ${record?.blockNumber}, and every step was recomputed.`;
    case 'unfamiliar':
      return `This ${noun} was stamped in block ${record?.blockNumber}, but by ${where}, which is not among the issuers you trust.`;
    case 'pending':
      return record
        ? `This ${noun} was stamped by ${where} in block ${record.blockNumber}, which is not final yet. Check again later.`
        : `A service knows this ${noun}, and it is not on a chain yet. Check again later.`;
    case 'contradicted':
      return isClaimFalse
        ? `The content at ${claim?.source} is presented under this ${noun} but hashes to something else: it was changed, or the ${noun} belongs to other content.`
        : `A step fails: ${failed?.detail ?? 'the record does not hold this hash'}.`;
    case 'unknown':
      return `No issuer on your list has stamped this ${noun}.`;
    case 'unchecked':
      if (failed) return `The chain moved while it was read: ${failed.detail}. Check again.`;
      return `It could not be checked: ${trimStop(open?.detail ?? gaps[0] ?? 'the record could not be read')}. Try again once that works.`;
  }
}

/** What others wrote as a sentence, to go on after it. */
export function trimStop(text: string): string {
  return text.replace(/\.$/, '');
}
