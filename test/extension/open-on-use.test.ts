import 'fake-indexeddb/auto';

import { forceCloseDatabase } from 'fake-indexeddb';
import { type DBSchema, openDB, unwrap } from 'idb';
import { describe, expect, it } from 'vitest';

import { openOnUse } from '../../extension/open-on-use.ts';

interface Schema extends DBSchema {
  notes: { key: string; value: string };
}

const open = () =>
  openDB<Schema>('open-on-use', 1, {
    upgrade(db) {
      db.createObjectStore('notes');
    },
  });

describe('openOnUse', () => {
  it('should open by the first use, once, and again after it was closed', async () => {
    let count = 0;
    const { db, close } = openOnUse(() => {
      count += 1;
      return open();
    });
    await close();
    expect(count).toBe(0);
    await Promise.all([db().then((it) => it.put('notes', 'kept', 'a')), db()]);
    expect(count).toBe(1);
    await close();
    expect(await (await db()).get('notes', 'a')).toBe('kept');
    expect(count).toBe(2);
    await close();
  });

  it('should open again after the browser has closed it', async () => {
    const { db, close } = openOnUse(open);
    // As when the user has the browser delete what the extension stored.
    forceCloseDatabase(unwrap(await db()) as never);
    await (await db()).put('notes', 'kept', 'c');
    await close();
  });

  it('should try again after it could not be opened', async () => {
    let isDiskFull = true;
    const { db, close } = openOnUse(async () => {
      if (isDiskFull) throw new Error('the disk is full');
      return open();
    });
    await expect(db()).rejects.toThrow('the disk is full');
    isDiskFull = false;
    await (await db()).put('notes', 'kept', 'b');
    await close();
  });
});
