import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

import { insertToken, type Token } from '../ledger/tokens.ts';

/** From minting on, claimed or not: the JWT ends when its short link would have. */
export const tokenLifetimeSeconds = 30 * 24 * 60 * 60;

/** 64 random bits: eleven characters that fit into a mail, and far beyond guessing through a network. */
const tokenBytes = 8;
/** What every token looks like: anything else needs no look into the ledger. */
export const tokenPattern = /^[A-Za-z0-9_-]{11}$/;

/** Mints a token. Part of the caller's transaction; `text` is kept nowhere and can be told only now. */
export function mintToken(
  db: DatabaseSync,
  { tenantId, groupName }: Pick<Token, 'tenantId' | 'groupName'>,
  now: number,
): { token: Token; text: string } {
  const text = randomBytes(tokenBytes).toString('base64url');
  const expiresAt = now + tokenLifetimeSeconds * 1000;
  return { token: insertToken(db, { tenantId, groupName, text, createdAt: now, expiresAt }), text };
}

/** `open`: may still be claimed. `claimed`: its JWT works. */
export type TokenState = 'open' | 'claimed' | 'expired' | 'revoked';

/** `now` in Unix milliseconds. A revoked token stays revoked when it expires. */
export function tokenStateAt(token: Token, now: number): TokenState {
  if (token.revokedAt !== null) return 'revoked';
  if (token.expiresAt <= now) return 'expired';
  return token.claimedAt === null ? 'open' : 'claimed';
}

/** Where a token is claimed. */
export function shortlink(origin: string, text: string): string {
  return `${origin}/jwt/${text}`;
}
