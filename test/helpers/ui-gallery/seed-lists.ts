import type { BulkRow, FollowedSeed } from '../../../extension/stamping/bulk/bulk.ts';
import { type NewBulk, openBulkStore } from '../../../extension/stamping/bulk/bulk-store.ts';

/** Lists for the workbench's store. Plain JSON: it crosses into the page. */
export interface SeededLists {
  lists: (NewBulk & {
    /** Rows that are further than queued, by their place. */
    reached?: Record<number, Partial<BulkRow>>;
    /** What all others are. */
    rest?: Partial<BulkRow>;
    more?: {
      isStopped?: boolean;
      isHalted?: boolean;
      message?: string;
      nextTryAtMs?: number;
      removedAtMs?: number;
    };
  })[];
  seeds?: FollowedSeed[];
}

/** Writes the lists by the same code as in the extension. */
async function writeLists({ lists, seeds = [] }: SeededLists): Promise<void> {
  const store = openBulkStore();
  for (const { reached = {}, rest = {}, more = {}, ...list } of lists) {
    await store.add(list);
    const parts = Array.from({ length: Math.ceil(list.rows.length / 100) }, (_, part) => part);
    await store.updateRows(
      list.id,
      new Map(
        parts.map((part) => [
          part,
          (row, position) => ({ ...row, ...(reached[part * 100 + position] ?? rest) }),
        ]),
      ),
      seeds,
    );
    await store.update(list.id, () => more);
  }
  await store.close();
}

// Its own page runs it (seed.html).
const { lists } = globalThis.hashmarkScenario;
if (lists) await writeLists(lists);
document.body.dataset.seeded = '';
