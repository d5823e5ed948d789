import { setTimeout as delay } from 'node:timers/promises';

import type { Chain } from '../../chain/chain.ts';
import { type RecoveryContext, recoverStamps } from './recover-stamps.ts';

/** Rebuilds what the ledger has lost, chain by chain, one after another. */
export interface Recovery {
  /** Takes a chain in. Before `start` it waits for that, afterwards its turn comes in the background. */
  add(chain: Chain): void;
  /** Resolves when the local chain is done: it answers at once. Public ones go on in the background. */
  start(): Promise<void>;
  /** Ends what is under way; the next start goes on with it. */
  stop(): Promise<void>;
}

const longestStopMs = 2_000;

/** @param tenantId whose contracts the chains hold. */
export function createRecovery(context: RecoveryContext, tenantId: string): Recovery {
  const stopping = new AbortController();
  let waiting: Chain[] = [];
  let isStarted = false;
  let running: Promise<void> = Promise.resolve();

  async function recover(chain: Chain): Promise<void> {
    if (stopping.signal.aborted) return;
    try {
      await recoverStamps(context, chain, tenantId, stopping.signal);
    } catch (error) {
      if (stopping.signal.aborted) return;
      // The service works without: what it stamps from now on it knows. The next start tries again.
      context.log('warn', 'The chain could not be compared with the ledger; the next start tries again.', {
        chain: chain.name,
        error,
      });
    }
  }

  function enqueue(chain: Chain): Promise<void> {
    running = running.then(() => recover(chain));
    return running;
  }

  return {
    add(chain) {
      if (isStarted) void enqueue(chain);
      else waiting.push(chain);
    },
    async start() {
      isStarted = true;
      const chains = waiting;
      waiting = [];
      await Promise.all(chains.filter(({ isLocal }) => isLocal).map(enqueue));
      for (const chain of chains.filter(({ isLocal }) => !isLocal)) void enqueue(chain);
    },
    async stop() {
      stopping.abort();
      // An endpoint that hangs ends with its chain, which is closed after us.
      await Promise.race([running, delay(longestStopMs, undefined, { ref: false })]);
    },
  };
}
