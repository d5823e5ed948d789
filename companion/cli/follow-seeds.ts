import { setTimeout as delay } from 'node:timers/promises';

import { HashmarkError } from '../../shared/errors.ts';
import { backOffMs } from '../../shared/wire/back-off.ts';
import { finalStatus, type OriginstampClient, type SeedStatus } from '../../shared/wire/originstamp.ts';
import type { Io } from './io.ts';

/** Follows seeds: one poll per seed, however many digests wait for it. */
export interface SeedFollower {
  /**
   * Resolves when the seed is final, which takes as long as the chain takes.
   * @param known what was last heard of it
   * @throws HashmarkError `seed-gone` when the service no longer knows it, and what the client throws when the service stays
   * away; the reason of an aborted signal.
   */
  waitForFinal(known: SeedStatus): Promise<SeedStatus>;
}

const firstLookMs = 250;
const longestLookMs = 15_000;
/** About two minutes without an answer. */
const mostFailures = 9;

const waitingFor = [
  'the seed to close',
  'its transaction to be in a block',
  'the block to be final',
] as const;

export function createSeedFollower(client: OriginstampClient, io: Io): SeedFollower {
  const seeds = new Map<string, Promise<SeedStatus>>();

  async function follow(seedId: string, known: SeedStatus): Promise<SeedStatus> {
    const { signal } = io;
    let seed = known;
    let failures = 0;
    for (let lookMs = firstLookMs; seed.status !== finalStatus; ) {
      io.progress(`Waiting for ${waitingFor[seed.status]}`);
      await delay(lookMs, undefined, { signal });
      try {
        const next = await client.seedStatus(seedId, { signal });
        if (!next) throw forgotten(seedId);
        // Something happens: the next step may be near.
        lookMs = next.status === seed.status ? Math.min(lookMs * 1.5, longestLookMs) : firstLookMs;
        seed = next;
        failures = 0;
      } catch (error) {
        const waitMs = backOffMs(error, failures);
        failures += 1;
        if (waitMs === undefined || failures > mostFailures) throw error;
        lookMs = waitMs;
      }
    }
    return seed;
  }

  return {
    async waitForFinal(known) {
      const { seedId } = known;
      if (known.status === finalStatus || seedId === undefined) return known;
      const running = seeds.get(seedId) ?? follow(seedId, known);
      seeds.set(seedId, running);
      return running;
    },
  };
}

function forgotten(seedId: string): HashmarkError {
  return new HashmarkError(
    'seed-gone',
    `The service no longer knows the seed ${seedId}, which it named itself. Run the same command again.`,
    { data: { seedId } },
  );
}
