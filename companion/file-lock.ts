import { DatabaseSync } from 'node:sqlite';

import { HashmarkError } from '../shared/errors.ts';

/**
 * Takes an exclusive lock that the operating system releases when this process ends, however it ends: SQLite's own file
 * lock, which works on every platform without a native package. A lock by pid file would survive a kill -9.
 * @param path of a file that is there for nothing else.
 * @param waitMs how long to wait for whoever holds it. Blocks the process: only verbs may wait.
 * @returns gives it free.
 * @throws HashmarkError `file-locked` when another process holds it, `lock-damaged` when something else was written there;
 * SQLite's own error when the file cannot be used otherwise.
 */
export function lockFile(path: string, waitMs = 0): () => void {
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    db.exec(
      `PRAGMA busy_timeout = ${waitMs}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;`,
    );
  } catch (cause) {
    db?.close();
    if (isDamaged(cause)) {
      // Not done here: whoever holds it would no longer be met.
      throw new HashmarkError(
        'lock-damaged',
        `${path} is damaged. It holds nothing but a lock: make sure that no other hashmark uses this home, delete that file, and try again.`,
        { data: { path }, cause },
      );
    }
    if (!isBusy(cause)) throw cause;
    throw new HashmarkError('file-locked', `Another process holds ${path}.`, { data: { path }, cause });
  }
  const held = db;
  return () => held.close();
}

/** Whoever holds it writes one small file. */
const writeWaitMs = 5_000;

/**
 * Takes the lock of a small file that several processes write, for as long as it is read, changed and replaced.
 * @param code of the error when another process holds it for too long.
 * @returns gives it free.
 */
export function lockForWriting(path: string, code: string): () => void {
  try {
    return lockFile(`${path}.lock`, writeWaitMs);
  } catch (cause) {
    if (!(cause instanceof HashmarkError) || cause.code !== 'file-locked') throw cause;
    throw new HashmarkError(code, `Another hashmark is writing ${path}. Try again when it is done.`, {
      cause,
    });
  }
}

/** SQLITE_BUSY and SQLITE_LOCKED: sqlite.org/rescode.html */
const isBusy = (error: unknown) => isOneOf(error, [5, 6]);

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const isDamaged = (error: unknown) => isOneOf(error, [11, 26]);

function isOneOf(error: unknown, codes: readonly number[]): boolean {
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && codes.includes(errcode & 0xff);
}
