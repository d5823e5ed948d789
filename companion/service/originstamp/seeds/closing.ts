import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { ChosenChain } from '../../anchoring/chain-router.ts';
import type { ServiceSettings } from '../../context.ts';
import type { Ledger } from '../../ledger/database.ts';
import { closeSeed, findOpenSeed, hasUnsentSeed, openSeed } from '../../ledger/seeds.ts';

/** Decides which seed a new digest is in, and when a seed takes no more. */
export interface Closing {
  /** Takes new digests in, as `Seeds.join`, for one currency. @returns whether a seed was opened or closed. */
  join(db: DatabaseSync, currencyId: number, firstSeq: number, lastSeq: number): boolean;
  /** Closes the open seed of a currency when its time is over. @returns when that will be, undefined when it is not a matter of time. */
  closeDue(currencyId: number): Promise<number | undefined>;
}

export interface ClosingDependencies {
  ledger: Ledger;
  settings: Pick<ServiceSettings, 'seedCloseSeconds' | 'seedCloseDigests'>;
  /** The chain that a seed which closes now goes to. */
  chainNow: (db: DatabaseSync) => ChosenChain;
  /** Unix milliseconds. */
  now: () => number;
}

/** What somebody at a screen waits without asking why. */
const localCloseSeconds = 3;
/** On a chain where each transaction costs money. */
const publicCloseSeconds = 600;

/** The rules that need nothing but the ledger and the clock. */
export function createClosing({ ledger, settings, chainNow, now }: ClosingDependencies): Closing {
  return {
    join(db, currencyId, firstSeq, lastSeq) {
      const open = findOpenSeed(db, currencyId);
      const seed = open ?? { seedId: randomUUID(), currencyId, firstSeq, openedAt: now() };
      if (!open) openSeed(db, seed);
      const isFull = lastSeq - seed.firstSeq + 1 >= settings.seedCloseDigests;
      if (isFull) closeSeed(db, seed.seedId, { lastSeq, chainId: chainNow(db).id, nowMs: now() });
      return isFull || !open;
    },

    async closeDue(currencyId) {
      const open = findOpenSeed(ledger.db, currencyId);
      if (!open) return undefined;
      const chain = chainNow(ledger.db);
      const seconds = settings.seedCloseSeconds ?? (chain.isLocal ? localCloseSeconds : publicCloseSeconds);
      const dueAt = open.openedAt + seconds * 1000;
      const time = now();
      // A clock that went back before the opening would let the seed wait for as long as it was wrong.
      if (time < dueAt && time >= open.openedAt) return dueAt;
      // While the chain takes nothing (no money, fees too high, no network) every further seed would be one more transaction
      // to pay in the end: the open one goes on collecting instead.
      if (hasUnsentSeed(ledger.db, currencyId, chain.id)) return undefined;
      await ledger.write((db) => closeSeed(db, open.seedId, { chainId: chainNow(db).id, nowMs: now() }));
      return undefined;
    },
  };
}
