import { existsSync } from 'node:fs';

import { openHome } from '../home.ts';
import { createContentStore } from '../service/content-store.ts';
import { openLedger } from '../service/ledger/database.ts';
import { forgetRecoveries } from '../service/ledger/recovery.ts';
import { isContentOf } from './read-contents.ts';
import { openRecordFolder, requireRecordFolder } from './record-folder.ts';

/**
 * Makes the next start of a companion compare its ledger with its chains, and gives its content store what a rehydrated
 * folder holds, so that bundles which it has lost can be read again.
 * @param importFrom folder of the layout of `record-folder.ts`; content that does not hash to its name is left out.
 * @returns how many contents were taken over.
 * @throws HashmarkError `home-in-use` while a companion runs on the home, `record-missing` when there is nothing
 * to import.
 */
export async function prepareRecovery(
  homeFolder: string,
  importFrom: string | undefined,
  signal: AbortSignal,
): Promise<{ contents: number }> {
  if (importFrom !== undefined) requireRecordFolder(importFrom);
  const home = openHome(homeFolder);
  try {
    let contents = 0;
    if (importFrom !== undefined) {
      const from = openRecordFolder(importFrom);
      const store = createContentStore(home.contentFolder);
      await store.prepare();
      for (const { cid } of from.listContents()) {
        signal.throwIfAborted();
        const bytes = from.readContent(cid);
        if (!bytes || (await store.has(cid)) || !(await isContentOf(cid, bytes))) continue;
        await store.put(bytes);
        contents += 1;
      }
    }
    // A new one compares itself with the chains anyway.
    if (!existsSync(home.ledgerPath)) return { contents };
    const ledger = openLedger(home.ledgerPath);
    try {
      await ledger.write(forgetRecoveries);
    } finally {
      await ledger.close();
    }
    return { contents };
  } finally {
    home.release();
  }
}
