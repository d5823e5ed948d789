import { DatabaseSync } from 'node:sqlite';

import { HashmarkError, messageOf } from '../../../shared/errors.ts';
import { migrations } from './migrations.ts';

/**
 * The one SQLite file behind the service. Reads go straight to `db`; everything that changes goes through
 * {@link Ledger.write}, which commits many callers' work at once (group commit): on a disk with honest flushes that is
 * what makes "durable before the answer" affordable.
 */
export interface Ledger {
  /** For reading. Never write through it: a write outside {@link write} is not grouped and may meet a lock. */
  readonly db: DatabaseSync;
  /**
   * Runs `work` inside a transaction and resolves with its result once that transaction is on disk.
   * When `work` throws, only its own changes are undone and only its caller sees the error.
   * `work` must be synchronous: a transaction never waits for anything outside the database.
   */
  write<T>(work: (db: DatabaseSync) => T): Promise<T>;
  /** Commits what is queued and closes the file. */
  close(): Promise<void>;
}

interface QueuedWork {
  run: (db: DatabaseSync) => unknown;
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
}

/** How many queued writes share one commit at most, so that one caller never waits for an unbounded batch. */
const maxWritesPerCommit = 512;

/**
 * Opens, or creates, the ledger and brings its schema up to date.
 * @param path file path, or `:memory:` in tests that do not need durability.
 */
export function openLedger(path: string): Ledger {
  return openDatabase(path, migrations);
}

/** As {@link openLedger}, with a schema of its own: one step per entry, and a step that was released never changes. */
export function openDatabase(path: string, steps: readonly string[]): Ledger {
  const db = openFile(path, steps);
  let queue: QueuedWork[] = [];
  let scheduled: Promise<void> | undefined;
  let isClosed = false;

  function flush(): void {
    scheduled = undefined;
    while (queue.length > 0) {
      const batch = queue.slice(0, maxWritesPerCommit);
      queue = queue.slice(maxWritesPerCommit);
      commit(db, batch);
    }
  }

  return {
    db,
    write<T>(work: (db: DatabaseSync) => T): Promise<T> {
      if (isClosed) return Promise.reject(new Error('The ledger is closed.'));
      return new Promise<T>((resolve, reject) => {
        queue.push({ run: work, resolve: resolve as (value: unknown) => void, reject });
        scheduled ??= new Promise<void>((done) => {
          setImmediate(() => {
            flush();
            done();
          });
        });
      });
    },
    async close() {
      isClosed = true;
      await scheduled;
      db.close();
    },
  };
}

/** @throws HashmarkError `ledger-unreadable`, `ledger-newer`; the file is left as it is. */
function openFile(path: string, steps: readonly string[]): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    db.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000;',
    );
    // Digests and CIDs are random: every row lands on another page of its index. A cache for a million of them, and a log
    // that is folded into the file at 32 MiB instead of 4, take in a third more per second at 400,000 rows.
    db.exec('PRAGMA cache_size = -65536; PRAGMA wal_autocheckpoint = 8192;');
    migrate(db, path, steps);
    return db;
  } catch (cause) {
    db?.close();
    if (cause instanceof HashmarkError) throw cause;
    throw new HashmarkError(
      'ledger-unreadable',
      `${path} cannot be opened: ${messageOf(cause)}. If the disk is full, make room. If the file is damaged, restore it from a backup, with the files beside it whose names begin like its own.`,
      { data: { path }, cause },
    );
  }
}

function commit(db: DatabaseSync, batch: QueuedWork[]): void {
  const settled: (() => void)[] = [];
  try {
    db.exec('BEGIN IMMEDIATE');
    for (const { run, resolve, reject } of batch) {
      db.exec('SAVEPOINT work');
      try {
        const result = run(db);
        db.exec('RELEASE work');
        settled.push(() => resolve(result));
      } catch (error) {
        // A full disk ends the whole transaction, not only this part of it: then nothing is kept, and everybody is told why.
        if (!db.isTransaction) throw error;
        db.exec('ROLLBACK TO work; RELEASE work');
        settled.push(() => reject(error));
      }
    }
    db.exec('COMMIT');
  } catch (error) {
    // The disk is full or gone: nothing of this batch is stored, and every caller is told.
    if (db.isTransaction) db.exec('ROLLBACK');
    for (const { reject } of batch) reject(error);
    return;
  }
  for (const settle of settled) settle();
}

function migrate(db: DatabaseSync, path: string, steps: readonly string[]): void {
  const { user_version: current } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (current > steps.length) {
    throw new HashmarkError(
      'ledger-newer',
      `${path} has schema ${current}, this Hashmark knows ${steps.length}: it was written by a newer version. Update Hashmark.`,
      { data: { path } },
    );
  }
  for (let version = current; version < steps.length; version++) {
    db.exec(`BEGIN IMMEDIATE; ${steps[version]} PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}
