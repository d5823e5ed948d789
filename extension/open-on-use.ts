import type { DBSchema, IDBPDatabase } from 'idb';

/** A database that the first use opens. */
export interface DatabaseOnUse<Schema extends DBSchema> {
  /**
   * The open database. A failure is not kept, nor a database that the browser has closed: the next call opens again, since
   * the reason may have been a full disk, or that the user had the browser delete what we stored.
   */
  db(): Promise<IDBPDatabase<Schema>>;
  /** The next use opens it again. */
  close(): Promise<void>;
}

/** Nothing is touched before the first use. */
export function openOnUse<Schema extends DBSchema>(
  open: () => Promise<IDBPDatabase<Schema>>,
): DatabaseOnUse<Schema> {
  let opened: Promise<IDBPDatabase<Schema>> | undefined;
  const forget = () => {
    opened = undefined;
  };
  return {
    db() {
      opened ??= open().then(
        (database) => {
          database.addEventListener('close', forget);
          return database;
        },
        (error) => {
          forget();
          throw error;
        },
      );
      return opened;
    },
    async close() {
      if (opened) (await opened).close();
      forget();
    },
  };
}
