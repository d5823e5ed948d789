import type { Outcome, SeedRecord, Step } from '../../shared/evidence/verdict.ts';
import { formatUtc } from '../../shared/format.ts';
import { type Colour, type Io, plain } from './io.ts';
import type { VerifyResult } from './verify.ts';

const marks: Record<Outcome, [Colour, string]> = {
  confirmed: ['green', '✓ confirmed'],
  unfamiliar: ['yellow', '! unfamiliar'],
  pending: ['blue', '… pending'],
  contradicted: ['red', '✗ contradicted'],
  unknown: ['gray', '– unknown'],
  unchecked: ['gray', '? could not check'],
};

const stepMarks: Record<Step['result'], [Colour, string]> = {
  passed: ['green', '✓'],
  failed: ['red', '✗'],
  'could-not-run': ['gray', '?'],
};

const localWarning = ': runs on this computer only, proves nothing to strangers';

/** A verdict for people: outcome and argument first, then why, the record, every step, and whom they had to believe. */
export function describeVerdict(
  { target, outcome, reason, hash, record, seed, steps, believed }: VerifyResult,
  paint: Io['paint'],
): string {
  const rows: [string, string][] = [];
  if (hash) rows.push([hash.kind === 'cid' ? 'CID' : 'digest', hash.value]);
  if (record) {
    const { issuer, blockNumber, blockTimeSeconds } = record;
    const warning = issuer.isLocal ? localWarning : '';
    rows.push(
      ['stamped', `${formatUtc(blockTimeSeconds * 1000)} (time of block ${blockNumber})`],
      ['issuer', `${issuer.name}, contract ${issuer.contract}`],
      ['chain', `${issuer.chainName} (${issuer.chainId})${warning}`],
      ['transaction', record.transaction],
    );
    if (record.isBundle) rows.push(['in bundle', record.value]);
  }
  if (seed) rows.push(...describeSeed(seed));
  const [colour, mark] = marks[outcome];
  return [
    `${paint(colour, mark)}  ${plain(target)}`,
    `  ${plain(reason)}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(11)}  ${plain(value)}`),
    ...steps.flatMap(({ result, label, detail }) => [
      `  ${paint(...stepMarks[result])} ${plain(label)}`,
      `      ${plain(detail)}`,
    ]),
    ...believed.map((whom) => `  believed: ${plain(whom)}`),
  ].join('\n');
}

function describeSeed(seed: SeedRecord): [name: string, value: string][] {
  const { writer, chainId, proof } = seed;
  const chain = chainId === undefined ? seed.chainName : `${seed.chainName} (${chainId})`;
  return [
    ['stamped', `${formatUtc(seed.blockTimeSeconds * 1000)} (time of block ${seed.blockNumber})`],
    ...(seed.issuerName === undefined ? [] : [['issuer', seed.issuerName] as [string, string]]),
    ...(writer === undefined ? [] : [['written by', writer] as [string, string]]),
    ['chain', `${chain}${seed.isLocal ? localWarning : ''}`],
    ['transaction', seed.transaction],
    ['root', proof.root],
  ];
}
