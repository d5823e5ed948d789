import { sha256 } from '@noble/hashes/sha2.js';

import { HashmarkError } from '../../../shared/errors.ts';
import { checkPath } from '../../../shared/evidence/merkle.ts';
import { finalStatus } from '../../../shared/wire/originstamp.ts';
import { type ProofSource, readServiceProof, toOwnProof } from '../../proofs/fetch-proof.ts';
import type { OwnProof } from '../../proofs/proof-store.ts';
import { waitBeforeRetry } from '../jobs/retry.ts';
import type { BulkRow, FollowedSeed } from './bulk.ts';
import type { BulkStore } from './bulk-store.ts';
import { inParallel } from './in-parallel.ts';
import type { RootChecks } from './root-checks.ts';

/** What proofs are fetched and checked with. */
export interface ProveDeps extends ProofSource {
  store: Pick<BulkStore, 'partsAt' | 'updateRows'>;
  roots: RootChecks;
  keepProofs: (proofs: readonly OwnProof[]) => Promise<void>;
  /** Called whenever results are on disk. */
  onProgress: () => void;
}

/**
 * Proofs on their way at once: twice what the browser opens connections for (six to one host, one of which is the event
 * stream), so that the next request is there when a connection is free.
 */
const proofsAtOnce = 10;
/** Flushing the disk takes as long as fetching some proofs. Fewer are fetched again after a crash. */
const resultsPerWrite = 250;
/** Parts taken from disk at once. */
const partsAtOnce = 30;

/** A row whose proof can be had. */
interface ProvableRow {
  part: number;
  position: number;
  digest: string;
  seed: FollowedSeed;
}

/** What came of a row: its proof, or why it has none. */
type Result = Pick<ProvableRow, 'part' | 'position'> &
  ({ own: OwnProof; problem?: undefined } | { own?: undefined; problem: string });

/**
 * Fetches the proofs of a list's digests whose seed is final, recomputes each path, and keeps them. The chain is read once per
 * seed: what it says of the root holds for every digest of it.
 *
 * @throws HashmarkError of what has to wait or halts the list: as the client does, `proof-unavailable`, `root-unchecked`. What
 * speaks against one digest's proof is noted in its row.
 */
export async function proveRows(
  bulkId: string,
  seeds: ReadonlyMap<string, FollowedSeed>,
  deps: ProveDeps,
  signal: AbortSignal,
): Promise<void> {
  let results: Result[] = [];
  async function write(): Promise<void> {
    const written = results;
    results = [];
    if (written.length === 0) return;
    // In this order: a row that is called proven has its proof.
    await deps.keepProofs(written.flatMap(({ own }) => own ?? []));
    await deps.store.updateRows(bulkId, toChanges(written));
    deps.onProgress();
  }
  try {
    await inParallel(provableRows(bulkId, seeds, deps.store), proofsAtOnce, signal, async (row) => {
      const result = await judge(row, deps, signal);
      results.push(result);
      // The others go on fetching meanwhile.
      if (results.length >= resultsPerWrite) await write();
    });
  } finally {
    // What was fetched before something failed is kept: a proof may cost credits.
    await write();
  }
}

async function* provableRows(
  bulkId: string,
  seeds: ReadonlyMap<string, FollowedSeed>,
  store: ProveDeps['store'],
): AsyncGenerator<ProvableRow> {
  if (![...seeds.values()].some(isFinal)) return;
  for (let from = 0; ; ) {
    const parts = await store.partsAt(bulkId, 'sent', partsAtOnce, from);
    for (const { index: part, rows } of parts) {
      for (const [position, row] of rows.entries()) {
        const seed = row.state === 'sent' ? finalSeedOf(row, seeds) : undefined;
        if (seed) yield { part, position, digest: row.digest, seed };
      }
    }
    const last = parts.at(-1);
    if (!last) return;
    from = last.index + 1;
  }
}

/** Of several currencies the first that is final. */
function finalSeedOf(row: BulkRow, seeds: ReadonlyMap<string, FollowedSeed>): FollowedSeed | undefined {
  return row.seedIds?.flatMap((id) => seeds.get(id) ?? []).find(isFinal);
}

const isFinal = ({ status }: FollowedSeed) => status === finalStatus;

async function judge(row: ProvableRow, deps: ProveDeps, signal: AbortSignal): Promise<Result> {
  const { part, position } = row;
  try {
    return { part, position, own: await prove(row, deps, signal) };
  } catch (error) {
    if (!isAboutDigest(error)) throw error;
    return { part, position, problem: error.message };
  }
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

async function prove({ digest, seed }: ProvableRow, deps: ProveDeps, signal: AbortSignal): Promise<OwnProof> {
  const proof = await readServiceProof({ digest, currencyId: seed.currencyId }, deps, { signal });
  const path = checkPath(proof, sha256);
  if (!path.ok) {
    throw new HashmarkError(
      'broken-path',
      `The proof does not hold: step ${path.step + 1} says ${path.expected}, and it comes to ${path.found}.`,
    );
  }
  const check = await deps.roots.of(seed, proof);
  if (proof.root !== check.root) {
    throw new HashmarkError(
      'broken-path',
      `The proof leads to ${proof.root}, and the seed's root on the chain is ${check.root}.`,
    );
  }
  return toOwnProof(proof, seed, check);
}

/** The rows of each part as the results leave them; a row that is not waiting any more stays. */
function toChanges(results: readonly Result[]) {
  const byPart = Map.groupBy(results, ({ part }) => part);
  return new Map(
    [...byPart].map(([part, ofPart]) => {
      const byPosition = new Map(ofPart.map((result) => [result.position, result]));
      const change = (row: BulkRow, position: number): BulkRow => {
        const result = byPosition.get(position);
        if (!result || row.state !== 'sent') return row;
        return result.own
          ? { ...row, state: 'proven' }
          : { ...row, state: 'failed', message: result.problem };
      };
      return [part, change] as const;
    }),
  );
}
