import { join } from 'node:path';
import { type Hex, hexToNumber, numberToHex } from 'viem';

import type { Log } from '../log.ts';
import { type AnvilProcess, startAnvil } from './anvil-process.ts';
import { type Checkpoint, dropCheckpoint, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import type { Journal, StoredJournalEntry } from './journal.ts';
import { askJsonRpc } from './json-rpc.ts';

/** Replaying this many blocks takes about a second. */
export const usualBlocksPerCheckpoint = 1_000;
/** On a long chain less often, because a checkpoint costs time in proportion to all blocks. */
const chainSharePerCheckpoint = 1 / 8;
/** The node answers nobody while it dumps. Beyond this, replaying at start is the smaller evil. */
const longestDumpMs = 2_000;
const dumpTimeoutMs = 30_000;

export interface NodeViewOptions {
  chainId: number;
  genesisTimeSeconds: number;
  folder: string;
  journal: Journal;
  log: Log;
  /** Longest answer we wait for. */
  requestMs: number;
  /** A checkpoint is written when at least so many blocks came since the last one. */
  blocksPerCheckpoint: number;
  /** Aborted when the chain is closed: a long replay ends then. */
  signal: AbortSignal;
}

/** One process of the node, and how much of the journal it holds: entry n of the journal is block n, alone in it. */
export interface NodeView {
  readonly process: AnvilProcess;
  /** Mines what the journal has and the node has not. Throws when the node dies, hangs, or was written to by others. */
  feed(): Promise<void>;
  /** Throws when the node is not where feeding left it. Never at the same time as feeding. */
  check(): Promise<void>;
}

interface Tip {
  position: number;
  txHash: Hex | undefined;
  blockNumber: number;
  /** Known once the node was asked, until the next block. */
  blockHash: Hex | undefined;
}

/** Starts a process and brings it up to date: from the checkpoint when it is good, else from the journal's beginning. */
export async function openNodeView(options: NodeViewOptions): Promise<NodeView> {
  const { folder, log } = options;
  const checkpoint = readCheckpoint(folder);
  if (checkpoint) {
    try {
      expectOfThisJournal(checkpoint, options);
      return await openFrom(checkpoint, options);
    } catch (error) {
      options.signal.throwIfAborted();
      log('warn', 'The checkpoint of the local chain is not usable; the whole journal is replayed.', {
        error,
      });
      dropCheckpoint(folder);
    }
  }
  return openFrom(undefined, options);
}

/** A checkpoint that is ahead of the journal, or of another one, would show blocks that were never recorded. */
function expectOfThisJournal(checkpoint: Checkpoint, options: NodeViewOptions): void {
  const [entry] = options.journal.entriesAfter(checkpoint.position - 1);
  const isOfThis =
    checkpoint.chainId === options.chainId &&
    checkpoint.genesisTimeSeconds === options.genesisTimeSeconds &&
    entry?.position === checkpoint.position &&
    entry.txHash === checkpoint.txHash;
  if (!isOfThis) throw new Error(`journal entry ${checkpoint.position} is not what the checkpoint ends with`);
}

async function openFrom(checkpoint: Checkpoint | undefined, options: NodeViewOptions): Promise<NodeView> {
  const { chainId, genesisTimeSeconds, folder, journal, log, requestMs, signal } = options;
  const startedAt = performance.now();
  const process = await startAnvil({
    chainId,
    genesisTimeSeconds,
    folder,
    ...(checkpoint ? { stateFile: join(folder, checkpoint.stateFile) } : {}),
  });
  const tip: Tip = { position: 0, txHash: undefined, blockNumber: 0, blockHash: undefined, ...checkpoint };
  let blocksAtCheckpoint = tip.blockNumber;
  let areDumpsFast = true;

  const ask = (method: string, params: unknown[], timeoutMs = requestMs) =>
    askJsonRpc(process.url, method, params, timeoutMs);

  async function mine(entry: StoredJournalEntry): Promise<void> {
    await ask('eth_sendRawTransaction', [entry.txRaw]);
    await ask('evm_mine', [numberToHex(entry.blockTimeSeconds)]);
    tip.position = entry.position;
    tip.txHash = entry.txHash;
    tip.blockNumber += 1;
    tip.blockHash = undefined;
  }

  /**
   * As many blocks as entries, and the last transaction in the last block: since nonces follow each other, every block
   * before holds its own. Anybody else's block would have moved the number.
   */
  async function expectTip(): Promise<Hex> {
    const block = (await ask('eth_getBlockByNumber', ['latest', false])) as {
      number: Hex;
      hash: Hex;
      transactions: Hex[];
    };
    const number = hexToNumber(block.number);
    const isOurs =
      number === tip.blockNumber &&
      block.transactions.join() === (tip.txHash ?? '') &&
      (tip.blockHash === undefined || tip.blockHash === block.hash);
    if (!isOurs) {
      throw new Error(
        `the node is at block ${number} with ${block.transactions.join()}, the journal at ${tip.blockNumber} with ${tip.txHash}: somebody else wrote to it`,
      );
    }
    tip.blockHash = block.hash;
    return block.hash;
  }

  async function keepCheckpoint(blockHash: Hex): Promise<void> {
    const { position, txHash, blockNumber } = tip;
    const due = Math.max(options.blocksPerCheckpoint, blockNumber * chainSharePerCheckpoint);
    if (!areDumpsFast || !txHash || blockNumber - blocksAtCheckpoint < due) return;
    blocksAtCheckpoint = blockNumber;
    try {
      const dumpedAt = performance.now();
      const dump = (await ask('anvil_dumpState', [], dumpTimeoutMs)) as Hex;
      areDumpsFast = performance.now() - dumpedAt < longestDumpMs;
      writeCheckpoint(
        folder,
        { chainId, genesisTimeSeconds, position, txHash, blockNumber, blockHash },
        dump,
      );
    } catch (error) {
      log('warn', 'The local chain could not write a checkpoint; its next start takes longer.', { error });
    }
  }

  async function feed(): Promise<void> {
    const before = tip.position;
    for (const entry of journal.entriesAfter(tip.position)) {
      signal.throwIfAborted();
      await mine(entry);
    }
    if (tip.position !== before) await keepCheckpoint(await expectTip());
  }

  try {
    if (checkpoint) await expectTip();
    await feed();
  } catch (error) {
    await process.kill();
    throw error;
  }
  const ms = Math.round(performance.now() - startedAt);
  log('info', 'The local chain is ready.', { chainId, blocks: tip.blockNumber, ms });
  return {
    process,
    feed,
    check: async () => {
      await expectTip();
    },
  };
}
