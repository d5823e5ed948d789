import type { ChainRouter } from '../../anchoring/chain-router.ts';
import type { Ledger } from '../../ledger/database.ts';
import { countFailedAnchors, markTold, type StoredSeed, setAnchor, setRoot } from '../../ledger/seeds.ts';
import { toSeedState } from './seed-state.ts';
import type { FinalSeed } from './seeds.ts';
import type { Trees } from './trees.ts';

export interface ProgressDependencies {
  ledger: Ledger;
  anchoring: Pick<ChainRouter, 'requestRoot'>;
  trees: Trees;
  /** In whose name roots are anchored. */
  tenantId: () => string;
  /** Tells whoever waits for final seeds. */
  tell: (seed: FinalSeed) => Promise<void>;
  /** Unix milliseconds. */
  now: () => number;
}

const firstRetryMs = 30_000;
const longestRetryMs = 60 * 60_000;

/** A seed that is closed. */
type Closed = StoredSeed & { lastSeq: number; chainId: number };

/**
 * Brings a closed seed one step further: its tree, then its anchor, then the news that this is final. Each step is kept in
 * the ledger before the next one, and may be repeated.
 * @returns when to look again, Unix milliseconds; `now` for the next step at once; undefined when the seed waits for its
 * anchor, or is settled.
 */
export type Progress = (seed: StoredSeed) => Promise<number | 'now' | undefined>;

/** @throws from the steps what made them fail; the seed stays as it was. */
export function createProgress(deps: ProgressDependencies): Progress {
  const { ledger, anchoring, trees, now } = deps;

  async function requestAnchor(seed: Closed, root: string): Promise<void> {
    await anchoring.requestRoot(seed.chainId, { tenantId: deps.tenantId(), root }, (db, anchorRef) =>
      setAnchor(db, seed.ref, anchorRef),
    );
  }

  /** A root that failed is asked for again, at first soon and then ever more rarely: a digest that was accepted is not given up. */
  function retryAt(seed: Closed, root: string): number {
    const failures = countFailedAnchors(ledger.db, seed.chainId, root);
    return (seed.anchorUpdatedAt ?? 0) + Math.min(firstRetryMs * 2 ** (failures - 1), longestRetryMs);
  }

  return async function progress(seed) {
    if (!isClosed(seed)) return undefined;
    if (seed.root === null) {
      const root = await trees.build(seed);
      await ledger.write((db) => setRoot(db, seed.ref, root));
      return 'now';
    }
    if (seed.anchorState === null) {
      await requestAnchor(seed, seed.root);
      return undefined;
    }
    if (seed.anchorState === 'failed') {
      const at = retryAt(seed, seed.root);
      if (now() < at) return at;
      await requestAnchor(seed, seed.root);
      return undefined;
    }
    if (seed.anchorState === 'final') {
      await deps.tell({ ...toSeedState(seed), firstSeq: seed.firstSeq, lastSeq: seed.lastSeq });
      await ledger.write((db) => markTold(db, seed.ref, now()));
    }
    return undefined;
  };
}

function isClosed(seed: StoredSeed): seed is Closed {
  return seed.lastSeq !== null && seed.chainId !== null;
}
