import type { DatabaseSync } from 'node:sqlite';

import type { Network } from '../../../shared/wire/chainletter.ts';
import { statement } from './statement.ts';

/** An anchor that is in a block and covers a file. */
export interface Stamp {
  /** The CID on chain. */
  value: string;
  isBundle: boolean;
  contract: string;
  chainId: number;
  txHash: string;
  blockNumber: number;
  /** Unix seconds. */
  blockTimeSeconds: number;
}

/**
 * Every stamp of a tenant that covers a CID, earliest first. One that is several anchors' (the same file in two groups)
 * is on the chain once, and is one.
 */
export function findStamps(db: DatabaseSync, tenantId: string, cid: string): Stamp[] {
  const rows = statement(
    db,
    `SELECT a.value, max(a.is_bundle) AS isBundle, a.contract, a.chain_id AS chainId, a.tx_hash AS txHash,
       a.block_number AS blockNumber, a.block_time_seconds AS blockTimeSeconds
     FROM files f CROSS JOIN anchor_files af ON af.file_ref = f.ref CROSS JOIN anchors a ON a.ref = af.anchor_ref
     WHERE f.cid = ? AND a.tenant_id = ? AND a.state IN ('mined', 'final')
     GROUP BY a.chain_id, a.tx_hash, a.log_index
     ORDER BY a.block_time_seconds, a.block_number, a.log_index, min(a.ref)`,
  ).all(cid, tenantId) as unknown as (Omit<Stamp, 'isBundle'> & { isBundle: number })[];
  return rows.map((row) => ({ ...row, isBundle: row.isBundle === 1 }));
}

/** True when the file is covered by an anchor that is on the chain or on its way there. */
export function isAnchored(db: DatabaseSync, fileRef: number): boolean {
  return (
    statement(
      db,
      `SELECT 1 FROM anchor_files af JOIN anchors a ON a.ref = af.anchor_ref
       WHERE af.file_ref = ? AND a.state <> 'failed' LIMIT 1`,
    ).get(fileRef) !== undefined
  );
}

/** The group's newest anchor that did not fail. */
export function findNewestAnchor(
  db: DatabaseSync,
  groupRef: number,
): { ref: number; value: string; isMined: boolean } | undefined {
  const row = statement(
    db,
    `SELECT ref, value, state IN ('mined', 'final') AS isMined FROM anchors
     WHERE group_ref = ? AND state <> 'failed' ORDER BY ref DESC LIMIT 1`,
  ).get(groupRef) as { ref: number; value: string; isMined: number } | undefined;
  return row && { ...row, isMined: row.isMined === 1 };
}

/** A stamp that waits for a chain to be configured. */
export interface QueuedStamp {
  groupRef: number;
  tenantId: string;
  /** Null: files of every network. */
  network: Network | null;
}

/** Queues a stamp of the group; a second one with another network widens the first to every network. */
export function queueStamp(db: DatabaseSync, stamp: QueuedStamp, now: number): void {
  statement(
    db,
    `INSERT INTO queued_stamps (group_ref, tenant_id, network, created_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (group_ref) DO UPDATE SET
       network = CASE WHEN network IS excluded.network THEN network ELSE NULL END`,
  ).run(stamp.groupRef, stamp.tenantId, stamp.network, now);
}

/** What was queued while there was no chain, oldest first. */
export function listQueuedStamps(db: DatabaseSync): QueuedStamp[] {
  return statement(
    db,
    'SELECT group_ref AS groupRef, tenant_id AS tenantId, network FROM queued_stamps ORDER BY created_at, group_ref',
  ).all() as unknown as QueuedStamp[];
}

/** Takes a group's stamp out of the queue. */
export function dropQueuedStamp(db: DatabaseSync, groupRef: number): void {
  statement(db, 'DELETE FROM queued_stamps WHERE group_ref = ?').run(groupRef);
}
