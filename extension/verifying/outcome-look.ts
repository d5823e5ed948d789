import type { Outcome } from '../../shared/evidence/verdict.ts';

/** How an outcome is shown wherever there is little room. Colour never stands alone: a word and a sign go with it. */
export interface OutcomeLook {
  word: string;
  /** Ground of the badge, on which white text has a contrast of at least 4.5. */
  colour: string;
  /** SVG path in a 16 by 16 box, drawn as a stroke. */
  sign: string;
}

const check = 'M3.5 8.5 6.5 11.5 12.5 4.5';
const cross = 'M4 4 12 12 M12 4 4 12';
const question = 'M5.6 6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.2.9-1.2 1.8 M8 12.9v.1';
const clock = 'M8 3.5V8l3 2';
const stranger = 'M8 4v5 M8 12.4v.1';

/** The look of each outcome. */
export const outcomeLooks: Record<Outcome, OutcomeLook> = {
  confirmed: { word: 'Confirmed', colour: '#15803d', sign: check },
  unfamiliar: { word: 'Unfamiliar', colour: '#b45309', sign: stranger },
  pending: { word: 'Pending', colour: '#1d4ed8', sign: clock },
  contradicted: { word: 'Contradicted', colour: '#b91c1c', sign: cross },
  unknown: { word: 'Unknown', colour: '#52525b', sign: question },
  unchecked: { word: 'Unchecked', colour: '#52525b', sign: question },
};
