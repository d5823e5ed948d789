import { HashmarkError } from '../errors.ts';
import type { ChainReader, StampLog } from './chain-reader.ts';

/** Blocks asked for at once; most public endpoints allow ten thousand. */
export const windowBlocks = 10_000;

/**
 * How far back a resumed reading starts again: a reorganisation that is deeper does not happen on chains worth trusting
 * (Ethereum finalises after 64 blocks).
 */
export const reorgOverlapBlocks = 64;

/** One window that was read. */
export interface IssuerWindow {
  /** First and last block of the window, both included: its logs are all there are in them. */
  fromBlock: number;
  toBlock: number;
  /** The chain's head when the reading began. */
  headBlock: number;
  /** In chain order, each (transaction, logIndex) once. */
  logs: StampLog[];
  /** Hosts that gave these logs. */
  endpoints: string[];
  /** Set when endpoints disagree: `logs` is then everything that any of them holds, and absence proves nothing. */
  disagreement?: string;
}

/**
 * Reads all stamps of a contract from `fromBlock` to the chain's head, window by window, and can be resumed after any of
 * them at `toBlock + 1 - reorgOverlapBlocks`. A window that an endpoint finds too large is halved.
 *
 * Throws `rpc-unavailable` when no endpoint answers: what was yielded before is good.
 */
export async function* readIssuer(
  reader: ChainReader,
  fromBlock: number,
  options: { signal?: AbortSignal } = {},
): AsyncGenerator<IssuerWindow> {
  const head = await reader.head();
  if (head.kind !== 'agreed') throw unavailable(head.failures);
  const headBlock = head.value;
  let size = windowBlocks;
  let from = Math.max(0, fromBlock);
  while (from <= headBlock) {
    options.signal?.throwIfAborted();
    const to = Math.min(headBlock, from + size - 1);
    const window = await readWindow(reader, from, to);
    if (!window) {
      size = Math.max(1, Math.floor((to - from + 1) / 2));
      continue;
    }
    yield { fromBlock: from, toBlock: to, headBlock, ...window };
    from = to + 1;
  }
}

/** Undefined when the window is too large. */
async function readWindow(
  reader: ChainReader,
  from: number,
  to: number,
): Promise<Pick<IssuerWindow, 'logs' | 'endpoints' | 'disagreement'> | undefined> {
  try {
    const logs = await reader.logs(from, to);
    if (logs.kind === 'unavailable') throw unavailable(logs.failures);
    if (logs.kind === 'agreed') return { logs: deduplicate(logs.value), endpoints: logs.endpoints };
    const counts = logs.answers.map(({ endpoint, value }) => `${endpoint} has ${value.length}`).join(', ');
    return {
      logs: deduplicate(logs.answers.flatMap(({ value }) => value)),
      endpoints: logs.answers.map(({ endpoint }) => endpoint),
      disagreement: `The RPC endpoints disagree on the stamps in blocks ${from} to ${to}: ${counts}.`,
    };
  } catch (error) {
    if (error instanceof HashmarkError && error.code === 'range-too-large') return undefined;
    throw error;
  }
}

function deduplicate(logs: StampLog[]): StampLog[] {
  const byIdentity = new Map(logs.map((log) => [`${log.transaction}:${log.logIndex}`, log]));
  return [...byIdentity.values()].sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
}

function unavailable(failures: string[]): HashmarkError {
  return new HashmarkError(
    'rpc-unavailable',
    `The chain could not be read: ${failures.join('; ')}. Check that an RPC endpoint of the chain is up.`,
  );
}
