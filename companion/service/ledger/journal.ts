import type { Hex } from 'viem';

import type { Journal, JournalEntry } from '../../chain/journal.ts';
import { type Ledger, openDatabase } from './database.ts';
import { statement } from './statement.ts';

/** The local chain's journal in a file of its own. */
export interface JournalFile extends Journal {
  /**
   * Takes over the journal that earlier versions kept in the ledger, when this one is empty. In one transaction, so a crash
   * leaves all of it or nothing; the ledger keeps its copy.
   */
  adopt(ledger: Ledger): Promise<void>;
  close(): Promise<void>;
}

/** One step per entry; a step that was released never changes. */
const schema = [
  `
  -- Every transaction the local chain was given, with the time of its block: the node itself is a rebuildable view.
  CREATE TABLE chain_journal (
    seq INTEGER PRIMARY KEY,
    chain_id INTEGER NOT NULL,
    tx_hash TEXT NOT NULL UNIQUE,
    tx_raw TEXT NOT NULL,
    block_time_seconds INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  `,
];

interface JournalRow {
  seq: number;
  tx_hash: string;
  tx_raw: string;
  block_time_seconds: number;
}

/** Read in pages, so that no statement stays open while its reader feeds the node. */
const rowsPerPage = 1000;

/**
 * Opens, or creates, the journal of the local chain. It is a file of its own because it is the chain: who loses the
 * ledger loses names and groups, and the stamps are rebuilt from the chain.
 * @param path file path, or `:memory:` in tests that do not need durability.
 * @param now Unix milliseconds; dates the chain's first block.
 */
export function openJournal(path: string, chainId: number, now: () => number = Date.now): JournalFile {
  const store = openDatabase(path, schema);
  const genesisKey = `chain.${chainId}.genesis-time-seconds`;

  function* entriesAfter(db: Ledger['db'], position: number) {
    const page = statement(
      db,
      'SELECT seq, tx_hash, tx_raw, block_time_seconds FROM chain_journal WHERE chain_id = ? AND seq > ? ORDER BY seq LIMIT ?',
    );
    for (let last = position; ; ) {
      const rows = page.all(chainId, last, rowsPerPage) as unknown as JournalRow[];
      for (const row of rows) {
        yield {
          position: row.seq,
          txHash: row.tx_hash as Hex,
          txRaw: row.tx_raw as Hex,
          blockTimeSeconds: row.block_time_seconds,
        };
      }
      if (rows.length < rowsPerPage) return;
      last = rows.at(-1)?.seq ?? last;
    }
  }

  function readGenesis(db: Ledger['db']): string | undefined {
    const row = statement(db, 'SELECT value FROM settings WHERE key = ?').get(genesisKey) as
      | { value: string }
      | undefined;
    return row?.value;
  }

  function keepGenesis(db: Ledger['db'], value: string): void {
    statement(db, 'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING').run(
      genesisKey,
      value,
    );
  }

  function insert(db: Ledger['db'], { txHash, txRaw, blockTimeSeconds }: JournalEntry): void {
    statement(
      db,
      'INSERT INTO chain_journal (chain_id, tx_hash, tx_raw, block_time_seconds) VALUES (?, ?, ?, ?)',
    ).run(chainId, txHash, txRaw, blockTimeSeconds);
  }

  return {
    genesisTimeSeconds() {
      return store.write((db) => {
        keepGenesis(db, String(Math.floor(now() / 1000)));
        return Number(readGenesis(db));
      });
    },

    async append(entry) {
      await store.write((db) => insert(db, entry));
    },

    entriesAfter: (position) => entriesAfter(store.db, position),

    async adopt(ledger) {
      const genesis = readGenesis(ledger.db);
      if (genesis === undefined || readGenesis(store.db) !== undefined) return;
      await store.write((db) => {
        keepGenesis(db, genesis);
        for (const entry of entriesAfter(ledger.db, 0)) insert(db, entry);
      });
    },

    close: () => store.close(),
  };
}
