import type { Hex } from 'viem';

import type { LogStore, StoredLog } from '../../chain/log-store.ts';
import type { Ledger } from './database.ts';
import { statement } from './statement.ts';

/** The store of one contract's logs in the ledger. Contract addresses are kept in lower case: there are two spellings. */
export function createLogStore(ledger: Ledger, chainId: number, contract: string): LogStore {
  const address = contract.toLowerCase();
  return {
    readTo() {
      const row = statement(
        ledger.db,
        'SELECT read_to AS readTo FROM chain_reads WHERE chain_id = ? AND contract = ?',
      ).get(chainId, address) as { readTo: number } | undefined;
      return row?.readTo;
    },

    record: (toBlock, logs) =>
      ledger.write((db) => {
        const insert = statement(
          db,
          `INSERT INTO chain_logs (chain_id, contract, value, block_number, log_index, tx_hash)
             VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        );
        for (const { value, blockNumber, logIndex, txHash } of logs) {
          insert.run(chainId, address, value, blockNumber, logIndex, txHash);
        }
        statement(
          db,
          `INSERT INTO chain_reads (chain_id, contract, read_to) VALUES (?, ?, ?)
             ON CONFLICT (chain_id, contract) DO UPDATE SET read_to = max(read_to, excluded.read_to)`,
        ).run(chainId, address, toBlock);
      }),

    find(value) {
      const row = statement(
        ledger.db,
        `SELECT value, block_number AS blockNumber, log_index AS logIndex, tx_hash AS txHash FROM chain_logs
           WHERE chain_id = ? AND contract = ? AND value = ? ORDER BY block_number, log_index LIMIT 1`,
      ).get(chainId, address, value);
      return row && ({ ...row, txHash: (row as { txHash: Hex }).txHash } as unknown as StoredLog);
    },
  };
}
