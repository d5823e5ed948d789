import type { Hex } from 'viem';

import type { Journal } from '../../chain/journal.ts';
import type { Ledger } from './database.ts';
import { statement } from './statement.ts';

interface JournalRow {
  seq: number;
  tx_hash: string;
  tx_raw: string;
  block_time_seconds: number;
}

/** Read in pages, so that no statement stays open while its reader feeds the node. */
const rowsPerPage = 1000;

/**
 * The local chain's journal in the ledger.
 * @param now Unix milliseconds; dates the chain's first block.
 */
export function createJournal(ledger: Ledger, chainId: number, now: () => number = Date.now): Journal {
  const genesisKey = `chain.${chainId}.genesis-time-seconds`;

  return {
    genesisTimeSeconds() {
      return ledger.write((db) => {
        statement(db, 'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING').run(
          genesisKey,
          String(Math.floor(now() / 1000)),
        );
        const row = statement(db, 'SELECT value FROM settings WHERE key = ?').get(genesisKey) as {
          value: string;
        };
        return Number(row.value);
      });
    },

    async append({ txHash, txRaw, blockTimeSeconds }) {
      await ledger.write((db) =>
        statement(
          db,
          'INSERT INTO chain_journal (chain_id, tx_hash, tx_raw, block_time_seconds) VALUES (?, ?, ?, ?)',
        ).run(chainId, txHash, txRaw, blockTimeSeconds),
      );
    },

    *entriesAfter(position) {
      const page = statement(
        ledger.db,
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
    },
  };
}
