import { outcomesWorstFirst } from '../../shared/evidence/conclude.ts';
import type { TabVerdicts } from '../messages.ts';
import type { VerdictBadge } from '../toolbar-badge.ts';
import { outcomeLooks } from './outcome-look.ts';

/** What the toolbar shows of a tab's verdicts: how many, in the colour of the worst; undefined when there is nothing to show. */
export function describeTab({
  verdicts,
  isIncomplete,
  reason,
  notice,
  isListCut,
}: TabVerdicts): VerdictBadge | undefined {
  const worst = verdicts[0];
  if (!worst) {
    if (!isIncomplete && !isListCut) return undefined;
    return {
      text: '?',
      colour: outcomeLooks.unchecked.colour,
      title: isListCut
        ? 'Hashmark had no room to keep what it found here: look at the badges on the page.'
        : `Hashmark could not look at the record. ${reason ?? ''}`.trim(),
    };
  }
  const counts = outcomesWorstFirst.flatMap((outcome) => {
    const count = verdicts.filter((verdict) => verdict.outcome === outcome).length;
    return count > 0 ? [`${count} ${outcomeLooks[outcome].word.toLowerCase()}`] : [];
  });
  return {
    text: verdicts.length > 999 ? '999+' : String(verdicts.length),
    colour: outcomeLooks[worst.outcome].colour,
    title: ['Hashmark: ', counts.join(', '), notice ? `. ${notice}` : ''].join(''),
  };
}
