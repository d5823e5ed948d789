import type { DatabaseSync } from 'node:sqlite';

import { findPublicCidByPrefix } from '../ledger/public-records.ts';

/**
 * The code of a short link is the beginning of the CID itself, behind the `Qm` that all share: about 70 random bits.
 * So nothing has to be stored, a link that was printed survives the loss of the ledger, and nobody can aim a code at a
 * file of their own.
 */
const codeCharacters = 12;
const codePattern = /^[1-9A-HJ-NP-Za-km-z]{12}$/;

/** The code of a CIDv0. */
export function shortCode(cid: string): string {
  return cid.slice(2, 2 + codeCharacters);
}

/** The public file that a code stands for. */
export function findByShortCode(db: DatabaseSync, code: string): string | undefined {
  return codePattern.test(code) ? findPublicCidByPrefix(db, `Qm${code}`) : undefined;
}
