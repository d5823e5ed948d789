import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/** A digest that was accepted. */
export interface StoredDigest {
  /** Its number in the order of acceptance. */
  seq: number;
  /** 64 lower-case hex digits. */
  digest: string;
  /** What its first submitter wrote beside it. */
  comment: string | null;
  /** Unix milliseconds. */
  createdAtMs: number;
}

/** The digest (64 lower-case hex digits), or undefined when it was never accepted. */
export function findDigest(db: DatabaseSync, digest: string): StoredDigest | undefined {
  const row = statement(
    db,
    'SELECT seq, comment, created_at AS createdAtMs FROM digests WHERE digest = ?',
  ).get(Buffer.from(digest, 'hex')) as Omit<StoredDigest, 'digest'> | undefined;
  return row && { ...row, digest };
}

/** The digest of that number, or undefined when no digest has it. */
export function findDigestBySeq(db: DatabaseSync, seq: number): StoredDigest | undefined {
  return statement(
    db,
    'SELECT seq, lower(hex(digest)) AS digest, comment, created_at AS createdAtMs FROM digests WHERE seq = ?',
  ).get(seq) as unknown as StoredDigest | undefined;
}

/** Accepts a digest that {@link findDigest} does not find, under the next number. */
export function insertDigest(
  db: DatabaseSync,
  { digest, comment, tenantId, createdAtMs }: Omit<StoredDigest, 'seq'> & { tenantId: string },
): StoredDigest {
  const { lastInsertRowid } = statement(
    db,
    'INSERT INTO digests (digest, comment, tenant_id, created_at) VALUES (?, ?, ?, ?)',
  ).run(Buffer.from(digest, 'hex'), comment, tenantId, createdAtMs);
  return { seq: Number(lastInsertRowid), digest, comment, createdAtMs };
}

/** The number of the newest digest; 0 before the first one. */
export function findNewestSeq(db: DatabaseSync): number {
  const row = statement(db, 'SELECT max(seq) AS seq FROM digests').get() as { seq: number | null };
  return row.seq ?? 0;
}
