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

/** An anchor that the ledger has, with what it covers. */
export interface KnownAnchor {
  /** Null for one without a group. */
  groupRef: number | null;
  /** In the order in which a bundle lists them. */
  files: { ref: number; cid: string }[];
}

/**
 * The anchor of this value in this transaction, or undefined when the ledger has none. One that is still on its way counts:
 * its writer finds the transaction by itself.
 */
export function findAnchorIn(
  db: DatabaseSync,
  { chainId, contract, value, transaction }: ContractReference & { value: string; transaction: string },
): KnownAnchor | undefined {
  const anchor = statement(
    db,
    `SELECT ref, group_ref AS groupRef FROM anchors
     WHERE chain_id = ? AND contract = ? AND value = ? AND kind = 'mapping'
       AND (lower(tx_hash) = lower(?) OR state IN ('built', 'sent')) ORDER BY ref LIMIT 1`,
  ).get(chainId, contract, value, transaction) as { ref: number; groupRef: number | null } | undefined;
  if (!anchor) return undefined;
  const files = statement(
    db,
    `SELECT f.ref, f.cid FROM anchor_files af JOIN files f ON f.ref = af.file_ref
     WHERE af.anchor_ref = ? ORDER BY f.ref`,
  ).all(anchor.ref) as unknown as KnownAnchor['files'];
  return { groupRef: anchor.groupRef, files };
}
