import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';

import { HashmarkError } from '../../../../shared/errors.ts';
import type { Currency } from '../../../../shared/wire/originstamp.ts';
import type { Log } from '../../../log.ts';
import type { ChainRouter } from '../../anchoring/chain-router.ts';
import type { ServiceSettings } from '../../context.ts';
import type { Ledger } from '../../ledger/database.ts';
import { findHostTenant } from '../../ledger/public-records.ts';
import { findSeed, findSeedOf, listUnsettledSeeds, type StoredSeed } from '../../ledger/seeds.ts';
import { createClosing } from './closing.ts';
import { createProgress } from './progress.ts';
import { toSeedState } from './seed-state.ts';
import type { FinalSeed, SeedState, Seeds } from './seeds.ts';
import { createTrees } from './trees.ts';

export interface SeedsDependencies {
  ledger: Ledger;
  /** Undefined without a chain: then no currency is offered. */
  anchoring: Pick<ChainRouter, 'chainOf' | 'requestRoot' | 'onChange'> | undefined;
  /** The service's own tenant: roots are anchored in its name and on the chain of its choice. Undefined: the first one. */
  ownTenantId: string | undefined;
  /** Of the trees alone; made when missing. Everything in it can be built again. */
  folder: string;
  settings: Pick<ServiceSettings, 'seedCloseSeconds' | 'seedCloseDigests'>;
  log: Log;
  /** Unix milliseconds. */
  now: () => number;
}

/** Every currency that a seed can have. Bitcoin is not among them: there is no anchor that writes to it. */
const anchoredCurrencies: readonly Currency[] = [{ id: 1, name: 'ETHEREUM' }];

const firstRetryMs = 1_000;
const longestRetryMs = 10 * 60_000;
/** A timer stands still while the computer sleeps, and the clock may be set: what is due is looked at so often at least. */
const longestSleepMs = 60_000;
const seedsPerPage = 100;

/** The seeds of one service. Make one per ledger. */
export function createSeeds(deps: SeedsDependencies): Seeds {
  const { ledger, anchoring, log, now } = deps;
  const offered = anchoring ? anchoredCurrencies : [];
  const trees = createTrees(deps);
  const listeners = new Set<(seed: FinalSeed) => void | Promise<void>>();
  /** Seeds that could not be advanced, by their number: when to try again, and after how long. */
  const retries = new Map<number, { at: number; afterMs: number }>();
  const stopping = new AbortController();
  let awake = new AbortController();
  let hasChanged = false;
  let running: Promise<void> | undefined;

  function ownTenant(db: DatabaseSync): string {
    const id = deps.ownTenantId ?? findHostTenant(db)?.id;
    if (id === undefined) throw new Error('A ledger without tenants has no digests.');
    return id;
  }

  const closing = anchoring && createClosing({ ...deps, chainNow: (db) => anchoring.chainOf(ownTenant(db)) });
  const progress =
    anchoring &&
    createProgress({
      ledger,
      anchoring,
      trees,
      now,
      tenantId: () => ownTenant(ledger.db),
      async tell(seed) {
        for (const listener of listeners) await listener(seed);
      },
    });

  function wakeUp(): void {
    awake.abort();
  }
  anchoring?.onChange(wakeUp);

  /** Closes what is due and takes every closed seed a step further. @returns when there is something to do next. */
  async function pass(): Promise<number> {
    let next = Number.POSITIVE_INFINITY;
    for (const { id } of offered) next = Math.min(next, (await closing?.closeDue(id)) ?? next);
    for (let after = 0; ; ) {
      const page = listUnsettledSeeds(ledger.db, after, seedsPerPage);
      for (const seed of page) {
        if (stopping.signal.aborted) return next;
        next = Math.min(next, (await tryProgress(seed)) ?? next);
      }
      after = page.at(-1)?.ref ?? after;
      if (page.length < seedsPerPage) return next;
    }
  }

  /** One seed's trouble is not the others'. @returns when to look at it again. */
  async function tryProgress(seed: StoredSeed): Promise<number | undefined> {
    const retry = retries.get(seed.ref);
    if (retry && now() < retry.at) return retry.at;
    try {
      const at = await progress?.(seed);
      retries.delete(seed.ref);
      return at === 'now' ? now() : at;
    } catch (error) {
      if (stopping.signal.aborted) return undefined;
      const afterMs = Math.min((retry?.afterMs ?? firstRetryMs / 2) * 2, longestRetryMs);
      log('warn', 'A seed could not be brought further; that is tried again.', {
        seedId: seed.seedId,
        afterMs,
        error,
      });
      retries.set(seed.ref, { at: now() + afterMs, afterMs });
      return now() + afterMs;
    }
  }

  async function run(): Promise<void> {
    let retryMs = firstRetryMs;
    while (!stopping.signal.aborted) {
      // Taken before looking: what comes in during the pass ends the sleep after it.
      awake = new AbortController();
      let next: number;
      try {
        next = await pass();
        retryMs = firstRetryMs;
      } catch (error) {
        log('error', 'The seeds could not be looked after; that is tried again.', { error, retryMs });
        next = now() + retryMs;
        retryMs = Math.min(retryMs * 2, longestRetryMs);
      }
      const ms = Math.min(Math.max(next - now(), 0), longestSleepMs);
      const signal = AbortSignal.any([stopping.signal, awake.signal]);
      await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  return {
    currencies: () => [...offered],

    join(db, firstSeq, lastSeq) {
      for (const { id } of offered) {
        if (closing?.join(db, id, firstSeq, lastSeq)) hasChanged = true;
      }
    },

    wake() {
      // Most digests come into a seed that is open and whose closing is planned.
      if (hasChanged) wakeUp();
      hasChanged = false;
    },

    statesOf: (seq) =>
      anchoredCurrencies.flatMap(({ id }): SeedState[] => {
        const seed = findSeedOf(ledger.db, seq, id);
        return seed ? [toSeedState(seed)] : [];
      }),

    find(seedId) {
      const seed = findSeed(ledger.db, seedId.toLowerCase());
      return seed && toSeedState(seed);
    },

    async proofOf(digest, seq, currencyId) {
      const seed = findSeedOf(ledger.db, seq, currencyId);
      if (seed?.anchorState !== 'final' || seed.lastSeq === null || seed.root === null) {
        throw new HashmarkError(
          'proof-unavailable',
          seed
            ? `The seed ${seed.seedId} of ${digest} is not final yet. Ask for its status and try again when it is 3.`
            : `${digest} is in no seed of currency ${currencyId}.`,
          { data: { digest, currencyId } },
        );
      }
      const { seedId, firstSeq, lastSeq, root } = seed;
      return trees.proofOf({ seedId, firstSeq, lastSeq, root }, digest);
    },

    onFinal: (listener) => void listeners.add(listener),

    async start() {
      await trees.prepare();
      running ??= run();
    },

    async stop() {
      stopping.abort();
      trees.close();
      await running;
    },
  };
}
