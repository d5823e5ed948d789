import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/** How far an anchor is; what each state means stands at `AnchorState` in anchoring. */
type State = 'built' | 'sent' | 'mined' | 'final' | 'failed';

/** An anchor as it lies in the ledger. */
export interface Anchor {
  ref: number;
  tenantId: string;
  /** `mapping`: a CID through the contract. `root`: the root of a seed as the input of a plain transaction. */
  kind: 'mapping' | 'root';
  /** Null for a root. */
  groupRef: number | null;
  /** What the wire calls the group's id; null for a root. */
  groupId: string | null;
  chainId: number;
  /** With the chain it names the writer, also of a root, which is not written to it. */
  contract: string;
  /** A CID, or the 64 hex digits of a root. */
  value: string;
  isBundle: boolean;
  network: string;
  state: State;
  /** The signed transaction; the hash may also be another one's that had written the same value before. */
  txHash: string | null;
  txRaw: string | null;
  txNonce: number | null;
  /** When the present transaction was signed, Unix milliseconds; null on one from before that was noted. */
  txSignedAt: number | null;
  blockNumber: number | null;
  blockHash: string | null;
  blockTimeSeconds: number | null;
  failure: string | null;
  filesCovered: number;
}

type Row = Omit<Anchor, 'isBundle'> & { isBundle: number };

const selectAnchor = `
  SELECT a.ref, a.tenant_id AS tenantId, a.kind, a.group_ref AS groupRef, g.group_id AS groupId, a.chain_id AS chainId, a.contract,
    a.value, a.is_bundle AS isBundle, a.network, a.state, a.tx_hash AS txHash, a.tx_raw AS txRaw, a.tx_nonce AS txNonce,
    a.tx_signed_at AS txSignedAt,
    a.block_number AS blockNumber, a.block_hash AS blockHash, a.block_time_seconds AS blockTimeSeconds, a.failure,
    (SELECT count(*) FROM anchor_files f WHERE f.anchor_ref = a.ref) AS filesCovered
  FROM anchors a LEFT JOIN groups g ON g.ref = a.group_ref`;

// The plus before `chain_id` keeps the planner from the index of values: of open anchors there are few, of values very many.

/** Anchors that {@link selectAnchor} with `rest` finds. */
function selectAnchors(db: DatabaseSync, rest: string, ...values: (string | number)[]): Anchor[] {
  const rows = statement(db, `${selectAnchor} ${rest}`).all(...values) as unknown as Row[];
  return rows.map((row) => ({ ...row, isBundle: row.isBundle === 1 }));
}

/** The anchor, or undefined when there is none of that number. */
export function findAnchor(db: DatabaseSync, ref: number): Anchor | undefined {
  return selectAnchors(db, 'WHERE a.ref = ?', ref)[0];
}

/** The group's newest anchor on a contract that has not failed. */
export function findNewestLiveAnchor(
  db: DatabaseSync,
  groupRef: number,
  chainId: number,
  contract: string,
): Anchor | undefined {
  return selectAnchors(
    db,
    "WHERE a.group_ref = ? AND a.chain_id = ? AND a.contract = ? AND a.state <> 'failed' ORDER BY a.ref DESC LIMIT 1",
    groupRef,
    chainId,
    contract,
  )[0];
}

/**
 * Anchors of one contract that still have a way to go, oldest first, behind `afterRef`; and the chain's open roots, which
 * need no contract, so that they go on with the next one.
 */
export function listOpenAnchors(
  db: DatabaseSync,
  chainId: number,
  contract: string,
  afterRef: number,
  limit: number,
): Anchor[] {
  return selectAnchors(
    db,
    `WHERE a.state IN ('built', 'sent', 'mined') AND +a.chain_id = ? AND (a.contract = ? OR a.kind = 'root') AND a.ref > ?
       ORDER BY a.ref LIMIT ?`,
    chainId,
    contract,
    afterRef,
    limit,
  );
}

/** How many anchors of one contract still have a way to go. */
export function countOpenAnchors(db: DatabaseSync, chainId: number, contract: string): number {
  const row = statement(
    db,
    `SELECT count(*) AS count FROM anchors
       WHERE state IN ('built', 'sent', 'mined') AND +chain_id = ? AND contract = ?`,
  ).get(chainId, contract) as { count: number };
  return row.count;
}

/** Final anchors of one contract, newest first, before `beforeRef`. */
export function listFinalAnchors(
  db: DatabaseSync,
  chainId: number,
  contract: string,
  beforeRef: number,
  limit: number,
): Anchor[] {
  return selectAnchors(
    db,
    "WHERE a.state = 'final' AND +a.chain_id = ? AND a.contract = ? AND a.ref < ? ORDER BY a.ref DESC LIMIT ?",
    chainId,
    contract,
    beforeRef,
    limit,
  );
}

/** What a new anchor starts with. */
export interface NewAnchor {
  tenantId: string;
  groupRef: number;
  chainId: number;
  contract: string;
  value: string;
  isBundle: boolean;
  network: string;
  nowMs: number;
}

/** Adds an anchor in state `built`. @returns its number. */
export function insertAnchor(db: DatabaseSync, anchor: NewAnchor): number {
  const { lastInsertRowid } = statement(
    db,
    `INSERT INTO anchors (tenant_id, group_ref, chain_id, contract, value, is_bundle, network, state, created_at, updated_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, 'built', ?, ?)`,
  ).run(
    anchor.tenantId,
    anchor.groupRef,
    anchor.chainId,
    anchor.contract,
    anchor.value,
    anchor.isBundle ? 1 : 0,
    anchor.network,
    anchor.nowMs,
    anchor.nowMs,
  );
  return Number(lastInsertRowid);
}

/** Adds an anchor for the root of a seed, in state `built`. @returns its number. */
export function insertRootAnchor(
  db: DatabaseSync,
  anchor: Pick<NewAnchor, 'tenantId' | 'chainId' | 'contract' | 'value' | 'nowMs'>,
): number {
  const { lastInsertRowid } = statement(
    db,
    `INSERT INTO anchors (tenant_id, kind, chain_id, contract, value, is_bundle, network, state, created_at, updated_at)
       VALUES (?, 'root', ?, ?, ?, 0, 'public', 'built', ?, ?)`,
  ).run(anchor.tenantId, anchor.chainId, anchor.contract, anchor.value, anchor.nowMs, anchor.nowMs);
  return Number(lastInsertRowid);
}

/** Notes that the anchor covers these files; those that it already covers stay. */
export function coverFiles(db: DatabaseSync, anchorRef: number, fileRefs: readonly number[]): void {
  const insert = statement(
    db,
    'INSERT INTO anchor_files (anchor_ref, file_ref) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  for (const fileRef of fileRefs) insert.run(anchorRef, fileRef);
}

/** Stores the signed transaction before it is sent. The anchor stays `built`: nobody else knows of it yet. */
export function storeTransaction(
  db: DatabaseSync,
  ref: number,
  transaction: StoredTransaction,
  nowMs: number,
): void {
  statement(
    db,
    'UPDATE anchors SET tx_hash = ?, tx_raw = ?, tx_nonce = ?, tx_signed_at = ?, updated_at = ? WHERE ref = ?',
  ).run(transaction.hash, transaction.raw, transaction.nonce, nowMs, nowMs, ref);
}

/** A signed transaction as the ledger keeps it. */
export interface StoredTransaction {
  hash: string;
  raw: string;
  nonce: number;
}

/**
 * Stores the transaction that replaces the present one (same nonce, higher fee) before it is sent. The replaced one is
 * remembered: it may still be the one that gets into a block.
 */
export function storeReplacement(
  db: DatabaseSync,
  ref: number,
  transaction: StoredTransaction,
  nowMs: number,
): void {
  statement(
    db,
    `INSERT INTO replaced_transactions (tx_hash, anchor_ref, tx_raw, tx_nonce, replaced_at)
       SELECT tx_hash, ref, tx_raw, tx_nonce, ? FROM anchors WHERE ref = ? ON CONFLICT DO NOTHING`,
  ).run(nowMs, ref);
  storeTransaction(db, ref, transaction, nowMs);
}

/** Makes a replaced transaction the present one again: it is the one that got into a block. */
export function restoreReplaced(
  db: DatabaseSync,
  ref: number,
  transaction: StoredTransaction,
  nowMs: number,
): void {
  storeReplacement(db, ref, transaction, nowMs);
  statement(db, 'DELETE FROM replaced_transactions WHERE tx_hash = ?').run(transaction.hash);
}

/** The transactions of an anchor that were replaced, newest first. */
export function listReplaced(db: DatabaseSync, ref: number): StoredTransaction[] {
  return statement(
    db,
    `SELECT tx_hash AS hash, tx_raw AS raw, tx_nonce AS nonce FROM replaced_transactions
       WHERE anchor_ref = ? ORDER BY replaced_at DESC, rowid DESC`,
  ).all(ref) as unknown as StoredTransaction[];
}

/** The highest nonce that an anchor of this contract uses and no final block holds, or undefined when there is none. */
export function findHighestOpenNonce(
  db: DatabaseSync,
  chainId: number,
  contract: string,
): number | undefined {
  const row = statement(
    db,
    `SELECT max(tx_nonce) AS nonce FROM anchors
       WHERE state IN ('built', 'sent', 'mined') AND +chain_id = ? AND contract = ?`,
  ).get(chainId, contract) as { nonce: number | null };
  return row.nonce ?? undefined;
}

/** Whether an anchor with this nonce still has a way to go on this contract, or as a root. */
export function hasOpenNonce(db: DatabaseSync, chainId: number, contract: string, nonce: number): boolean {
  return (
    statement(
      db,
      `SELECT 1 FROM anchors WHERE state IN ('built', 'sent', 'mined') AND +chain_id = ?
         AND (contract = ? OR kind = 'root') AND tx_nonce = ? LIMIT 1`,
    ).get(chainId, contract, nonce) !== undefined
  );
}

/** Back to the beginning: the signed transaction can never be mined and is forgotten. */
export function resetToBuilt(db: DatabaseSync, ref: number, nowMs: number): void {
  statement(
    db,
    `UPDATE anchors SET state = 'built', tx_hash = NULL, tx_raw = NULL, tx_nonce = NULL, tx_signed_at = NULL,
       block_number = NULL, block_hash = NULL, block_time_seconds = NULL, log_index = NULL, updated_at = ? WHERE ref = ?`,
  ).run(nowMs, ref);
  forgetTelling(db, ref);
  statement(db, 'DELETE FROM replaced_transactions WHERE anchor_ref = ?').run(ref);
}

/** The node has the transaction and no block holds it: after sending, or again after its block went away. */
export function markSent(db: DatabaseSync, ref: number, nowMs: number): void {
  statement(
    db,
    `UPDATE anchors SET state = 'sent', block_number = NULL, block_hash = NULL, block_time_seconds = NULL,
       log_index = NULL, updated_at = ? WHERE ref = ?`,
  ).run(nowMs, ref);
  forgetTelling(db, ref);
}

/** The seed of an anchor that is not final any more will be told of again once it is. */
function forgetTelling(db: DatabaseSync, ref: number): void {
  statement(db, 'UPDATE seeds SET told_at = NULL WHERE anchor_ref = ?').run(ref);
}

/** Where an anchor's value stands on the chain. */
export interface AnchorBlock {
  txHash: string;
  blockNumber: number;
  blockHash: string;
  blockTimeSeconds: number;
  /** Null for a root. */
  logIndex: number | null;
  /** Who sent the transaction; of roots only. */
  wallet?: string | undefined;
}

/** The value is in a block; `final` when that block counts as final. */
export function markMined(
  db: DatabaseSync,
  ref: number,
  state: 'mined' | 'final',
  block: AnchorBlock,
  nowMs: number,
): void {
  statement(
    db,
    `UPDATE anchors SET state = ?, tx_hash = ?, block_number = ?, block_hash = ?, block_time_seconds = ?, log_index = ?,
       wallet = ?, failure = NULL, updated_at = ? WHERE ref = ?`,
  ).run(
    state,
    block.txHash,
    block.blockNumber,
    block.blockHash,
    block.blockTimeSeconds,
    block.logIndex,
    block.wallet ?? null,
    nowMs,
    ref,
  );
}

/** It will never be on the chain; `failure` says why, for people. */
export function markFailed(db: DatabaseSync, ref: number, failure: string, nowMs: number): void {
  statement(db, "UPDATE anchors SET state = 'failed', failure = ?, updated_at = ? WHERE ref = ?").run(
    failure,
    nowMs,
    ref,
  );
}
