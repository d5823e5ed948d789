import type { DatabaseSync } from 'node:sqlite';

import type { Network } from '../../../shared/wire/chainletter.ts';
import type { Stamp } from './stamps.ts';
import { statement } from './statement.ts';

/** A live entry of a CID, whoever has it: what public pages are made of. Names of private files are not for showing. */
export interface RecordedFile {
  tenantId: string;
  tenantName: string;
  /** Null: known by its CID only. */
  digest: string | null;
  mimetype: string;
  network: Network | null;
}

/** A stamp, and who made it. */
export interface RecordedStamp extends Stamp {
  tenantId: string;
  tenantName: string;
  isFinal: boolean;
}

/** The live entries of a CID over all tenants, oldest first. */
export function listRecordedFiles(db: DatabaseSync, cid: string): RecordedFile[] {
  return statement(
    db,
    `SELECT t.id AS tenantId, t.name AS tenantName, f.digest, f.mimetype, f.network
     FROM files f JOIN groups g ON g.ref = f.group_ref JOIN tenants t ON t.id = g.tenant_id
     WHERE f.cid = ? AND f.deleted_at IS NULL ORDER BY f.ref`,
  ).all(cid) as unknown as RecordedFile[];
}

/** Every stamp that covers a CID, or that wrote it itself, over all tenants, earliest first. */
export function listRecordedStamps(db: DatabaseSync, cid: string): RecordedStamp[] {
  const rows = statement(
    db,
    `SELECT a.tenant_id AS tenantId, t.name AS tenantName, a.value, a.is_bundle AS isBundle, a.contract,
       a.chain_id AS chainId, a.tx_hash AS txHash, a.block_number AS blockNumber,
       a.block_time_seconds AS blockTimeSeconds, a.state = 'final' AS isFinal
     FROM anchors a JOIN tenants t ON t.id = a.tenant_id
     WHERE a.state IN ('mined', 'final') AND a.ref IN (
       SELECT af.anchor_ref FROM files f JOIN anchor_files af ON af.file_ref = f.ref WHERE f.cid = ?
       UNION
       SELECT ref FROM anchors WHERE value = ? AND kind = 'mapping')
     ORDER BY a.block_time_seconds, a.block_number, a.log_index, a.ref`,
  ).all(cid, cid) as unknown as (Omit<RecordedStamp, 'isBundle' | 'isFinal'> & {
    isBundle: number;
    isFinal: number;
  })[];
  return rows.map((row) => ({ ...row, isBundle: row.isBundle === 1, isFinal: row.isFinal === 1 }));
}

/** The public file whose CID begins so; of several the one that came first. */
export function findPublicCidByPrefix(db: DatabaseSync, prefix: string): string | undefined {
  const row = statement(
    db,
    `SELECT cid FROM files WHERE cid >= ? AND cid < ? AND deleted_at IS NULL AND coalesce(network, 'public') = 'public'
     ORDER BY +ref LIMIT 1`, // The sign keeps the planner from walking all files in this order.
  ).get(prefix, `${prefix}~`) as { cid: string } | undefined;
  return row?.cid;
}

/** The tenant that the service's own host belongs to: its first. */
export function findHostTenant(db: DatabaseSync): { id: string; name: string } | undefined {
  return statement(db, 'SELECT id, name FROM tenants ORDER BY created_at, rowid LIMIT 1').get() as
    | { id: string; name: string }
    | undefined;
}
