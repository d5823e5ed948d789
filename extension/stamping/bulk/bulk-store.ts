import { type DBSchema, type IDBPTransaction, openDB } from 'idb';

import {
  type Bulk,
  type BulkPart,
  type BulkRow,
  countStates,
  type FollowedSeed,
  rowsPerPart,
  stageOf,
} from './bulk.ts';

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
  rows: readonly Pick<BulkRow, 'digest' | 'name' | 'sizeBytes'>[];
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
  /** Rewrites rows of one part together with what is counted of them, and with the seeds that were met. */
  updatePart(
    id: string,
    index: number,
    change: (row: BulkRow, position: number) => BulkRow,
    seeds?: readonly FollowedSeed[],
  ): Promise<void>;
  /** Puts failed rows back to where they failed. @returns how many */
  retryFailed(id: string): Promise<number>;
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
  const open = () =>
    openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore('bulks', { keyPath: 'id' });
        const parts = db.createObjectStore('parts', { keyPath: ['bulkId', 'index'] });
        parts.createIndex('stage', ['bulkId', 'stage', 'index']);
        parts.createIndex('revision', ['bulkId', 'revision', 'index']);
        db.createObjectStore('seeds', { keyPath: 'seedId' });
      },
    });
  let opened: ReturnType<typeof open> | undefined;
  const db = () => {
    opened ??= open().catch((error) => {
      opened = undefined; // The next call tries again: a full disk may have been the reason.
      throw error;
    });
    return opened;
  };
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

    async updatePart(id, index, change, seeds = []) {
      const transaction = (await db()).transaction(['bulks', 'parts', 'seeds'], 'readwrite', durable);
      const bulk = await transaction.objectStore('bulks').get(id);
      const part = await transaction.objectStore('parts').get([id, index]);
      if (bulk && part) {
        const ids = new Set([...bulk.seedIds, ...seeds.map(({ seedId }) => seedId)]);
        await putRows(transaction, { ...bulk, seedIds: [...ids] }, part, part.rows.map(change));
        const store = transaction.objectStore('seeds');
        // A seed that is followed already knows more than the answer to a submission.
        for (const seed of seeds) if (!(await store.get(seed.seedId))) await store.put(seed);
      }
      await transaction.done;
    },

    async retryFailed(id) {
      const transaction = (await db()).transaction(['bulks', 'parts', 'seeds'], 'readwrite', durable);
      let count = 0;
      for (const part of await transaction.objectStore('parts').getAll(allParts(id))) {
        const bulk = await transaction.objectStore('bulks').get(id);
        if (!bulk || !part.rows.some(({ state }) => state === 'failed')) continue;
        const rows = part.rows.map((row) => {
          if (row.state !== 'failed') return row;
          count += 1;
          const { message: _, ...rest } = row;
          return { ...rest, state: row.seedIds ? ('sent' as const) : ('queued' as const) };
        });
        await putRows(transaction, bulk, part, rows);
      }
      await transaction.done;
      return count;
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

    async close() {
      if (opened) (await opened).close();
      opened = undefined;
    },
  };
}

type Writing = IDBPTransaction<Schema, ('bulks' | 'parts' | 'seeds')[], 'readwrite'>;

/** Writes a part's rows and counts them in its list. */
async function putRows(transaction: Writing, bulk: Bulk, part: BulkPart, rows: BulkRow[]): Promise<void> {
  const before = countStates(part.rows);
  const after = countStates(rows);
  const revision = bulk.revision + 1;
  const isKnown = ({ isNew }: BulkRow) => isNew === false;
  await transaction.objectStore('bulks').put({
    ...bulk,
    revision,
    counts: {
      queued: bulk.counts.queued - before.queued + after.queued,
      sent: bulk.counts.sent - before.sent + after.sent,
      proven: bulk.counts.proven - before.proven + after.proven,
      failed: bulk.counts.failed - before.failed + after.failed,
    },
    knownCount: bulk.knownCount - part.rows.filter(isKnown).length + rows.filter(isKnown).length,
  });
  await transaction.objectStore('parts').put({ ...part, rows, stage: stageOf(rows), revision });
}
