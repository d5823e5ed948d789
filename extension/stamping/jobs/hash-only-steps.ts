import { HashmarkError } from '../../../shared/errors.ts';
import { finalStatus, type OriginstampClient, type SeedStatus } from '../../../shared/wire/originstamp.ts';
import type { JobSeed } from '../../messages.ts';
import type { FetchedProof, StampedDigest } from '../../proofs/fetch-proof.ts';
import type { OwnProof } from '../../proofs/proof-store.ts';
import { chooseNamedSeed } from '../../proofs/readable-seed.ts';
import type { SeedWatch } from '../seeds/seed-watch.ts';
import { fingerprintOf, type Job } from './job.ts';
import type { Steps } from './job-steps.ts';
import { waitBeforeNextLook } from './retry.ts';

export interface HashOnlyDeps {
  /** The client of the account, made anew for each step: the pairing may have changed meanwhile. */
  client: () => Promise<Pick<OriginstampClient, 'stamp'>>;
  seeds: SeedWatch;
  /** Fetches a proof and checks it against the chain. */
  fetchProof: (stamped: StampedDigest, options: { signal: AbortSignal }) => Promise<FetchedProof>;
  /** Resolves when the proof is on disk. */
  keepProof: (proof: OwnProof) => Promise<void>;
}

/** Hash only: the digest is handed in, its seed is followed until it is final, and its proof is fetched, checked and kept. */
export const hashOnlySteps: Steps = {
  async fingerprinted() {
    return { phase: 'submitting' };
  },

  // Handing a digest in again changes nothing: the service answers with the seed where it is.
  async submitting({ job, signal, note }, { hashOnly }) {
    const { digest } = fingerprintOf(job);
    const client = await hashOnly.client();
    await note({ hasSubmitted: true });
    // Without the name, which the service might show to anybody.
    const { seeds } = await client.stamp({ digest }, { signal });
    const seed = chooseNamedSeed(seeds);
    if (!seed) throw noSeed(job.name);
    return { phase: 'waiting', seed: toJobSeed(seed.seedId, seed) };
  },

  async waiting({ job }, { hashOnly }) {
    const { seedId } = seedOf(job);
    const { seed, nextLookAtMs } = await hashOnly.seeds.look(seedId);
    const change = {
      seed: toJobSeed(seedId, seed),
      ...(seed.transaction ? { transaction: seed.transaction } : {}),
    };
    return seed.status === finalStatus
      ? { ...change, phase: 'proving' }
      : { ...change, attempts: 0, nextTryAtMs: nextLookAtMs };
  },

  async proving({ job, signal }, { hashOnly, now }) {
    const { seedId, currencyId } = seedOf(job);
    const { digest } = fingerprintOf(job);
    const { transaction } = job;
    const stamped = { digest, seedId, currencyId, ...(transaction ? { transaction } : {}) };
    const { verdict, own } = await hashOnly.fetchProof(stamped, { signal });
    if (own) {
      await hashOnly.keepProof(own);
      return { phase: 'done', transaction: own.transaction, blockTimeSeconds: own.blockTimeSeconds };
    }
    if (verdict.outcome === 'pending') {
      // The service calls it final sooner than the chain's reader does.
      return { attempts: job.attempts + 1, nextTryAtMs: now() + waitBeforeNextLook(job.attempts) };
    }
    if (verdict.outcome === 'contradicted') {
      hashOnly.seeds.forget(seedId); // A retry asks where it is now.
      throw new HashmarkError(
        'proof-contradicted',
        `The proof that the service gave for ${job.name} does not hold. ${verdict.reason} Retry; if it happens again, do not trust this service.`,
      );
    }
    throw new HashmarkError(
      'proof-unchecked',
      `The digest of ${job.name} is stamped, but its proof could not be checked. ${verdict.reason}`,
    );
  },

  async cancelling({ job }) {
    if (!job.hasSubmitted) return { phase: 'cancelled' };
    const message =
      'Cancelled, but its digest may have reached the service, and a digest cannot be taken back.';
    return { phase: 'cancelled', message };
  },
};

function toJobSeed(seedId: string, { currencyId, status, root }: SeedStatus): JobSeed {
  return { seedId, currencyId, status, ...(root ? { root } : {}) };
}

function noSeed(name: string): HashmarkError {
  return new HashmarkError(
    'no-seed',
    `The service took the digest of ${name}, but it has no chain to stamp it on that Hashmark can read. Set up a chain in the companion, then retry.`,
  );
}

function seedOf({ seed, name }: Job): JobSeed {
  if (!seed) throw new HashmarkError('internal', `${name} has no seed yet.`);
  return seed;
}
