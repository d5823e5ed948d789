import type { BlockHead, ChainReader, StampLog } from './chain-reader.ts';
import type { RecordFinding } from './conclude.ts';
import type { Finality, Issuer } from './issuer.ts';
import type { Agreement } from './json-rpc.ts';
import type { Step } from './verdict.ts';

/** What the chain says now about one stamp, whatever was remembered of it. */
export interface ChainFinding extends Pick<RecordFinding, 'log' | 'time' | 'finality'> {
  /** The log as the chain holds it now, when `log` is `present`. */
  current?: StampLog;
  /** Unix seconds, when `time` is `known`. */
  timeSeconds?: number;
  steps: Step[];
  /** Hosts that gave the log and agree on it. */
  endpoints: string[];
}

/**
 * Reads one stamp back from the chain: the transaction's own log of the issuer's contract, the block that holds it, and
 * whether the block is final. Never throws: what could not be asked is in the finding.
 */
export async function checkOnChain(
  stamp: StampLog,
  issuer: Issuer,
  reader: ChainReader,
): Promise<ChainFinding> {
  const logs = await reader.transactionLogs(stamp.transaction);
  const label = 'The chain’s log holds the stamped CID';
  const logStep = (result: Step['result'], detail: string): Step => ({
    id: 'log-on-chain',
    label,
    result,
    detail,
  });
  const nothing = { time: 'unavailable', finality: 'unavailable' } as const;

  if (logs.kind !== 'agreed') {
    return { ...nothing, log: logs.kind, steps: [logStep('could-not-run', describe(logs))], endpoints: [] };
  }
  const current =
    logs.value.find((log) => log.value === stamp.value && log.logIndex === stamp.logIndex) ??
    logs.value.find((log) => log.value === stamp.value);
  if (!current) {
    const detail = `Transaction ${stamp.transaction} holds no log of ${stamp.value} by contract ${issuer.contract}, say ${logs.endpoints.join(' and ')}`;
    return { ...nothing, log: 'absent', steps: [logStep('failed', detail)], endpoints: logs.endpoints };
  }

  const [block, final] = await Promise.all([reader.block(current.blockNumber), reader.finalBlock()]);
  const time = judgeTime(block, current);
  const finality =
    final.kind !== 'agreed' ? 'unavailable' : final.value >= current.blockNumber ? 'final' : 'not-final';
  return {
    log: 'present',
    current,
    time: time.result,
    timeSeconds: time.timeSeconds,
    finality,
    endpoints: logs.endpoints,
    steps: [
      logStep(
        'passed',
        `${current.value} in transaction ${current.transaction}, log ${current.logIndex} of contract ${issuer.contract}, block ${current.blockNumber} of chain ${issuer.chainId}, read from ${logs.endpoints.join(' and ')}${missing(logs)}`,
      ),
      {
        id: 'block-time',
        label: `Block ${current.blockNumber} says when`,
        result: time.result === 'known' ? 'passed' : 'could-not-run',
        detail: time.detail,
      },
      {
        id: 'finality',
        label: `The block is final (${describeRule(issuer.finality)})`,
        result: finality === 'final' ? 'passed' : finality === 'not-final' ? 'failed' : 'could-not-run',
        detail: final.kind === 'agreed' ? `Final up to block ${final.value}` : describe(final),
      },
    ],
  };
}

function judgeTime(
  block: Agreement<BlockHead | null>,
  current: StampLog,
): { result: ChainFinding['time']; timeSeconds?: number; detail: string } {
  if (block.kind !== 'agreed') return { result: block.kind, detail: describe(block) };
  if (block.value?.hash !== current.blockHash) {
    const other = block.value?.hash ?? 'not there';
    return {
      result: 'disagreement',
      detail: `The log names block ${current.blockHash}, the chain's is ${other}`,
    };
  }
  const { timeSeconds } = block.value;
  return { result: 'known', timeSeconds, detail: `${toUtc(timeSeconds)}, block hash ${current.blockHash}` };
}

function describe(agreement: Exclude<Agreement<unknown>, { kind: 'agreed' }>): string {
  if (agreement.kind === 'unavailable') return agreement.failures.join('; ');
  return `The endpoints disagree: ${agreement.answers.map(({ endpoint }) => endpoint).join(', ')}`;
}

function missing({ failures }: { failures: string[] }): string {
  return failures.length > 0 ? `; not asked: ${failures.join('; ')}` : '';
}

function describeRule(finality: Finality): string {
  if (finality.kind === 'tag') return `the chain's "${finality.tag}" block`;
  return finality.blocks === 1 ? 'once it is in a block' : `${finality.blocks} blocks`;
}

function toUtc(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? `${seconds} s after 1970` : date.toISOString().replace('.000Z', 'Z');
}
