import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/** The contract whose stamps the ledger should know. */
export interface ContractReference {
  chainId: number;
  contract: string;
}

const keyPrefix = 'recovered.';
const keyOf = ({ chainId, contract }: ContractReference) =>
  `${keyPrefix}${chainId}.${contract.toLowerCase()}`;

/** Whether this ledger was compared with the contract once: since then it writes down its own stamps. */
export function isRecovered(db: DatabaseSync, reference: ContractReference): boolean {
  return statement(db, 'SELECT 1 FROM settings WHERE key = ?').get(keyOf(reference)) !== undefined;
}

/** @param block last block that was compared. */
export function markRecovered(db: DatabaseSync, reference: ContractReference, block: number): void {
  statement(
    db,
    'INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  ).run(keyOf(reference), String(block));
}

/** The next start compares the ledger with every contract again. */
export function forgetRecoveries(db: DatabaseSync): void {
  statement(db, 'DELETE FROM settings WHERE substr(key, 1, ?) = ?').run(keyPrefix.length, keyPrefix);
}

/** Whether the ledger has an anchor of this value in this transaction. */
export function hasAnchorIn(
  db: DatabaseSync,
  { chainId, contract, value, transaction }: ContractReference & { value: string; transaction: string },
): boolean {
  return (
    statement(
      db,
      `SELECT 1 FROM anchors
       WHERE chain_id = ? AND contract = ? AND value = ? AND lower(tx_hash) = lower(?) LIMIT 1`,
    ).get(chainId, contract, value, transaction) !== undefined
  );
}
