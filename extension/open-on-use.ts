import type { DBSchema, IDBPDatabase } from 'idb';

/** A database that the first use opens. */
export interface DatabaseOnUse<Schema extends DBSchema> {
  /** The open database. A failure is not kept: the next call tries again, since a full disk may have been the reason. */
  db(): Promise<IDBPDatabase<Schema>>;
  /** The next use opens it again. */
  close(): Promise<void>;
}

/** Nothing is touched before the first use. */
export function openOnUse<Schema extends DBSchema>(
  open: () => Promise<IDBPDatabase<Schema>>,
): DatabaseOnUse<Schema> {
  let opened: Promise<IDBPDatabase<Schema>> | undefined;
  return {
    db() {
      opened ??= open().catch((error) => {
        opened = undefined;
        throw error;
      });
      return opened;
    },
    async close() {
      if (opened) (await opened).close();
      opened = undefined;
    },
  };
}
