import { setTimeout as delay } from 'node:timers/promises';

import type { Chain } from '../../chain/chain.ts';
import { type RecoveryContext, recoverStamps } from './recover-stamps.ts';

/** Rebuilds what the ledger has lost, from every chain that is taken in. */
export interface Recovery {
  /** Takes a chain in. Before `start` it waits for that, afterwards it is read in the background. */
  add(chain: Chain): void;
  /** Resolves when the local chain was read: it answers at once. Public ones are read in the background. */
  start(): Promise<void>;
  /** Ends what is under way; the next start goes on with it. */
  stop(): Promise<void>;
}

const firstRetryMs = 5_000;
const longestRetryMs = 10 * 60_000;
const longestStopMs = 2_000;

/** @param tenantId whose contracts the chains hold. */
export function createRecovery(context: RecoveryContext, tenantId: string): Recovery {
  const { log } = context;
  const stopping = new AbortController();
  const { signal } = stopping;
  const running = new Set<Promise<void>>();
  let waiting: Chain[] = [];
  let isStarted = false;

  /** @returns false when the chain could not be read. The service works without: what it stamps from now on it knows. */
  async function tryOnce(chain: Chain): Promise<boolean> {
    try {
      await recoverStamps(context, chain, tenantId, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return true;
      log('warn', 'The chain could not be compared with the ledger; that is tried again.', {
        chain: chain.name,
        error,
      });
      return false;
    }
  }

  async function keepTrying(chain: Chain): Promise<void> {
    for (let retryMs = firstRetryMs; !signal.aborted && !(await tryOnce(chain)); ) {
      await delay(retryMs, undefined, { signal, ref: false }).catch(() => undefined);
      retryMs = Math.min(retryMs * 2, longestRetryMs);
    }
  }

  function readInBackground(chain: Chain): void {
    const reading = keepTrying(chain).finally(() => running.delete(reading));
    running.add(reading);
  }

  return {
    add(chain) {
      if (isStarted) readInBackground(chain);
      else waiting.push(chain);
    },
    async start() {
      isStarted = true;
      const chains = waiting;
      waiting = [];
      for (const chain of chains) {
        if (!chain.isLocal || !(await tryOnce(chain))) readInBackground(chain);
      }
    },
    async stop() {
      stopping.abort();
      // An endpoint that hangs ends with its chain, which is closed after us.
      await Promise.race([Promise.all(running), delay(longestStopMs, undefined, { ref: false })]);
    },
  };
}
