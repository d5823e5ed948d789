import { sha256 } from '@noble/hashes/sha2.js';

import { HashmarkError } from '../../../shared/errors.ts';
import { checkPath } from '../../../shared/evidence/merkle.ts';
import { type ParsedProof, parseProofXml } from '../../../shared/evidence/proof-xml.ts';
import type { Verdict } from '../../../shared/evidence/verdict.ts';
import type { ChainHint } from '../../../shared/evidence/verify-proof.ts';
import { downloadProof, type OriginstampClient } from '../../../shared/wire/originstamp.ts';
import type { WireFetch } from '../../../shared/wire/service-request.ts';
import type { OwnProof } from '../../proofs/proof-store.ts';
import { waitBeforeRetry } from '../jobs/retry.ts';
import type { BulkPart, BulkRow, FollowedSeed, SeedCheck } from './bulk.ts';
import type { BulkStore } from './bulk-store.ts';
import { inParallel } from './in-parallel.ts';

/** What proofs are fetched and checked with. */
export interface ProveDeps {
  store: BulkStore;
  client: Pick<OriginstampClient, 'proofLink'>;
  /** Plain: a signed link is the only credential a download has. */
  downloadFetch: WireFetch;
  /** Re-derives the verdict on one proof from the chain. */
  checkProof: (proof: ParsedProof, hint: ChainHint) => Promise<Verdict>;
  keepProofs: (proofs: readonly OwnProof[]) => Promise<void>;
}

/** Proofs fetched at once: the browser opens six connections to one host, and one of them is the event stream. */
const parallelProofs = 5;

/**
 * Fetches the proofs of a part's digests whose seed is final, recomputes each path, and keeps them. The chain is read once per
 * seed: what it says of the root holds for every digest of it.
 *
 * @throws HashmarkError of what has to wait or halts the list: as the client does, `proof-unavailable`, `root-unchecked`. What
 * speaks against one digest's proof is noted in its row.
 */
export async function provePart(
  { bulkId, index, rows }: BulkPart,
  seeds: ReadonlyMap<string, FollowedSeed>,
  deps: ProveDeps,
  signal: AbortSignal,
): Promise<void> {
  const proofs: OwnProof[] = [];
  const refused = new Map<number, string>();
  const proven = new Set<number>();
  const work = rows.flatMap((row, position) => {
    const seed = row.state === 'sent' ? finalSeedOf(row, seeds) : undefined;
    return seed ? [{ row, position, seed }] : [];
  });
  try {
    await inParallel(work, parallelProofs, signal, async ({ row, position, seed }) => {
      try {
        proofs.push(await prove(row.digest, seed, deps, signal));
        proven.add(position);
      } catch (error) {
        if (!isAboutDigest(error)) throw error;
        refused.set(position, error.message);
      }
    });
  } finally {
    // What was fetched before something failed is kept: a proof may cost credits.
    if (proven.size > 0 || refused.size > 0) {
      await deps.keepProofs(proofs);
      await deps.store.updatePart(bulkId, index, (row, position): BulkRow => {
        const message = refused.get(position);
        if (message !== undefined) return { ...row, state: 'failed', message };
        return proven.has(position) ? { ...row, state: 'proven' } : row;
      });
    }
  }
}

/** Of several currencies the first that is final. */
export function finalSeedOf(
  row: BulkRow,
  seeds: ReadonlyMap<string, FollowedSeed>,
): FollowedSeed | undefined {
  return row.seedIds?.map((id) => seeds.get(id)).find((seed) => seed?.status === 3);
}

const aboutDigest = new Set([
  'malformed-proof',
  'another-proof',
  'broken-path',
  'root-contradicted',
  'not-found',
]);

function isAboutDigest(error: unknown): error is HashmarkError {
  return (
    error instanceof HashmarkError && aboutDigest.has(error.code) && waitBeforeRetry(error, 0) === undefined
  );
}

async function prove(
  digest: string,
  seed: FollowedSeed,
  deps: ProveDeps,
  signal: AbortSignal,
): Promise<OwnProof> {
  const { seedId, currencyId } = seed;
  const link = await deps.client.proofLink({ digest, currencyId, type: 'xml' }, { signal });
  const bytes = await downloadProof(deps.downloadFetch, link, { signal });
  const proof = parseProofXml(new TextDecoder().decode(bytes));
  if (proof.leaf !== digest) {
    throw new HashmarkError(
      'another-proof',
      `The service gave the proof of ${proof.leaf} instead. Retry; if it happens again, do not trust this service.`,
    );
  }
  const path = checkPath(proof, sha256);
  if (!path.ok) {
    throw new HashmarkError(
      'broken-path',
      `The proof does not hold: step ${path.step + 1} says ${path.expected}, and it comes to ${path.found}.`,
    );
  }
  const check = await checkRoot(seed, proof, deps);
  if (check.outcome === 'contradicted') throw new HashmarkError('root-contradicted', check.reason);
  if (proof.root !== check.root) {
    throw new HashmarkError(
      'broken-path',
      `The proof leads to ${proof.root}, and the seed's root on the chain is ${check.root}.`,
    );
  }
  const { steps, root, leaf } = proof;
  const { chainId, transaction, blockTimeSeconds, checkedAtMs } = check;
  return {
    proof: { leaf, root, steps: steps.map(({ sibling, side }) => ({ sibling, side })) },
    seedId,
    currencyId,
    ...(chainId === undefined ? {} : { chainId }),
    transaction,
    blockTimeSeconds,
    checkedAtMs,
  };
}

const checking = new WeakMap<FollowedSeed, Promise<SeedCheck>>();

/** What the chain says about the seed's root, read by the first proof of it and kept with the seed. */
function checkRoot(seed: FollowedSeed, proof: ParsedProof, deps: ProveDeps): Promise<SeedCheck> {
  if (seed.check) return Promise.resolve(seed.check);
  const current = checking.get(seed);
  if (current) return current;
  const next = readRoot(seed, proof, deps).finally(() => checking.delete(seed));
  checking.set(seed, next);
  return next;
}

async function readRoot(seed: FollowedSeed, proof: ParsedProof, deps: ProveDeps): Promise<SeedCheck> {
  const {
    outcome,
    reason,
    seed: record,
    checkedAtMs,
  } = await deps.checkProof(proof, seed.transaction ? { transaction: seed.transaction } : {});
  if (outcome === 'contradicted') throw new HashmarkError('root-contradicted', reason);
  if ((outcome !== 'confirmed' && outcome !== 'unfamiliar') || !record) {
    throw new HashmarkError('root-unchecked', reason);
  }
  const { chainId, chainName, isLocal, transaction, blockTimeSeconds } = record;
  seed.check = {
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
  await deps.store.putSeed(seed);
  return seed.check;
}
