import { parseHash } from '../../shared/evidence/hash-reference.ts';
import type { HashReference } from '../../shared/evidence/verdict.ts';

/** A hash inside a text. */
export interface FoundHash {
  hash: HashReference;
  /** UTF-16 offsets of its first character and of the one after its last. */
  start: number;
  end: number;
}

/**
 * What may be a hash: CIDv0; CIDv1 in base32 (either case), base36 and base58; 64 hex digits. Neighbours that could belong
 * to it, letters and digits, rule it out; `ipfs://`, `/ipfs/`, `0x` and a gateway's host name around it do not. Longer
 * than any SHA-256 CID is not looked at, so a match costs no more than its length.
 */
const hashLike =
  /(?<![0-9A-Za-z])(?:(?:0x)?[0-9a-fA-F]{64}|Qm[1-9A-HJ-NP-Za-km-z]{44}|b[a-z2-7]{58,64}|B[A-Z2-7]{58,64}|k[0-9a-z]{49,60}|K[0-9A-Z]{49,60}|z[1-9A-HJ-NP-Za-km-z]{47,52})(?![0-9A-Za-z])/g;

/** The shortest thing that can match: a text that is shorter need not be searched. */
export const shortestHashLength = 46;
/** The longest, with some to spare. */
export const longestHashLength = 70;

/** Searched in one go: a few milliseconds however hostile the text. */
const windowLength = 32_768;

/**
 * The hashes in a text, in order. Yields `undefined` after each stretch of a long text, so that a caller can let others
 * work in between.
 */
export function* findHashes(text: string): Generator<FoundHash | undefined> {
  if (text.length < shortestHashLength) return;
  for (let from = 0; from < text.length; from += windowLength) {
    // One character before, which may rule a match out, and one match past the end, which begins inside.
    const offset = Math.max(0, from - 1);
    const window = text.slice(offset, from + windowLength + longestHashLength);
    for (const match of window.matchAll(hashLike)) {
      const start = offset + match.index;
      if (start < from || start >= from + windowLength) continue;
      const hash = parseHash(match[0]);
      if (hash) yield { hash, start, end: start + match[0].length };
    }
    yield undefined;
  }
}
