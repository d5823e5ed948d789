import type { BlockHead, ChainReader } from './chain-reader.ts';
import type { RecordFinding } from './conclude.ts';
import type { Finality } from './issuer.ts';
import type { Agreement } from './json-rpc.ts';
import type { Step } from './verdict.ts';

/** What the chain says about the block that something stands in. */
export interface BlockFinding extends Pick<RecordFinding, 'time' | 'finality'> {
  /** Unix seconds, when `time` is `known`. */
  timeSeconds?: number;
  /** `block-time`, then `finality`. */
  steps: Step[];
}

/**
 * Reads the block's time and whether it is final. Never throws: what could not be asked is in the finding.
 *
 * @param block as whatever stands in it names it; the chain must have the same one
 * @param source what names it, for people: `log`, `transaction`
 */
export async function checkBlock(
  block: { number: number; hash: string },
  source: string,
  rule: Finality,
  reader: ChainReader,
): Promise<BlockFinding> {
  const [head, final] = await Promise.all([reader.block(block.number), reader.finalBlock()]);
  const time = judgeTime(head, block, source);
  const finality =
    final.kind !== 'agreed' ? 'unavailable' : final.value >= block.number ? 'final' : 'not-final';
  return {
    time: time.result,
    timeSeconds: time.timeSeconds,
    finality,
    steps: [
      {
        id: 'block-time',
        label: `Block ${block.number} says when`,
        result: time.result === 'known' ? 'passed' : 'could-not-run',
        detail: time.detail,
      },
      {
        id: 'finality',
        label: `The block is final (${describeRule(rule)})`,
        result: finality === 'final' ? 'passed' : finality === 'not-final' ? 'failed' : 'could-not-run',
        detail: final.kind === 'agreed' ? `Final up to block ${final.value}` : describeOpen(final),
      },
    ],
  };
}

function judgeTime(
  head: Agreement<BlockHead | null>,
  block: { hash: string },
  source: string,
): { result: BlockFinding['time']; timeSeconds?: number; detail: string } {
  if (head.kind !== 'agreed') return { result: head.kind, detail: describeOpen(head) };
  if (head.value?.hash !== block.hash) {
    const other = head.value?.hash ?? 'not there';
    return {
      result: 'disagreement',
      detail: `The ${source} names block ${block.hash}, the chain's is ${other}`,
    };
  }
  const { timeSeconds } = head.value;
  return { result: 'known', timeSeconds, detail: `${toUtc(timeSeconds)}, block hash ${block.hash}` };
}

/** Why a question has no answer, for people. */
export function describeOpen(agreement: Exclude<Agreement<unknown>, { kind: 'agreed' }>): string {
  if (agreement.kind === 'unavailable') return agreement.failures.join('; ');
  return `The endpoints disagree: ${agreement.answers.map(({ endpoint }) => endpoint).join(', ')}`;
}

/** Who did not answer, to go on after what the others said; empty when all did. */
export function describeMissing({ failures }: { failures: string[] }): string {
  return failures.length > 0 ? `; not asked: ${failures.join('; ')}` : '';
}

function describeRule(finality: Finality): string {
  if (finality.kind === 'tag') return `the chain's "${finality.tag}" block`;
  return finality.blocks === 1 ? 'once it is in a block' : `${finality.blocks} blocks`;
}

/** A block's time for people, to the second: `2018-11-03T00:07:36Z`. */
export function toUtc(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString().replace('.000Z', 'Z');
}
