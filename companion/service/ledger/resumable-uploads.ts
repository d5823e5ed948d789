import type { DatabaseSync } from 'node:sqlite';

import type { Fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { statement } from './statement.ts';

/** An upload in several requests. Its bytes so far lie in a file of their own. */
export interface ResumableUpload {
  id: string;
  /** The link that it came through; a link has at most one. */
  linkId: string;
  /** Of the whole content, as announced. */
  sizeBytes: number;
  /** Flushed to disk; at least what the sender was told. */
  receivedBytes: number;
  /** As the sender gave it. */
  metadata: Record<string, string>;
  /** Null until the first bytes are here. */
  mimetype: string | null;
  /** Null until all bytes are here. */
  fingerprint: Fingerprint | null;
  /** Unix milliseconds; null until the link has taken the content. */
  finishedAt: number | null;
  /** Unix milliseconds of the last progress. */
  activeAt: number;
}

const columns = `id, link_id AS linkId, size_bytes AS sizeBytes, received_bytes AS receivedBytes, metadata, mimetype,
  fingerprint, finished_at AS finishedAt, active_at AS activeAt`;

type Row = Omit<ResumableUpload, 'metadata' | 'fingerprint'> & {
  metadata: string;
  fingerprint: string | null;
};

/** Adds an upload that has received nothing yet. The link must have none. */
export function insertResumableUpload(
  db: DatabaseSync,
  upload: Pick<ResumableUpload, 'id' | 'linkId' | 'sizeBytes' | 'metadata'>,
  now: number,
): void {
  statement(
    db,
    'INSERT INTO resumable_uploads (id, link_id, size_bytes, metadata, active_at) VALUES (?, ?, ?, ?, ?)',
  ).run(upload.id, upload.linkId, upload.sizeBytes, JSON.stringify(upload.metadata), now);
}

/** The upload of that id, finished or not. */
export function findResumableUpload(db: DatabaseSync, id: string): ResumableUpload | undefined {
  return toUpload(statement(db, `SELECT ${columns} FROM resumable_uploads WHERE id = ?`).get(id));
}

/** The upload of a link, finished or not. */
export function findUploadOfLink(db: DatabaseSync, linkId: string): ResumableUpload | undefined {
  return toUpload(statement(db, `SELECT ${columns} FROM resumable_uploads WHERE link_id = ?`).get(linkId));
}

function toUpload(row: unknown): ResumableUpload | undefined {
  if (!row) return undefined;
  const { metadata, fingerprint, ...rest } = row as Row;
  return {
    ...rest,
    metadata: JSON.parse(metadata),
    fingerprint: fingerprint === null ? null : JSON.parse(fingerprint),
  };
}

/** Notes how many bytes are safe. */
export function markReceived(db: DatabaseSync, id: string, receivedBytes: number, now: number): void {
  statement(db, 'UPDATE resumable_uploads SET received_bytes = ?, active_at = ? WHERE id = ?').run(
    receivedBytes,
    now,
    id,
  );
}

/** Notes the type, once the first bytes have told it. */
export function setUploadMimetype(db: DatabaseSync, id: string, mimetype: string): void {
  statement(db, 'UPDATE resumable_uploads SET mimetype = ? WHERE id = ?').run(mimetype, id);
}

/** Before the bytes get their final name: a run that dies in between finds them by it. */
export function setUploadFingerprint(db: DatabaseSync, id: string, fingerprint: Fingerprint): void {
  statement(db, 'UPDATE resumable_uploads SET fingerprint = ? WHERE id = ?').run(
    JSON.stringify(fingerprint),
    id,
  );
}

/** Part of the transaction in which the link takes the content. */
export function finishResumableUpload(db: DatabaseSync, id: string, now: number): void {
  statement(db, 'UPDATE resumable_uploads SET finished_at = ?, active_at = ? WHERE id = ?').run(now, now, id);
}

/** Forgets an upload; its bytes are the caller's to remove. */
export function dropResumableUpload(db: DatabaseSync, id: string): void {
  statement(db, 'DELETE FROM resumable_uploads WHERE id = ?').run(id);
}

/** Forgets uploads without progress since `before`; their ids. */
export function dropIdleUploads(db: DatabaseSync, before: number): string[] {
  const rows = statement(db, 'DELETE FROM resumable_uploads WHERE active_at < ? RETURNING id').all(before);
  return rows.map((row) => String(row.id));
}

/** Ids of the uploads that still wait for bytes or for their end. */
export function listOpenUploads(db: DatabaseSync): string[] {
  return statement(db, 'SELECT id FROM resumable_uploads WHERE finished_at IS NULL')
    .all()
    .map((row) => String(row.id));
}

/** Over all uploads that are under way: the bytes that were announced, and those of them that have not come yet. */
export function countOpenUploadBytes(db: DatabaseSync): { announced: number; awaited: number } {
  const row = statement(
    db,
    `SELECT coalesce(sum(size_bytes), 0) AS announced, coalesce(sum(size_bytes - received_bytes), 0) AS awaited
     FROM resumable_uploads WHERE finished_at IS NULL`,
  ).get();
  return row as unknown as { announced: number; awaited: number };
}
