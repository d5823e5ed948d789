import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { HashmarkError } from '../../../../shared/errors.ts';
import type { MerkleProof } from '../../../../shared/evidence/merkle.ts';
import type { Log } from '../../../log.ts';
import type { Ledger } from '../../ledger/database.ts';
import { readDigests } from '../../ledger/seeds.ts';
import { buildTreeFile, unfinishedSuffix } from './tree-build.ts';
import { readProof } from './tree-file.ts';

/** A seed that takes no more digests. */
export interface ClosedSeed {
  seedId: string;
  firstSeq: number;
  lastSeq: number;
}

/** The trees of closed seeds: files that can be built again from the ledger at any time, so that losing one loses nothing. */
export interface Trees {
  /** Builds the seed's tree, and says its root (64 hex digits) once the file is on disk. */
  build(seed: ClosedSeed): Promise<string>;
  /**
   * The path from one of the seed's digests to `root`, recomputed; builds a tree that is missing or damaged again.
   * @throws HashmarkError `digests-missing`, `seed-damaged`.
   */
  proofOf(seed: ClosedSeed & { root: string }, digest: string): Promise<MerkleProof>;
  /** Makes the folder, and removes what a former run left unfinished. */
  prepare(): Promise<void>;
  /** Ends what is being built. */
  close(): void;
}

/** A page takes a millisecond to read: nobody who is answered by the same thread notices. */
const digestsPerPage = 4096;

/** @param folder of the trees alone. */
export function createTrees({ ledger, folder, log }: { ledger: Ledger; folder: string; log: Log }): Trees {
  const closing = new AbortController();
  const building = new Map<string, Promise<string>>();

  const pathOf = ({ seedId }: ClosedSeed) => join(folder, `${seedId}.tree`);
  const leafCountOf = ({ firstSeq, lastSeq }: ClosedSeed) => lastSeq - firstSeq + 1;

  async function buildAnew(seed: ClosedSeed): Promise<string> {
    const startedAt = performance.now();
    const leafCount = leafCountOf(seed);
    const pages = readDigests(ledger.db, seed.firstSeq, seed.lastSeq, digestsPerPage);
    const root = await buildTreeFile({ path: pathOf(seed), leafCount }, pages, closing.signal);
    const ms = Math.round(performance.now() - startedAt);
    log('info', 'The tree of a seed was built.', { seedId: seed.seedId, digests: leafCount, ms });
    return root;
  }

  /** At most once at a time: two threads would write the same file. */
  function build(seed: ClosedSeed): Promise<string> {
    const underWay = building.get(seed.seedId);
    if (underWay) return underWay;
    const work = buildAnew(seed).finally(() => building.delete(seed.seedId));
    building.set(seed.seedId, work);
    return work;
  }

  return {
    build,

    async proofOf(seed, digest) {
      const wanted = { digest, leafCount: leafCountOf(seed), root: seed.root };
      const proof = readProof(pathOf(seed), wanted);
      if (proof) return proof;
      log('warn', 'The tree of a seed is missing or damaged and is built again.', { seedId: seed.seedId });
      const root = await build(seed);
      const again = root === seed.root ? readProof(pathOf(seed), wanted) : undefined;
      if (again) return again;
      throw new HashmarkError(
        'seed-damaged',
        `The ledger's digests of seed ${seed.seedId} lead to the root ${root}; ${seed.root} was anchored, with ${digest} below it. Restore the ledger from a backup.`,
        { data: { seedId: seed.seedId, digest } },
      );
    },

    async prepare() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for (const name of await readdir(folder)) {
        if (name.endsWith(unfinishedSuffix)) await rm(join(folder, name), { force: true });
      }
    },

    close: () => closing.abort(),
  };
}
