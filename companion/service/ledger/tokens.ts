import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';
import { hashKey } from './tenants.ts';

/** A token that lets one client in: first a short link, and once that is claimed, a JWT. Times are Unix milliseconds. */
export interface Token {
  /** Its number: in the JWT, and what the command line calls it by. */
  ref: number;
  tenantId: string;
  /** Null: not bound to a group. */
  groupName: string | null;
  createdAt: number;
  expiresAt: number;
  claimedAt: number | null;
  revokedAt: number | null;
}

const columns = `ref, tenant_id AS tenantId, group_name AS groupName, created_at AS createdAt, expires_at AS expiresAt,
  claimed_at AS claimedAt, revoked_at AS revokedAt`;

/** Stores a new token, of which only the hash is kept. */
export function insertToken(
  db: DatabaseSync,
  { text, ...token }: Pick<Token, 'tenantId' | 'groupName' | 'createdAt' | 'expiresAt'> & { text: string },
): Token {
  const { lastInsertRowid } = statement(
    db,
    'INSERT INTO tokens (tenant_id, token_hash, group_name, created_at, expires_at) VALUES (?, ?, ?, ?, ?)',
  ).run(token.tenantId, hashKey(text), token.groupName, token.createdAt, token.expiresAt);
  return { ref: Number(lastInsertRowid), ...token, claimedAt: null, revokedAt: null };
}

/** The token that is written like this. */
export function findTokenByText(db: DatabaseSync, text: string): Token | undefined {
  return statement(db, `SELECT ${columns} FROM tokens WHERE token_hash = ?`).get(hashKey(text)) as unknown as
    | Token
    | undefined;
}

/** The token of that number. */
export function findToken(db: DatabaseSync, ref: number): Token | undefined {
  return statement(db, `SELECT ${columns} FROM tokens WHERE ref = ?`).get(ref) as unknown as
    | Token
    | undefined;
}

/** A tenant's tokens, oldest first. */
export function listTokens(db: DatabaseSync, tenantId: string): Token[] {
  return statement(db, `SELECT ${columns} FROM tokens WHERE tenant_id = ? ORDER BY ref`).all(
    tenantId,
  ) as unknown as Token[];
}

/** Takes an open token for its one claimer. False when it is not open any more: then nothing changed. */
export function claimToken(db: DatabaseSync, ref: number, now: number): boolean {
  const { changes } = statement(
    db,
    `UPDATE tokens SET claimed_at = ?
     WHERE ref = ? AND claimed_at IS NULL AND revoked_at IS NULL AND expires_at > ?`,
  ).run(now, ref, now);
  return changes === 1;
}

/** Ends a token, claimed or not. A token that was ended before keeps its time. */
export function revokeToken(db: DatabaseSync, ref: number, now: number): void {
  statement(db, 'UPDATE tokens SET revoked_at = ? WHERE ref = ? AND revoked_at IS NULL').run(now, ref);
}
