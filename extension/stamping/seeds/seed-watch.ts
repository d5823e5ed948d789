import { HashmarkError } from '../../../shared/errors.ts';
import { backOffMs } from '../../../shared/wire/back-off.ts';
import { finalStatus, type OriginstampClient, type SeedStatus } from '../../../shared/wire/originstamp.ts';

export interface SeedWatchDeps {
  /** The client of the account, made anew for each look: the pairing may have changed meanwhile. */
  client: () => Promise<Pick<OriginstampClient, 'seedStatus'>>;
  /** Unix milliseconds. */
  now: () => number;
}

/** What was last seen of a seed. */
export interface SeedLook {
  seed: SeedStatus;
  /** Before this time (Unix milliseconds) the seed is not asked about again, and a look brings the same. */
  nextLookAtMs: number;
}

/** Follows seeds: one question per seed and interval, however many digests of it are waited for. */
export interface SeedWatch {
  /**
   * How far the seed is, as seen now or lately.
   *
   * @throws HashmarkError as the client does, until the seed is asked about again; `seed-gone` when the service knows no
   * such seed.
   */
  look(seedId: string): Promise<SeedLook>;
  /** Believes no more what was seen of the seed, though it was final: the next look asks. */
  forget(seedId: string): void;
}

/** Waits between looks at a seed that stays where it is, in milliseconds; the last one repeats. A change begins anew. */
const waitsMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];
/** A failure that no wait mends is not asked for again by everybody who waits for the seed. */
const failureKeptMs = 1_000;

interface Watched {
  /** Looks, or failures, in a row that brought nothing new. */
  count: number;
  status: number | undefined;
  nextLookAtMs: number;
  last: Promise<SeedLook>;
}

/** A watch that remembers in this context only: another one asks once more, which costs a request and nothing else. */
export function createSeedWatch({ client, now }: SeedWatchDeps): SeedWatch {
  const watched = new Map<string, Watched>();

  async function ask(seedId: string, before: Watched | undefined, into: Watched): Promise<SeedLook> {
    try {
      const seed = await (await client()).seedStatus(seedId);
      if (!seed) throw seedGone(seedId);
      into.count = seed.status === before?.status ? before.count + 1 : 0;
      into.status = seed.status;
      into.nextLookAtMs =
        seed.status === finalStatus ? Number.POSITIVE_INFINITY : now() + waitAfter(into.count);
      return { seed, nextLookAtMs: into.nextLookAtMs };
    } catch (error) {
      into.count = (before?.count ?? 0) + 1;
      into.status = before?.status;
      into.nextLookAtMs = now() + (backOffMs(error, into.count) ?? failureKeptMs);
      throw error;
    }
  }

  return {
    look(seedId) {
      const before = watched.get(seedId);
      if (before && now() < before.nextLookAtMs) return before.last;
      // Infinite while it is under way: whoever comes meanwhile shares it.
      const next = { count: 0, status: undefined, nextLookAtMs: Number.POSITIVE_INFINITY } as Watched;
      next.last = ask(seedId, before, next);
      watched.set(seedId, next);
      return next.last;
    },
    forget: (seedId) => void watched.delete(seedId),
  };
}

function waitAfter(looks: number): number {
  return waitsMs[Math.min(looks, waitsMs.length - 1)] as number;
}

function seedGone(seedId: string): HashmarkError {
  return new HashmarkError(
    'seed-gone',
    `The service no longer knows seed ${seedId}. Retry to hand the digest in again.`,
    { data: { seedId } },
  );
}
