import { setTimeout as delay } from 'node:timers/promises';
import { type Hex, hexToNumber, numberToHex } from 'viem';

import { HashmarkError } from '../../shared/errors.ts';
import type { Log } from '../log.ts';
import { type AnvilProcess, startAnvil } from './anvil-process.ts';
import type { Journal, StoredJournalEntry } from './journal.ts';
import { askJsonRpc, JsonRpcError } from './json-rpc.ts';

export interface NodePatience {
  /** Longest answer we wait for. A healthy node needs milliseconds. */
  requestMs: number;
  /** How long a node that was late may take to show that it lives. */
  probeMs: number;
  /** How long a caller waits in all, rebuilding included, before it hears `chain-unavailable`. */
  callerMs: number;
}

const usualPatience: NodePatience = { requestMs: 5_000, probeMs: 2_000, callerMs: 10_000 };
const firstRestartDelayMs = 50;
const longestRestartDelayMs = 5_000;

export interface LocalNodeOptions {
  chainId: number;
  folder: string;
  journal: Journal;
  log: Log;
  patience?: NodePatience;
}

/** The node as a service that is always there: it is rebuilt from the journal whenever the process dies or hangs. */
export interface LocalNode {
  /**
   * Asks the node. While it is being rebuilt the question waits, and it is asked again when the node dies under it: so
   * only questions that may be asked twice belong here, and everything that changes the chain goes through the journal.
   * @throws HashmarkError `chain-unavailable` when no answer comes in time; JsonRpcError when the node says no.
   */
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  /**
   * Resolves when every journal entry is in a block of the running node.
   * @throws HashmarkError `chain-unavailable` when that takes too long; it still happens later.
   */
  catchUp(): Promise<void>;
  /** Address and pid of the process that runs now, if one does. */
  running(): Pick<AnvilProcess, 'url' | 'pid'> | undefined;
  close(): Promise<void>;
}

/** One process and how much of the journal it holds. */
interface View {
  process: AnvilProcess;
  position: number;
  blockNumber: number;
  blockHash: Hex | undefined;
}

interface MinedBlock {
  number: Hex;
  hash: Hex;
  parentHash: Hex;
  transactions: Hex[];
}

/** Starts the node and brings it up to date; resolves when it is ready however long the journal is. */
export async function openLocalNode({
  chainId,
  folder,
  journal,
  log,
  patience = usualPatience,
}: LocalNodeOptions): Promise<LocalNode> {
  const genesisTimeSeconds = await journal.genesisTimeSeconds();
  let isClosed = false;
  let view = await build();
  /** Settles when the rebuilding that is under way is over; undefined while the view is good. */
  let rebuilding: Promise<void> | undefined;
  /** Feeding is strictly one after another: the last link of a chain of promises. */
  let feeding: Promise<void> = Promise.resolve();
  watch(view);

  async function build(): Promise<View> {
    const startedAt = performance.now();
    const process = await startAnvil({ chainId, genesisTimeSeconds, folder });
    const fresh: View = { process, position: 0, blockNumber: 0, blockHash: undefined };
    try {
      await feed(fresh);
    } catch (error) {
      await process.kill();
      throw error;
    }
    const ms = Math.round(performance.now() - startedAt);
    log('info', 'The local chain is ready.', { chainId, blocks: fresh.blockNumber, ms });
    return fresh;
  }

  /** Gives a view what the journal has and it has not. */
  async function feed(target: View): Promise<void> {
    for (const entry of journal.entriesAfter(target.position)) {
      if (isClosed) throw unavailable();
      await mine(target, entry);
    }
  }

  async function mine(target: View, entry: StoredJournalEntry): Promise<void> {
    const ask = (method: string, params: unknown[]) =>
      askJsonRpc(target.process.url, method, params, patience.requestMs);
    await ask('eth_sendRawTransaction', [entry.txRaw]);
    await ask('evm_mine', [numberToHex(entry.blockTimeSeconds)]);
    const block = (await ask('eth_getBlockByNumber', ['latest', false])) as MinedBlock;
    const isOurs =
      hexToNumber(block.number) === target.blockNumber + 1 &&
      (target.blockHash === undefined || block.parentHash === target.blockHash) &&
      block.transactions.length === 1 &&
      block.transactions[0] === entry.txHash;
    if (!isOurs) {
      throw new Error(
        `block ${hexToNumber(block.number)} does not hold journal entry ${entry.position} alone: somebody else wrote to the node`,
      );
    }
    target.position = entry.position;
    target.blockNumber += 1;
    target.blockHash = block.hash;
  }

  function watch(watched: View): void {
    void watched.process.exited.then(() => {
      if (!isClosed && view === watched) replace(watched, 'it ended');
    });
  }

  /** Puts a new view in the place of a broken one. Whoever notices first starts it, the others wait for the same. */
  function replace(broken: View, reason: string): Promise<void> {
    if (view !== broken || isClosed) return rebuilding ?? Promise.resolve();
    rebuilding ??= (async () => {
      log('warn', `The local chain's node is replaced: ${reason}.`, { pid: broken.process.pid });
      await broken.process.kill();
      for (
        let waitMs = firstRestartDelayMs;
        !isClosed;
        waitMs = Math.min(waitMs * 2, longestRestartDelayMs)
      ) {
        try {
          const fresh = await build();
          view = fresh;
          if (isClosed) await fresh.process.kill();
          else watch(fresh);
          break;
        } catch (error) {
          log('error', "The local chain's node could not be rebuilt; trying again.", { error, waitMs });
          await delay(waitMs);
        }
      }
    })().finally(() => {
      rebuilding = undefined;
    });
    return rebuilding;
  }

  /** A late answer alone proves nothing (the question may be heavy); a node that cannot even say its chain id hangs. */
  async function isHanging(suspect: View): Promise<boolean> {
    try {
      await askJsonRpc(suspect.process.url, 'eth_chainId', [], patience.probeMs);
      return false;
    } catch (error) {
      return !(error instanceof JsonRpcError);
    }
  }

  async function withinPatience<T>(work: Promise<T>, deadline: number): Promise<T> {
    const timer = new AbortController();
    const tooLate = delay(Math.max(0, deadline - performance.now()), undefined, {
      signal: timer.signal,
    }).then(() => {
      throw unavailable();
    });
    try {
      return await Promise.race([work, tooLate]);
    } finally {
      timer.abort();
      tooLate.catch(() => undefined);
    }
  }

  function unavailable(cause?: unknown): HashmarkError {
    return new HashmarkError(
      'chain-unavailable',
      isClosed
        ? 'The local chain is closed.'
        : "The local chain's node does not answer; it is being started again. Try again in a few seconds.",
      { data: { chainId }, cause },
    );
  }

  return {
    async request(method, params) {
      const deadline = performance.now() + patience.callerMs;
      for (;;) {
        if (isClosed) throw unavailable();
        if (rebuilding) await withinPatience(rebuilding, deadline);
        const asked = view;
        try {
          return await askJsonRpc(asked.process.url, method, params, patience.requestMs);
        } catch (error) {
          if (error instanceof JsonRpcError) throw error;
          if (isClosed) throw unavailable(error);
          const isLate = error instanceof DOMException && error.name === 'TimeoutError';
          if (isLate && !(await isHanging(asked))) throw unavailable(error);
          void replace(asked, isLate ? 'it hangs' : 'it cut a connection');
          if (performance.now() > deadline) throw unavailable(error);
        }
      }
    },

    catchUp() {
      const work = feeding.then(async () => {
        while (!isClosed) {
          if (rebuilding) await rebuilding;
          if (isClosed) break;
          const fed = view;
          try {
            return await feed(fed);
          } catch (error) {
            // Whatever went wrong, a new node that reads the whole journal is the cure.
            await replace(fed, error instanceof Error ? error.message : String(error));
          }
        }
        throw unavailable();
      });
      feeding = work.catch(() => undefined);
      return withinPatience(work, performance.now() + patience.callerMs);
    },

    running: () => (rebuilding || isClosed ? undefined : view.process),

    async close() {
      isClosed = true;
      await view.process.kill();
      await rebuilding;
      await feeding;
    },
  };
}
