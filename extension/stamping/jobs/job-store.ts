import { type DBSchema, openDB } from 'idb';

import type { Fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { openOnUse } from '../../open-on-use.ts';
import type { Job } from './job.ts';

interface Schema extends DBSchema {
  jobs: { key: string; value: Job };
  /** Apart from the records, so that listing jobs does not touch their bytes. */
  files: { key: string; value: Blob };
  /** What was stamped here, and nothing else about it: it outlives the job, since a digest leads to its CID only through it. */
  fingerprints: { key: string; value: Fingerprint; indexes: { cid: string } };
}

export interface JobStore {
  /** Record and bytes in one transaction: on disk when it resolves. Without bytes for a capture that failed. */
  add(job: Job, bytes: Blob | undefined): Promise<void>;
  get(id: string): Promise<Job | undefined>;
  /** Newest first. */
  list(): Promise<Job[]>;
  /**
   * Changes a job in one transaction, if it still is as `condition` wants it.
   *
   * @returns the job as it is now, changed or not; undefined when there is none
   */
  update(id: string, change: Partial<Job>, condition?: (job: Job) => boolean): Promise<Job | undefined>;
  bytes(id: string): Promise<Blob | undefined>;
  putBytes(id: string, bytes: Blob): Promise<void>;
  /** Deletes the bytes, and says so in the record. */
  releaseBytes(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** The fingerprints of files that were stamped here, by their digests; all in one transaction. */
  stampedFiles(digests: readonly string[]): Promise<Map<string, Fingerprint>>;
  /** The same by their CIDs. */
  stampedCids(cids: readonly string[]): Promise<Map<string, Fingerprint>>;
  close(): Promise<void>;
}

/** Opens the jobs of this browser profile (IndexedDB); nothing is touched before the first call. */
export function openJobStore(name = 'hashmark-jobs'): JobStore {
  const { db, close } = openOnUse(() =>
    openDB<Schema>(name, 2, {
      async upgrade(db, oldVersion, _newVersion, transaction) {
        if (oldVersion < 1) {
          db.createObjectStore('jobs', { keyPath: 'id' });
          db.createObjectStore('files');
        }
        if (oldVersion < 2) {
          const fingerprints = db.createObjectStore('fingerprints', { keyPath: 'digest' });
          fingerprints.createIndex('cid', 'cid');
          for (const job of await transaction.objectStore('jobs').getAll()) {
            if (isStamped(job)) await fingerprints.put(job.fingerprint);
          }
        }
      },
    }),
  );
  // The default durability returns before the bytes are on disk, and a job must outlive a power cut.
  const durable = { durability: 'strict' } as const;

  return {
    async add(job, bytes) {
      const transaction = (await db()).transaction(['jobs', 'files'], 'readwrite', durable);
      await Promise.all([
        transaction.objectStore('jobs').add(job),
        bytes && transaction.objectStore('files').put(bytes, job.id),
        transaction.done,
      ]);
    },
    get: async (id) => (await db()).get('jobs', id),
    async list() {
      const jobs = await (await db()).getAll('jobs');
      return jobs.sort((a, b) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? -1 : 1));
    },
    async update(id, change, condition = () => true) {
      const transaction = (await db()).transaction(['jobs', 'fingerprints'], 'readwrite', durable);
      const jobs = transaction.objectStore('jobs');
      const job = await jobs.get(id);
      const changed = job && condition(job) ? { ...job, ...change } : undefined;
      if (changed) await jobs.put(changed);
      if (changed && isStamped(changed))
        await transaction.objectStore('fingerprints').put(changed.fingerprint);
      await transaction.done;
      return changed ?? job;
    },
    bytes: async (id) => (await db()).get('files', id),
    async putBytes(id, bytes) {
      const transaction = (await db()).transaction('files', 'readwrite', durable);
      await Promise.all([transaction.store.put(bytes, id), transaction.done]);
    },
    async releaseBytes(id) {
      const transaction = (await db()).transaction(['jobs', 'files'], 'readwrite');
      const jobs = transaction.objectStore('jobs');
      const job = await jobs.get(id);
      if (job) await jobs.put({ ...job, isReleased: true });
      await transaction.objectStore('files').delete(id);
      await transaction.done;
    },
    async remove(id) {
      const transaction = (await db()).transaction(['jobs', 'files'], 'readwrite');
      await Promise.all([
        transaction.objectStore('jobs').delete(id),
        transaction.objectStore('files').delete(id),
        transaction.done,
      ]);
    },
    async stampedFiles(digests) {
      const { store } = (await db()).transaction('fingerprints');
      if ((await store.count()) === 0) return new Map();
      const found = await Promise.all(digests.map((digest) => store.get(digest)));
      return new Map(found.flatMap((file) => (file ? [[file.digest, file] as const] : [])));
    },
    async stampedCids(cids) {
      const { store } = (await db()).transaction('fingerprints');
      if ((await store.count()) === 0) return new Map();
      const index = store.index('cid');
      const found = await Promise.all(cids.map((cid) => index.get(cid)));
      return new Map(found.flatMap((file) => (file ? [[file.cid, file] as const] : [])));
    },
    close,
  };
}

function isStamped(job: Job): job is Job & { fingerprint: Fingerprint } {
  return job.phase === 'done' && job.fingerprint !== undefined;
}
