import type { DatabaseSync } from 'node:sqlite';

import type { Network } from '../../../shared/wire/chainletter.ts';
import { statement } from './statement.ts';

/** A file in a group as it lies in the ledger. */
export interface LedgerFile {
  ref: number;
  groupRef: number;
  /** CIDv0. */
  cid: string;
  /** Null when only the CID was registered. */
  digest: string | null;
  name: string;
  sizeBytes: number;
  mimetype: string;
  /** Null while the group is provisional: the bytes are kept and not published. */
  network: Network | null;
  createdAt: number;
  deletedAt: number | null;
}

/** What a new file starts with. */
export type NewFile = Omit<LedgerFile, 'ref' | 'deletedAt' | 'createdAt'> & {
  keyvalues?: Record<string, string>;
};

const columns = `f.ref, f.group_ref AS groupRef, f.cid, f.digest, f.name, f.size_bytes AS sizeBytes, f.mimetype,
  f.network, f.created_at AS createdAt, f.deleted_at AS deletedAt`;

/** The group's entry of a CID, deleted or not. */
export function findFile(db: DatabaseSync, groupRef: number, cid: string): LedgerFile | undefined {
  return statement(db, `SELECT ${columns} FROM files f WHERE f.group_ref = ? AND f.cid = ?`).get(
    groupRef,
    cid,
  ) as unknown as LedgerFile | undefined;
}

/** Adds a file, or revives and overwrites the group's deleted (or bytes-less) entry of the same CID. */
export function putFile(db: DatabaseSync, file: NewFile, now: number): LedgerFile {
  const keyvalues = JSON.stringify(file.keyvalues ?? {});
  const row = statement(
    db,
    `INSERT INTO files (group_ref, cid, digest, name, size_bytes, mimetype, network, keyvalues, created_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (group_ref, cid) DO UPDATE SET digest = excluded.digest, name = excluded.name,
       size_bytes = excluded.size_bytes, mimetype = excluded.mimetype, network = excluded.network,
       keyvalues = excluded.keyvalues, created_at = excluded.created_at, deleted_at = NULL
     RETURNING ref`,
  ).get(
    file.groupRef,
    file.cid,
    file.digest,
    file.name,
    file.sizeBytes,
    file.mimetype,
    file.network,
    keyvalues,
    now,
  ) as { ref: number };
  const { keyvalues: _, ...rest } = file;
  return { ...rest, ref: row.ref, createdAt: now, deletedAt: null };
}

/** Takes the file out of its group; the row stays, marked. `now` in Unix milliseconds. */
export function deleteFile(db: DatabaseSync, ref: number, now: number): void {
  statement(db, 'UPDATE files SET deleted_at = ? WHERE ref = ?').run(now, ref);
}

/** The files of a group in the order in which they came. */
export function listFiles(db: DatabaseSync, groupRef: number, withDeleted = false): LedgerFile[] {
  return statement(
    db,
    `SELECT ${columns} FROM files f WHERE f.group_ref = ? AND (f.deleted_at IS NULL OR ?) ORDER BY f.ref`,
  ).all(groupRef, withDeleted ? 1 : 0) as unknown as LedgerFile[];
}

/** The same, `pageSize` at a time: reading a page is what the memory and the moment are good for, however large the group. */
export function* pagesOfFiles(
  db: DatabaseSync,
  groupRef: number,
  { withDeleted, pageSize }: { withDeleted: boolean; pageSize: number },
): Generator<LedgerFile[]> {
  for (let after = 0; ; ) {
    const page = statement(
      db,
      `SELECT ${columns} FROM files f WHERE f.group_ref = ? AND f.ref > ? AND (f.deleted_at IS NULL OR ?)
       ORDER BY f.ref LIMIT ?`,
    ).all(groupRef, after, withDeleted ? 1 : 0, pageSize) as unknown as LedgerFile[];
    if (page.length > 0) yield page;
    if (page.length < pageSize) return;
    after = page.at(-1)?.ref ?? after;
  }
}

/** The live entries of a CID in all groups of a tenant, oldest first. */
export function findFilesByCid(db: DatabaseSync, tenantId: string, cid: string): LedgerFile[] {
  return statement(
    db,
    `SELECT ${columns} FROM files f JOIN groups g ON g.ref = f.group_ref
     WHERE f.cid = ? AND g.tenant_id = ? AND f.deleted_at IS NULL ORDER BY f.ref`,
  ).all(cid, tenantId) as unknown as LedgerFile[];
}

/** How many files there are, and what they take together. */
export interface Totals {
  files: number;
  bytes: number;
}

/** Live files of a tenant, or of one of its groups, on one network or on all (`provisional` is what null counts as). */
export function countFiles(
  db: DatabaseSync,
  tenantId: string,
  filter: { groupRef?: number; network?: Network; provisional: Network },
): Totals {
  const row = statement(
    db,
    `SELECT coalesce(sum(t.files), 0) AS files, coalesce(sum(t.bytes), 0) AS bytes
     FROM groups g JOIN file_totals t ON t.group_ref = g.ref
     WHERE g.tenant_id = ? AND (? IS NULL OR g.ref = ?) AND (? IS NULL OR coalesce(nullif(t.network, ''), ?) = ?)`,
  ).get(
    tenantId,
    filter.groupRef ?? null,
    filter.groupRef ?? null,
    filter.network ?? null,
    filter.provisional,
    filter.network ?? null,
  );
  return row as unknown as Totals;
}
