import { outcomesWorstFirst } from '../../shared/evidence/conclude.ts';
import type { Outcome, Verdict } from '../../shared/evidence/verdict.ts';
import { outcomeLooks } from '../verifying/outcome-look.ts';

/** Colour family of a part: an outcome, or `neutral`. See `[data-tone]` in styles.css. */
export type Tone = Outcome | 'neutral';

/** What each outcome means; its name is that of the badge beside the hash. */
const meanings: Record<Outcome, string> = {
  confirmed: 'It stands on a chain, written by an issuer you trust, and every step was recomputed here.',
  unfamiliar: 'It stands on a chain, but the issuer that wrote it is not, or no longer, one that you trust.',
  pending: 'It was handed in, and is not final on a chain yet.',
  contradicted: 'Someone claims a proof, and a step of it fails.',
  unknown: 'No issuer on your list has stamped it.',
  unchecked: 'Something needed for the check was out of reach, so nobody can say.',
};

export function labelOf(outcome: Outcome): string {
  return outcomeLooks[outcome].word;
}

export function meaningOf(outcome: Outcome): string {
  return meanings[outcome];
}

/** Verdicts with the most alarming first, equal ones in the order given. */
export function sortWorstFirst<Judged extends Pick<Verdict, 'outcome'>>(
  verdicts: readonly Judged[],
): Judged[] {
  return verdicts.toSorted(
    (a, b) => outcomesWorstFirst.indexOf(a.outcome) - outcomesWorstFirst.indexOf(b.outcome),
  );
}

/** How many verdicts there are of each outcome that occurs, the most alarming first. */
export function countOutcomes(
  verdicts: readonly Pick<Verdict, 'outcome'>[],
): { outcome: Outcome; count: number }[] {
  return outcomesWorstFirst
    .map((outcome) => ({ outcome, count: verdicts.filter((verdict) => verdict.outcome === outcome).length }))
    .filter(({ count }) => count > 0);
}
