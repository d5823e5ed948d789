import type { Outcome, Step } from '../../shared/evidence/verdict.ts';
import { plain } from './io.ts';
import type { VerifyResult } from './verify.ts';

const marks: Record<Outcome, string> = {
  confirmed: '✓ confirmed',
  unfamiliar: '! unfamiliar',
  pending: '… pending',
  contradicted: '✗ contradicted',
  unknown: '– unknown',
  unchecked: '? could not check',
};

const stepMarks: Record<Step['result'], string> = { passed: '✓', failed: '✗', 'could-not-run': '?' };

/** A verdict for people: outcome and argument first, then why, the record, every step, and whom they had to believe. */
export function describeVerdict({
  target,
  outcome,
  reason,
  hash,
  record,
  steps,
  believed,
}: VerifyResult): string {
  const rows: [string, string][] = [];
  if (hash) rows.push([hash.kind === 'cid' ? 'CID' : 'digest', hash.value]);
  if (record) {
    const { issuer } = record;
    rows.push(
      [
        'stamped',
        `${new Date(record.blockTimeSeconds * 1000).toISOString()} (time of block ${record.blockNumber})`,
      ],
      ['issuer', `${issuer.name}, contract ${issuer.contract}`],
      [
        'chain',
        `${issuer.chainName} (${issuer.chainId})${issuer.isLocal ? ': of this computer only, proves nothing to strangers' : ''}`,
      ],
      ['transaction', record.transaction],
    );
    if (record.isBundle) rows.push(['in bundle', record.value]);
  }
  const lines = [
    `${marks[outcome]}  ${plain(target)}`,
    `  ${plain(reason)}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(11)}  ${plain(value)}`),
    ...steps.map(({ result, label, detail }) => `  ${stepMarks[result]} ${plain(label)}: ${plain(detail)}`),
    ...believed.map((whom) => `  believed: ${plain(whom)}`),
  ];
  return lines.join('\n');
}
