import type { CertificateEvidence } from './certificate.ts';
import { heading } from './front-page.ts';
import { body, colours, type Span } from './lines.ts';
import { type Sheet, textWidth } from './sheet.ts';

const indent = 14;
const gapPoints = 1.5;
/** Heading, and the gaps around the list. */
const headingPoints = 50;

const closing: Span[] = [
  {
    text: 'This document is a description of the proof, and needs no signature: the chain and arithmetic are what proves. Whoever checks it need not believe this document, nor the service that issued it.',
  },
];

/** What the certificate does not prove. It is never cut in two: limits that are read in half are none. */
export function setLimits(sheet: Sheet, evidence: CertificateEvidence): void {
  heading(sheet, 'What it does not prove', limitsHeight(sheet, evidence));
  for (const limit of limitsOf(evidence)) {
    sheet.beside(() => sheet.text('P', '–', { ...body, colour: colours.soft }));
    sheet.text('P', limit, { ...body, indent });
    sheet.skip(gapPoints);
  }
  sheet.skip(5);
  sheet.text('P', closing, body);
}

/** What {@link setLimits} takes, in points. */
export function limitsHeight(sheet: Sheet, evidence: CertificateEvidence): number {
  const style = { ...body, width: textWidth - indent };
  return limitsOf(evidence).reduce(
    (sum, text) => sum + sheet.heightOf([{ text }], style) + gapPoints,
    headingPoints + sheet.heightOf(closing, body),
  );
}

function limitsOf({ chain }: CertificateEvidence): string[] {
  return [
    'Who made the file, who owns it, or who had it stamped. Only its digest was submitted.',
    'That what the file says is true, or that it is the first of its kind.',
    'Since when exactly it exists: only that it did at the time of the block.',
    'Anything without the file: keep it as it is, for a copy that differs in one bit has another digest.',
    'The comment and the time of acceptance: they are what submitter and service say.',
    ...(chain.isLocal
      ? ['Anything at all to somebody who does not trust the owner of the computer that runs this chain.']
      : []),
  ];
}
