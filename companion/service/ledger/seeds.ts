import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/** A seed as it lies in the ledger, with how far its anchor is. */
export interface StoredSeed {
  ref: number;
  /** Lower-case UUID. */
  seedId: string;
  currencyId: number;
  firstSeq: number;
  /** Null while it is open. */
  lastSeq: number | null;
  /** Unix milliseconds. */
  openedAt: number;
  /** Null while it is open. */
  chainId: number | null;
  /** 64 hex digits; null until its tree is built. */
  root: string | null;
  anchorRef: number | null;
  anchorState: 'built' | 'sent' | 'mined' | 'final' | 'failed' | null;
  /** When the anchor's state changed last, Unix milliseconds. */
  anchorUpdatedAt: number | null;
  txHash: string | null;
  blockNumber: number | null;
  blockHash: string | null;
  blockTimeSeconds: number | null;
  /** Who sent the transaction; null before it is in a block. */
  wallet: string | null;
}

const selectSeed = `
  SELECT s.ref, s.seed_id AS seedId, s.currency_id AS currencyId, s.first_seq AS firstSeq, s.last_seq AS lastSeq,
    s.opened_at AS openedAt, s.chain_id AS chainId, s.root, s.anchor_ref AS anchorRef, a.state AS anchorState,
    a.updated_at AS anchorUpdatedAt, a.tx_hash AS txHash, a.block_number AS blockNumber, a.block_hash AS blockHash,
    a.block_time_seconds AS blockTimeSeconds, a.wallet
  FROM seeds s LEFT JOIN anchors a ON a.ref = s.anchor_ref`;

/** The seed of that id (lower case), or undefined. */
export function findSeed(db: DatabaseSync, seedId: string): StoredSeed | undefined {
  return statement(db, `${selectSeed} WHERE s.seed_id = ?`).get(seedId) as unknown as StoredSeed | undefined;
}

/** The seed of a currency that the digest with this number is in, or undefined. */
export function findSeedOf(db: DatabaseSync, seq: number, currencyId: number): StoredSeed | undefined {
  const seed = statement(
    db,
    `${selectSeed} WHERE s.currency_id = ? AND s.first_seq <= ? ORDER BY s.first_seq DESC LIMIT 1`,
  ).get(currencyId, seq) as unknown as StoredSeed | undefined;
  return seed && (seed.lastSeq === null || seed.lastSeq >= seq) ? seed : undefined;
}

/** The open seed of a currency, or undefined. */
export function findOpenSeed(db: DatabaseSync, currencyId: number): StoredSeed | undefined {
  return statement(db, `${selectSeed} WHERE s.currency_id = ? AND s.last_seq IS NULL`).get(
    currencyId,
  ) as unknown as StoredSeed | undefined;
}

/** Seeds that still have a way to go, until their final anchor was told: closed ones, oldest first, behind `afterRef`. */
export function listUnsettledSeeds(db: DatabaseSync, afterRef: number, limit: number): StoredSeed[] {
  return statement(
    db,
    `${selectSeed} WHERE s.told_at IS NULL AND s.last_seq IS NOT NULL AND s.ref > ? ORDER BY s.ref LIMIT ?`,
  ).all(afterRef, limit) as unknown as StoredSeed[];
}

/** Whether a closed seed is on its way to this chain and its root was not sent. The plus: few seeds are unsettled, many were. */
export function hasUnsentSeed(db: DatabaseSync, currencyId: number, chainId: number): boolean {
  return (
    statement(
      db,
      `SELECT 1 FROM seeds s LEFT JOIN anchors a ON a.ref = s.anchor_ref
       WHERE s.told_at IS NULL AND s.last_seq IS NOT NULL AND +s.currency_id = ? AND s.chain_id = ?
         AND (a.state IS NULL OR a.state = 'built') LIMIT 1`,
    ).get(currencyId, chainId) !== undefined
  );
}

/** Opens a seed whose first digest is that of `firstSeq`. There must be no open one of the currency. */
export function openSeed(
  db: DatabaseSync,
  seed: Pick<StoredSeed, 'seedId' | 'currencyId' | 'firstSeq' | 'openedAt'>,
): void {
  statement(db, 'INSERT INTO seeds (seed_id, currency_id, first_seq, opened_at) VALUES (?, ?, ?, ?)').run(
    seed.seedId,
    seed.currencyId,
    seed.firstSeq,
    seed.openedAt,
  );
}

/** Closes an open seed. @param lastSeq undefined: with the newest digest that there is. */
export function closeSeed(
  db: DatabaseSync,
  seedId: string,
  { lastSeq, chainId, nowMs }: { lastSeq?: number; chainId: number; nowMs: number },
): void {
  statement(
    db,
    `UPDATE seeds SET last_seq = coalesce(?, (SELECT max(seq) FROM digests)), chain_id = ?, closed_at = ?
     WHERE seed_id = ? AND last_seq IS NULL`,
  ).run(lastSeq ?? null, chainId, nowMs, seedId);
}

/** Keeps the root of a seed whose tree is built. */
export function setRoot(db: DatabaseSync, ref: number, root: string): void {
  statement(db, 'UPDATE seeds SET root = ? WHERE ref = ?').run(root, ref);
}

/** Keeps which anchor brings the root onto the chain. */
export function setAnchor(db: DatabaseSync, ref: number, anchorRef: number): void {
  statement(db, 'UPDATE seeds SET anchor_ref = ? WHERE ref = ?').run(anchorRef, ref);
}

/** Notes that whoever waits for the final anchor was told; not when the anchor ceased to be final meanwhile. */
export function markTold(db: DatabaseSync, ref: number, nowMs: number): void {
  statement(
    db,
    `UPDATE seeds SET told_at = ? WHERE ref = ?
       AND EXISTS (SELECT 1 FROM anchors a WHERE a.ref = seeds.anchor_ref AND a.state = 'final')`,
  ).run(nowMs, ref);
}

/** How many anchors of this root have failed on the chain. */
export function countFailedAnchors(db: DatabaseSync, chainId: number, root: string): number {
  const row = statement(
    db,
    "SELECT count(*) AS count FROM anchors WHERE value = ? AND chain_id = ? AND kind = 'root' AND state = 'failed'",
  ).get(root, chainId) as { count: number };
  return row.count;
}

/**
 * The digests numbered `firstSeq` to `lastSeq`, one behind the other, 32 bytes each, in pages of at most `perPage`. No
 * statement stays open between two pages, so that the reader may take its time.
 */
export function* readDigests(
  db: DatabaseSync,
  firstSeq: number,
  lastSeq: number,
  perPage: number,
): Generator<Buffer<ArrayBuffer>> {
  // One text per page instead of one object per row: five times as fast, and this runs where requests are answered.
  const page = statement(
    db,
    "SELECT group_concat(hex(digest), '') AS hex FROM (SELECT digest FROM digests WHERE seq BETWEEN ? AND ?)",
  );
  for (let from = firstSeq; from <= lastSeq; from += perPage) {
    const { hex } = page.get(from, Math.min(from + perPage - 1, lastSeq)) as { hex: string | null };
    // `Buffer.from(text, 'hex')` may take from the shared pool, whose memory cannot be transferred.
    const text = hex ?? '';
    const bytes = Buffer.alloc(text.length / 2);
    bytes.write(text, 'hex');
    yield bytes;
  }
}
