import type { DatabaseSync } from 'node:sqlite';

import type { Network } from '../../../shared/wire/chainletter.ts';
import { statement } from './statement.ts';

/** What was fixed when the link was signed: it wins over anything that comes with the upload. */
export interface UploadTerms {
  /** Group id or name; null: the file goes into no group. */
  group: string | null;
  filename: string | null;
  /** Null: not stated. */
  network: Network | null;
  maxFileBytes: number;
  /** Lower-case MIME types, `image/*` included; empty: all. */
  allowMimeTypes: string[];
  keyvalues: Record<string, string>;
  /** In which letters the answer names the CID; absent: as the sender asks, else v0. */
  cidVersion?: 'v0' | 'v1';
  /** Number of the token that asked for the link; absent: the secret key did. */
  token?: number;
}

/** A signed link that was handed out. */
export interface UploadLink {
  id: string;
  tenantId: string;
  terms: UploadTerms;
  /** Unix milliseconds. */
  expiresAt: number;
  usedAt: number | null;
  /** What came through the link, once used. */
  cid: string | null;
  /** The answer that was given, to give it again. */
  result: Record<string, unknown> | null;
}

/** Stores a link before it is handed out. */
export function insertUploadLink(
  db: DatabaseSync,
  link: Pick<UploadLink, 'id' | 'tenantId' | 'terms' | 'expiresAt'>,
  now: number,
): void {
  statement(
    db,
    'INSERT INTO upload_links (id, tenant_id, terms, expires_at, created_at) VALUES (?, ?, ?, ?, ?)',
  ).run(link.id, link.tenantId, JSON.stringify(link.terms), link.expiresAt, now);
}

/** The link of that id, used or not. */
export function findUploadLink(db: DatabaseSync, id: string): UploadLink | undefined {
  const row = statement(
    db,
    `SELECT id, tenant_id AS tenantId, terms, expires_at AS expiresAt, used_at AS usedAt, cid, result
     FROM upload_links WHERE id = ?`,
  ).get(id) as unknown as
    | (Omit<UploadLink, 'terms' | 'result'> & { terms: string; result: string | null })
    | undefined;
  if (!row) return undefined;
  return {
    ...row,
    terms: JSON.parse(row.terms),
    result: row.result === null ? null : JSON.parse(row.result),
  };
}

/** Marks a link as used by this upload. `network` only counts for a file that went into no group. */
export function closeUploadLink(
  db: DatabaseSync,
  link: { id: string; cid: string; network: Network | null; result: Record<string, unknown> },
  now: number,
): void {
  statement(db, 'UPDATE upload_links SET used_at = ?, cid = ?, network = ?, result = ? WHERE id = ?').run(
    now,
    link.cid,
    link.network,
    JSON.stringify(link.result),
    link.id,
  );
}

/** Forgets links that expired unused, unless an upload that began in time is still on its way through. */
export function dropExpiredLinks(db: DatabaseSync, now: number): void {
  statement(
    db,
    `DELETE FROM upload_links WHERE used_at IS NULL AND expires_at < ?
       AND NOT EXISTS (SELECT 1 FROM resumable_uploads WHERE link_id = upload_links.id)`,
  ).run(now);
}

/** What a tenant sent through a link without naming a group. */
export function findUngroupedUpload(
  db: DatabaseSync,
  tenantId: string,
  cid: string,
): { network: Network; name: string } | undefined {
  const row = statement(
    db,
    `SELECT network, result FROM upload_links
     WHERE tenant_id = ? AND cid = ? AND network IS NOT NULL ORDER BY used_at LIMIT 1`,
  ).get(tenantId, cid) as { network: Network; result: string } | undefined;
  return row && { network: row.network, name: String(JSON.parse(row.result).name ?? '') };
}
