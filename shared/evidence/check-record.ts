import type { ChainReader, StampLog } from './chain-reader.ts';
import { type BlockFinding, checkBlock, describeMissing, describeOpen } from './check-block.ts';
import type { RecordFinding } from './conclude.ts';
import type { Issuer } from './issuer.ts';
import type { Step } from './verdict.ts';

/** What the chain says now about one stamp, whatever was remembered of it. */
export interface ChainFinding extends BlockFinding, Pick<RecordFinding, 'log'> {
  /** The log as the chain holds it now, when `log` is `present`. */
  current?: StampLog;
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
    return {
      ...nothing,
      log: logs.kind,
      steps: [logStep('could-not-run', describeOpen(logs))],
      endpoints: [],
    };
  }
  const current =
    logs.value.find((log) => log.value === stamp.value && log.logIndex === stamp.logIndex) ??
    logs.value.find((log) => log.value === stamp.value);
  if (!current) {
    const detail = `Transaction ${stamp.transaction} holds no log of ${stamp.value} by contract ${issuer.contract}, say ${logs.endpoints.join(' and ')}`;
    return { ...nothing, log: 'absent', steps: [logStep('failed', detail)], endpoints: logs.endpoints };
  }

  const block = { number: current.blockNumber, hash: current.blockHash };
  const { steps, ...blockFinding } = await checkBlock(block, 'log', issuer.finality, reader);
  return {
    log: 'present',
    current,
    ...blockFinding,
    endpoints: logs.endpoints,
    steps: [
      logStep(
        'passed',
        `${current.value} in transaction ${current.transaction}, log ${current.logIndex} of contract ${issuer.contract}, block ${current.blockNumber} of chain ${issuer.chainId}, read from ${logs.endpoints.join(' and ')}${describeMissing(logs)}`,
      ),
      ...steps,
    ],
  };
}
