import { setTimeout as delay } from 'node:timers/promises';

import { HashmarkError, messageOf } from '../../shared/errors.ts';
import { createMutex } from '../../shared/mutex.ts';
import type { Log } from '../log.ts';
import type { AnvilProcess } from './anvil-process.ts';
import type { Journal } from './journal.ts';
import { askJsonRpc, JsonRpcError } from './json-rpc.ts';
import { type NodeView, openNodeView, usualBlocksPerCheckpoint } from './node-view.ts';

/** How long each kind of waiting may take, in milliseconds. */
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
  /** See `NodeViewOptions`. */
  blocksPerCheckpoint?: number;
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

/**
 * Starts the node and brings it up to date; resolves when it is ready however long the journal is.
 * @throws HashmarkError `chain-unavailable`.
 */
export async function openLocalNode({
  chainId,
  folder,
  journal,
  log,
  patience = usualPatience,
  blocksPerCheckpoint = usualBlocksPerCheckpoint,
}: LocalNodeOptions): Promise<LocalNode> {
  const closing = new AbortController();
  const genesisTimeSeconds = await journal.genesisTimeSeconds();
  const build = () =>
    openNodeView({
      chainId,
      genesisTimeSeconds,
      folder,
      journal,
      log,
      requestMs: patience.requestMs,
      blocksPerCheckpoint,
      signal: closing.signal,
    });
  let view = await build().catch((cause) => {
    if (cause instanceof HashmarkError) throw cause;
    throw new HashmarkError(
      'chain-unavailable',
      `The local chain could not be rebuilt from its journal: ${messageOf(cause)}`,
      { data: { chainId }, cause },
    );
  });
  /** Settles when the rebuilding that is under way is over; undefined while the view is good. */
  let rebuilding: Promise<void> | undefined;
  /** Feeding and checking are strictly one after another. */
  const oneAtATime = createMutex();
  /** A check that is queued and has not begun: every reader who comes until then shares it. */
  let nextCheck: Promise<NodeView | undefined> | undefined;
  watch(view);

  function watch(watched: NodeView): void {
    void watched.process.exited.then(() => {
      if (!closing.signal.aborted && view === watched) replace(watched, 'it ended');
    });
  }

  /** Puts a new view in the place of a broken one. Whoever notices first starts it, the others wait for the same. */
  function replace(broken: NodeView, reason: string): Promise<void> {
    if (view !== broken || closing.signal.aborted) return rebuilding ?? Promise.resolve();
    rebuilding ??= (async () => {
      log('warn', `The local chain's node is replaced: ${reason}.`, { pid: broken.process.pid });
      await broken.process.kill();
      for (
        let waitMs = firstRestartDelayMs;
        !closing.signal.aborted;
        waitMs = Math.min(waitMs * 2, longestRestartDelayMs)
      ) {
        try {
          const fresh = await build();
          view = fresh;
          if (closing.signal.aborted) await fresh.process.kill();
          else watch(fresh);
          break;
        } catch (error) {
          if (closing.signal.aborted) return;
          log('error', "The local chain's node could not be rebuilt; trying again.", { error, waitMs });
          await delay(waitMs, undefined, { signal: closing.signal }).catch(() => undefined);
        }
      }
    })().finally(() => {
      rebuilding = undefined;
    });
    return rebuilding;
  }

  /** A late answer alone proves nothing (the question may be heavy); a node that cannot even say its chain id hangs. */
  async function isHanging(suspect: NodeView): Promise<boolean> {
    try {
      await askJsonRpc(suspect.process.url, 'eth_chainId', [], patience.probeMs);
      return false;
    } catch (error) {
      return !(error instanceof JsonRpcError);
    }
  }

  /**
   * True when what `asked` has just said can be believed: it is still the node, and nobody moved its chain. Other
   * programs of this computer can find the node's port, and a forged block must not become anybody's evidence.
   */
  async function isIntact(asked: NodeView): Promise<boolean> {
    nextCheck ??= oneAtATime(async () => {
      nextCheck = undefined;
      if (rebuilding || closing.signal.aborted) return undefined;
      const checked = view;
      try {
        await checked.check();
        return checked;
      } catch (error) {
        void replace(checked, messageOf(error));
        return undefined;
      }
    });
    return (await nextCheck) === asked;
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
      closing.signal.aborted
        ? 'The local chain is closed.'
        : "The local chain's node does not answer; it is being started again. Try again in a few seconds.",
      { data: { chainId }, cause },
    );
  }

  return {
    async request(method, params) {
      const deadline = performance.now() + patience.callerMs;
      for (;;) {
        if (closing.signal.aborted) throw unavailable();
        if (rebuilding) await withinPatience(rebuilding, deadline);
        const asked = view;
        try {
          const answer = await askJsonRpc(asked.process.url, method, params, patience.requestMs);
          if (await withinPatience(isIntact(asked), deadline)) return answer;
        } catch (error) {
          if (error instanceof JsonRpcError || error instanceof HashmarkError) throw error;
          if (closing.signal.aborted) throw unavailable(error);
          const isLate = error instanceof DOMException && error.name === 'TimeoutError';
          if (isLate && !(await isHanging(asked))) throw unavailable(error);
          void replace(asked, isLate ? 'it hangs' : 'it cut a connection');
          if (performance.now() > deadline) throw unavailable(error);
        }
      }
    },

    catchUp() {
      const fed = oneAtATime(async () => {
        while (!closing.signal.aborted) {
          if (rebuilding) await rebuilding;
          if (closing.signal.aborted) break;
          const target = view;
          try {
            return await target.feed();
          } catch (error) {
            // Whatever went wrong, a new node that reads the whole journal is the cure.
            await replace(target, messageOf(error));
          }
        }
        throw unavailable();
      });
      return withinPatience(fed, performance.now() + patience.callerMs);
    },

    running: () => (rebuilding || closing.signal.aborted ? undefined : view.process),

    async close() {
      closing.abort();
      await view.process.kill();
      await rebuilding;
      await oneAtATime(async () => undefined);
    },
  };
}
