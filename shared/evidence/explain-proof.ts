import { trimStop } from './explain.ts';
import type { Outcome, SeedRecord, Step } from './verdict.ts';

/** What the sentence is made of. */
export interface ExplainableProof {
  outcome: Outcome;
  seed: SeedRecord | undefined;
  steps: readonly Step[];
  nextStep: string | undefined;
}

/** One sentence or two that say why the outcome of a proof is what it is, with the next step when there is one. */
export function explainProof({ outcome, seed, steps, nextStep }: ExplainableProof): string {
  const failed = steps.find(({ id, result }) => result === 'failed' && id !== 'finality' && id !== 'writer');
  const open = steps.find(({ result }) => result === 'could-not-run');
  const where = seed ? `block ${seed.blockNumber} of ${seed.chainName}` : 'a chain';
  const byWhom = seed?.issuerName ? `, written by ${seed.issuerName}` : '';
  switch (outcome) {
    case 'confirmed':
      return `This digest is in the seed whose root stands in ${where}${byWhom}, and every step was recomputed.`;
    case 'unfamiliar':
      return `This digest is in the seed whose root stands in ${where}, but ${seed?.writer ?? 'who wrote it'} is not among the issuers you trust.`;
    case 'pending':
      return seed
        ? `This digest is in the seed whose root stands in ${where}, which is not final yet. Check again later.`
        : `This digest is in the seed whose root is on its way to a chain and in no block yet. Check again later.`;
    case 'contradicted':
      return `A step fails: ${trimStop(failed?.detail ?? 'the proof does not hold')}.`;
    case 'unknown':
    case 'unchecked':
      return `The proof leads to its root, but the chain could not be checked: ${trimStop(open?.detail ?? 'it could not be read')}. ${nextStep ?? 'Try again once that works.'}`;
  }
}
