import type { Log } from '../../../log.ts';
import type { ServiceSettings } from '../../context.ts';
import type { Ledger } from '../../ledger/database.ts';
import {
  dropEndedNotifications,
  findSeedWaitedFor,
  releaseNotifications,
  type SeedRange,
} from '../../ledger/notifications.ts';
import type { SeedState } from '../seeds/seeds.ts';
import { createTicker } from './ticker.ts';

/** Lets the telling begin for digests whose seed has become final. */
export interface Release {
  /** Begins with the seeds that became final while nobody looked. */
  start(): void;
  /** Looks at all seeds that somebody waits for. */
  wake(): void;
  stop(): Promise<void>;
}

export interface ReleaseDependencies {
  ledger: Ledger;
  settings: Pick<ServiceSettings, 'eventHistoryDays'>;
  /** The digest's seed for that currency, when its anchor is final. */
  findFinal(digestSeq: number, currencyId: number): SeedState | undefined;
  /** Called after each commit that made some due. */
  onReleased(): void;
  log: Log;
  now: () => number;
}

/** A seed may have hundreds of thousands: others get their turn between. */
const rowsPerWrite = 2_000;
const dropEveryMs = 3_600_000;
const dayMs = 86_400_000;

/** The ledger says who waits for what, so that nothing is lost by a signal that nobody heard. */
export function createRelease(deps: ReleaseDependencies): Release {
  const { ledger, settings, findFinal, onReleased, log, now } = deps;
  let isStopped = false;
  let droppedAtMs = Number.NEGATIVE_INFINITY;
  const ticker = createTicker({ work, log, label: 'Notifications', now });

  async function work(): Promise<undefined> {
    for (let seed: SeedRange | undefined; !isStopped; ) {
      seed = findSeedWaitedFor(ledger.db, seed);
      if (!seed) break;
      if (findFinal(seed.firstSeq, seed.currencyId)) await releaseSeed(seed);
    }
    if (now() - droppedAtMs >= dropEveryMs) await dropEnded();
  }

  async function releaseSeed(seed: SeedRange): Promise<void> {
    for (let released = rowsPerWrite; released === rowsPerWrite && !isStopped; ) {
      released = await ledger.write((db) => releaseNotifications(db, seed, rowsPerWrite, now()));
      onReleased();
    }
  }

  /** Whom we told, and how, is kept as long as events are. */
  async function dropEnded(): Promise<void> {
    droppedAtMs = now();
    if (settings.eventHistoryDays === null) return;
    const beforeMs = now() - settings.eventHistoryDays * dayMs;
    for (let dropped = rowsPerWrite; dropped === rowsPerWrite && !isStopped; ) {
      dropped = await ledger.write((db) => dropEndedNotifications(db, beforeMs, rowsPerWrite));
    }
  }

  return {
    start: ticker.start,
    wake: ticker.wake,
    async stop() {
      isStopped = true;
      await ticker.stop();
    },
  };
}
