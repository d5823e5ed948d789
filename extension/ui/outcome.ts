import type { Outcome, Verdict } from '../../shared/evidence/verdict.ts';

/** Colour family of a part: an outcome, or `neutral`. See `[data-tone]` in styles.css. */
export type Tone = Outcome | 'neutral';

/** Every outcome as the interface speaks of it. */
export const outcomeTexts: Record<Outcome, { label: string; meaning: string }> = {
  confirmed: {
    label: 'Confirmed',
    meaning: 'It stands on a chain, written by an issuer you trust, and every step was recomputed here.',
  },
  unfamiliar: {
    label: 'Unfamiliar issuer',
    meaning: 'It stands on a chain, but the issuer that wrote it is not on your list.',
  },
  pending: { label: 'Pending', meaning: 'It was handed in, and is not final on a chain yet.' },
  contradicted: { label: 'Contradicted', meaning: 'Someone claims a proof, and a step of it fails.' },
  unknown: { label: 'No record', meaning: 'No issuer on your list has stamped it.' },
  unchecked: { label: 'Could not check', meaning: 'Something needed for the check was out of reach.' },
};

/** What a reader should see first comes first. */
const worstFirst: Outcome[] = ['contradicted', 'unchecked', 'unfamiliar', 'pending', 'confirmed', 'unknown'];

/** Verdicts with the most alarming first, equal ones in the order given. */
export function sortWorstFirst(verdicts: readonly Verdict[]): Verdict[] {
  return verdicts.toSorted((a, b) => worstFirst.indexOf(a.outcome) - worstFirst.indexOf(b.outcome));
}

/** How many verdicts there are of each outcome that occurs, the most alarming first. */
export function countOutcomes(verdicts: readonly Verdict[]): { outcome: Outcome; count: number }[] {
  return worstFirst
    .map((outcome) => ({ outcome, count: verdicts.filter((verdict) => verdict.outcome === outcome).length }))
    .filter(({ count }) => count > 0);
}
