import { HashmarkError } from '../../../shared/errors.ts';
import type { MerkleProof } from '../../../shared/evidence/merkle.ts';
import type { Verdict } from '../../../shared/evidence/verdict.ts';
import type { ChainHint } from '../../../shared/evidence/verify-proof.ts';
import type { SeedWatch } from '../seeds/seed-watch.ts';
import type { FollowedSeed, SeedCheck } from './bulk.ts';
import type { BulkStore } from './bulk-store.ts';

export interface RootCheckDeps {
  store: Pick<BulkStore, 'putSeed'>;
  watch: Pick<SeedWatch, 'forget'>;
  /** Re-derives the verdict on one proof from the chain. */
  checkProof: (proof: MerkleProof, hint: ChainHint) => Promise<Verdict>;
}

/** Reads what the chain says of a seed's root: by the first proof of the seed, and once for all of its digests. */
export interface RootChecks {
  /**
   * @param proof one whose path holds
   * @throws HashmarkError `root-unchecked` while it cannot be told, `root-contradicted` when the chain says otherwise
   */
  of(seed: FollowedSeed, proof: MerkleProof): Promise<SeedCheck>;
}

export function createRootChecks(deps: RootCheckDeps): RootChecks {
  /** By seed: under way, or done. What failed is not kept: the next proof may be a better one. */
  const checks = new Map<string, Promise<SeedCheck>>();
  return {
    of(seed, proof) {
      if (seed.check) return Promise.resolve(seed.check);
      const known = checks.get(seed.seedId);
      if (known) return known;
      const check = readRoot(seed, proof, deps).catch((error) => {
        checks.delete(seed.seedId);
        throw error;
      });
      checks.set(seed.seedId, check);
      return check;
    },
  };
}

async function readRoot(
  seed: FollowedSeed,
  proof: MerkleProof,
  { store, watch, checkProof }: RootCheckDeps,
): Promise<SeedCheck> {
  const hint = seed.transaction ? { transaction: seed.transaction } : {};
  const { outcome, reason, seed: record, checkedAtMs } = await checkProof(proof, hint);
  if (outcome === 'contradicted') {
    // The service may name another transaction by now: a retry asks, though the seed was final.
    watch.forget(seed.seedId);
    await store.putSeed({ ...seed, nextLookAtMs: 0 });
    throw new HashmarkError('root-contradicted', reason);
  }
  if ((outcome !== 'confirmed' && outcome !== 'unfamiliar') || !record) {
    throw new HashmarkError('root-unchecked', reason);
  }
  const { chainId, chainName, isLocal, transaction, blockTimeSeconds } = record;
  const check: SeedCheck = {
    outcome,
    reason,
    root: proof.root,
    ...(chainId === undefined ? {} : { chainId }),
    chainName,
    isLocal,
    transaction,
    blockTimeSeconds,
    checkedAtMs,
  };
  await store.putSeed({ ...seed, check });
  return check;
}
