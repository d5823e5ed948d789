import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { ChosenChain } from '../../anchoring/chain-router.ts';
import type { ServiceSettings } from '../../context.ts';
import type { Ledger } from '../../ledger/database.ts';
import { findNewestSeq } from '../../ledger/digests.ts';
import { closeSeed, findOpenSeed, hasUnsentSeed, openSeed } from '../../ledger/seeds.ts';

/** Decides which seed a new digest is in, and when a seed takes no more. */
export interface Closing {
  /** Takes new digests in, as `Seeds.join`, for one currency. @returns whether a seed was opened or closed. */
  join(db: DatabaseSync, currencyId: number, firstSeq: number, lastSeq: number): boolean;
  /**
   * Closes the open seed of a currency when its time is over, or it has enough, by the settings as they are now.
   * @returns when to look again, Unix milliseconds; undefined when there is none.
   */
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
/** As soon as everything else follows the settings. */
const lookEveryMs = 1_000;

/** The rules that need nothing but the ledger and the clock. */
export function createClosing({ ledger, settings, chainNow, now }: ClosingDependencies): Closing {
  return {
    join(db, currencyId, firstSeq, lastSeq) {
      let hasChanged = false;
      for (let next = firstSeq; next <= lastSeq; ) {
        const open = findOpenSeed(db, currencyId);
        const seed = open ?? { seedId: randomUUID(), currencyId, firstSeq: next, openedAt: now() };
        if (!open) openSeed(db, seed);
        hasChanged ||= !open;
        // Behind what it has already when the setting is smaller than it was: then the seed takes nothing of these.
        const last = Math.max(next - 1, seed.firstSeq + settings.seedCloseDigests - 1);
        if (last > lastSeq) break;
        closeSeed(db, seed.seedId, { lastSeq: last, chainId: chainNow(db).id, nowMs: now() });
        hasChanged = true;
        next = last + 1;
      }
      return hasChanged;
    },

    async closeDue(currencyId) {
      const open = findOpenSeed(ledger.db, currencyId);
      if (!open) return undefined;
      const chain = chainNow(ledger.db);
      const seconds = settings.seedCloseSeconds ?? (chain.isLocal ? localCloseSeconds : publicCloseSeconds);
      const dueAt = open.openedAt + seconds * 1000;
      const time = now();
      // A clock that went back before the opening would let the seed wait for as long as it was wrong.
      const isDue = time >= dueAt || time < open.openedAt;
      const isFull = findNewestSeq(ledger.db) - open.firstSeq + 1 >= settings.seedCloseDigests;
      // While the chain takes nothing (no money, fees too high, no network) every further seed would be one more transaction
      // to pay in the end: the open one goes on collecting instead, until it is full.
      if (isFull || (isDue && !hasUnsentSeed(ledger.db, currencyId, chain.id))) {
        await ledger.write((db) => closeSeed(db, open.seedId, { chainId: chainNow(db).id, nowMs: now() }));
        return undefined;
      }
      return isDue ? time + lookEveryMs : Math.min(dueAt, time + lookEveryMs);
    },
  };
}
