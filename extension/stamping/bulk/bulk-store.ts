import { type DBSchema, type IDBPTransaction, openDB } from 'idb';

import { openOnUse } from '../../open-on-use.ts';
import {
  type Bulk,
  type BulkPart,
  type BulkRow,
  countStates,
  type FollowedSeed,
  rowsPerPart,
  stageOf,
} from './bulk.ts';
import type { NewRow } from './row-collector.ts';

interface Schema extends DBSchema {
  bulks: { key: string; value: Bulk };
  parts: {
    key: [bulkId: string, index: number];
    value: BulkPart;
    indexes: {
      stage: [bulkId: string, stage: string, index: number];
      revision: [bulkId: string, revision: number, index: number];
    };
  };
  seeds: { key: string; value: FollowedSeed };
}

/** A list as it is handed in. */
export interface NewBulk {
  id: string;
  name: string;
  createdAtMs: number;
  rows: readonly NewRow[];
}

/** Lists of digests with their rows on disk, shared by the background, which works on them, and the pages that show them. */
export interface BulkStore {
  /** Writes a whole list; until all of it is there nobody sees it. */
  add(bulk: NewBulk): Promise<void>;
  get(id: string): Promise<Bulk | undefined>;
  /** Newest first, removed ones included. */
  list(): Promise<Bulk[]>;
  /** Changes a list in one transaction with reading it. @returns undefined when there is none */
  update(id: string, change: (bulk: Bulk) => Partial<Bulk>): Promise<Bulk | undefined>;
  /** Parts in their order that need this next, at most `limit`, from part `from` on. */
  partsAt(id: string, stage: BulkPart['stage'], limit: number, from?: number): Promise<BulkPart[]>;
  /** Parts that changed after another, oldest change first, at most `limit`; without `after` from the first on. */
  changedParts(
    id: string,
    after: Pick<BulkPart, 'revision' | 'index'> | undefined,
    limit: number,
  ): Promise<BulkPart[]>;
  /**
   * Rewrites rows together with what is counted of them, and with the seeds that were met, in one transaction.
   * @param changes by part
   */
  updateRows(
    id: string,
    changes: ReadonlyMap<number, (row: BulkRow, position: number) => BulkRow>,
    seeds?: readonly FollowedSeed[],
  ): Promise<void>;
  /** Puts failed rows back to where they failed. */
  retryFailed(id: string): Promise<void>;
  seeds(): Promise<FollowedSeed[]>;
  putSeed(seed: FollowedSeed): Promise<void>;
  /** Deletes a list with its rows. */
  remove(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Parts written in one transaction: ten thousand rows. */
const partsPerWrite = 100;

/** Opens the lists of this browser profile (IndexedDB); nothing is touched before the first call. */
export function openBulkStore(name = 'hashmark-bulk'): BulkStore {
  const { db, close } = openOnUse(() =>
    openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore('bulks', { keyPath: 'id' });
        const parts = db.createObjectStore('parts', { keyPath: ['bulkId', 'index'] });
        parts.createIndex('stage', ['bulkId', 'stage', 'index']);
        parts.createIndex('revision', ['bulkId', 'revision', 'index']);
        db.createObjectStore('seeds', { keyPath: 'seedId' });
      },
    }),
  );
  // What a service answered must outlive a power cut, or it is asked for a second time.
  const durable = { durability: 'strict' } as const;
  const allParts = (id: string) => IDBKeyRange.bound([id, 0], [id, Number.POSITIVE_INFINITY]);

  return {
    async add({ rows, ...bulk }) {
      const partCount = Math.ceil(rows.length / rowsPerPart);
      for (let from = 0; from < partCount; from += partsPerWrite) {
        const transaction = (await db()).transaction('parts', 'readwrite', durable);
        for (let index = from; index < Math.min(from + partsPerWrite, partCount); index += 1) {
          const own = rows.slice(index * rowsPerPart, (index + 1) * rowsPerPart);
          const queued = own.map((row): BulkRow => ({ ...row, state: 'queued' }));
          void transaction.store.put({ bulkId: bulk.id, index, rows: queued, stage: 'queued', revision: 1 });
        }
        await transaction.done;
      }
      const fresh: Bulk = {
        ...bulk,
        rowCount: rows.length,
        counts: { queued: rows.length, sent: 0, proven: 0, failed: 0 },
        knownCount: 0,
        seedIds: [],
        isStopped: false,
        isHalted: false,
        attempts: 0,
        nextTryAtMs: 0,
        revision: 1,
        isNotified: false,
      };
      const transaction = (await db()).transaction('bulks', 'readwrite', durable);
      await Promise.all([transaction.store.add(fresh), transaction.done]);
    },

    get: async (id) => (await db()).get('bulks', id),

    async list() {
      const bulks = await (await db()).getAll('bulks');
      return bulks.sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
    },

    async update(id, change) {
      const transaction = (await db()).transaction('bulks', 'readwrite', durable);
      const bulk = await transaction.store.get(id);
      const changed = bulk && { ...bulk, ...change(bulk) };
      if (changed) await transaction.store.put(changed);
      await transaction.done;
      return changed;
    },

    async partsAt(id, stage, limit, from = 0) {
      const range = IDBKeyRange.bound([id, stage, from], [id, stage, Number.POSITIVE_INFINITY]);
      return (await db()).getAllFromIndex('parts', 'stage', range, limit);
    },

    async changedParts(id, after, limit) {
      const lower: [string, number, number] = [id, after?.revision ?? 0, after?.index ?? 0];
      const upper: [string, number, number] = [id, Number.POSITIVE_INFINITY, 0];
      return (await db()).getAllFromIndex('parts', 'revision', IDBKeyRange.bound(lower, upper, true), limit);
    },

    async updateRows(id, changes, seeds = []) {
      const transaction = (await db()).transaction(['bulks', 'parts', 'seeds'], 'readwrite', durable);
      const bulk = await transaction.objectStore('bulks').get(id);
      const read = [...changes.keys()].map((index) => transaction.objectStore('parts').get([id, index]));
      const parts = (await Promise.all(read)).flatMap((part) => part ?? []);
      if (bulk) {
        const seedIds = new Set([...bulk.seedIds, ...seeds.map(({ seedId }) => seedId)]);
        await putRows(
          transaction,
          { ...bulk, seedIds: [...seedIds] },
          parts,
          (row, position, index) => changes.get(index)?.(row, position) ?? row,
        );
        const store = transaction.objectStore('seeds');
        // A seed that is followed already knows more than the answer to a submission.
        for (const seed of seeds) if (!(await store.get(seed.seedId))) await store.put(seed);
      }
      await transaction.done;
    },

    async retryFailed(id) {
      const transaction = (await db()).transaction(['bulks', 'parts', 'seeds'], 'readwrite', durable);
      const bulk = await transaction.objectStore('bulks').get(id);
      const parts = await transaction.objectStore('parts').getAll(allParts(id));
      const failed = parts.filter(({ rows }) => rows.some(({ state }) => state === 'failed'));
      if (bulk && failed.length > 0) await putRows(transaction, bulk, failed, queueAgain);
      await transaction.done;
    },

    seeds: async () => (await db()).getAll('seeds'),

    async putSeed(seed) {
      const transaction = (await db()).transaction('seeds', 'readwrite', durable);
      await Promise.all([transaction.store.put(seed), transaction.done]);
    },

    async remove(id) {
      const transaction = (await db()).transaction(['bulks', 'parts'], 'readwrite');
      await Promise.all([
        transaction.objectStore('bulks').delete(id),
        transaction.objectStore('parts').delete(allParts(id)),
        transaction.done,
      ]);
    },

    close,
  };
}

type Writing = IDBPTransaction<Schema, ('bulks' | 'parts' | 'seeds')[], 'readwrite'>;

function queueAgain(row: BulkRow): BulkRow {
  if (row.state !== 'failed') return row;
  const { message: _, ...rest } = row;
  return { ...rest, state: row.seedIds ? 'sent' : 'queued' };
}

/** Writes the rows of some parts, and counts them in their list. */
async function putRows(
  transaction: Writing,
  bulk: Bulk,
  parts: readonly BulkPart[],
  change: (row: BulkRow, position: number, part: number) => BulkRow,
): Promise<void> {
  const revision = bulk.revision + 1;
  const changed = parts.map((part): BulkPart => {
    const rows = part.rows.map((row, position) => change(row, position, part.index));
    return { ...part, rows, stage: stageOf(rows), revision };
  });
  const [before, after] = [parts, changed].map((them) => them.flatMap(({ rows }) => rows)) as [
    BulkRow[],
    BulkRow[],
  ];
  const [left, came] = [countStates(before), countStates(after)];
  const isKnown = ({ isNew }: BulkRow) => isNew === false;
  await Promise.all([
    transaction.objectStore('bulks').put({
      ...bulk,
      revision,
      counts: {
        queued: bulk.counts.queued - left.queued + came.queued,
        sent: bulk.counts.sent - left.sent + came.sent,
        proven: bulk.counts.proven - left.proven + came.proven,
        failed: bulk.counts.failed - left.failed + came.failed,
      },
      knownCount: bulk.knownCount - before.filter(isKnown).length + after.filter(isKnown).length,
    }),
    ...changed.map((part) => transaction.objectStore('parts').put(part)),
  ]);
}
