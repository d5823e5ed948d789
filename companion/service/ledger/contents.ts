import type { DatabaseSync } from 'node:sqlite';

import type { Fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { statement } from './statement.ts';

/** Bytes that are on disk. */
export interface Content {
  cid: string;
  digest: string;
  sizeBytes: number;
  mimetype: string;
  /** True for a bundle that we made: anybody may read it, whatever the network of its members. */
  isBundle: boolean;
}

/** Records that the bytes of a fingerprint are on disk. What is known already stays as it is. */
export function putContent(
  db: DatabaseSync,
  content: Fingerprint & { mimetype: string; isBundle: boolean },
  now: number,
): void {
  statement(
    db,
    `INSERT INTO contents (cid, digest, size_bytes, mimetype, is_bundle, created_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (cid) DO UPDATE SET is_bundle = max(is_bundle, excluded.is_bundle)`,
  ).run(content.cid, content.digest, content.sizeBytes, content.mimetype, content.isBundle ? 1 : 0, now);
}

/** What the ledger knows of the bytes of a CIDv0; undefined when it has none. */
export function findContent(db: DatabaseSync, cid: string): Content | undefined {
  const row = statement(
    db,
    'SELECT cid, digest, size_bytes AS sizeBytes, mimetype, is_bundle AS isBundle FROM contents WHERE cid = ?',
  ).get(cid);
  return row && ({ ...row, isBundle: row.isBundle === 1 } as unknown as Content);
}

/** What all contents on disk take together, in bytes. */
export function countContentBytes(db: DatabaseSync): number {
  const row = statement(db, 'SELECT size_bytes AS sizeBytes FROM content_totals').get() as {
    sizeBytes: number;
  };
  return row.sizeBytes;
}

/** Who may have the bytes: anybody, or holders of a key or signed link, or nobody any more. */
export interface Publication {
  isPublic: boolean;
  /** Tenants that hold the CID in a live file. */
  tenantIds: string[];
  /** A name that may be shown to anybody who may have the bytes. */
  publicName: string | undefined;
}

/** How a CID is published now, over every tenant's live files and the files that came without a group. */
export function findPublication(db: DatabaseSync, cid: string): Publication {
  const rows = statement(
    db,
    `SELECT g.tenant_id AS tenantId, f.name, f.network FROM files f JOIN groups g ON g.ref = f.group_ref
       WHERE f.cid = ? AND f.deleted_at IS NULL AND f.network IS NOT 'none'
     UNION ALL
     SELECT tenant_id, NULL, network FROM upload_links WHERE cid = ? AND network IS NOT NULL AND network <> 'none'`,
  ).all(cid, cid) as unknown as { tenantId: string; name: string | null; network: string | null }[];
  const open = rows.filter((row) => row.network === 'public');
  return {
    isPublic: open.length > 0,
    tenantIds: [...new Set(rows.map((row) => row.tenantId))],
    publicName: open.find((row) => row.name !== null)?.name ?? undefined,
  };
}
