/**
 * CIDs as text: which CID a string is, and the one form in which Hashmark compares them.
 *
 * A file has one dag-pb tree and two spellings of its CID: CIDv0 (`Qm…`) and CIDv1 (`bafybei…`). We keep CIDv0. A CIDv1
 * of another tree (raw leaves, another hash) names other bytes and has no CIDv0 form: it is never converted.
 */
import { base16, base16upper } from 'multiformats/bases/base16';
import { base32, base32upper } from 'multiformats/bases/base32';
import { base36, base36upper } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';

import { cidV0Text } from './cid-v0-text.ts';

/** Multicodec of a dag-pb block, https://github.com/multiformats/multicodec. */
const dagPbCode = 0x70;
/** Multihash code of SHA-256. */
const sha256Code = 0x12;
const sha256Bytes = 32;

/** CIDv0 of empty content: never stamped, never accepted as the result of an upload. */
export const nullCid = 'QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH';

const cidV0Pattern = /^Qm[1-9A-HJ-NP-Za-km-z]{44}$/;

/** The encodings in which CIDv1 is met in the wild, by the prefix character that names them. */
const decoders = new Map<string, { pattern: RegExp; decode: (text: string) => Uint8Array }>([
  ['b', { pattern: /^b[a-z2-7]+$/, decode: (text) => base32.decode(text) }],
  ['B', { pattern: /^B[A-Z2-7]+$/, decode: (text) => base32upper.decode(text) }],
  ['k', { pattern: /^k[a-z0-9]+$/, decode: (text) => base36.decode(text) }],
  ['K', { pattern: /^K[A-Z0-9]+$/, decode: (text) => base36upper.decode(text) }],
  ['z', { pattern: /^z[1-9A-HJ-NP-Za-km-z]+$/, decode: (text) => base58btc.decode(text) }],
  ['f', { pattern: /^f[0-9a-f]+$/, decode: (text) => base16.decode(text) }],
  ['F', { pattern: /^F[0-9A-F]+$/, decode: (text) => base16upper.decode(text) }],
]);

/**
 * Text longer than this is no CID: a 64-byte hash in base16 takes 137 characters. Decoding base36 and base58 costs the
 * square of the length, and the text may come from a hostile page.
 */
const maxCidLength = 160;

/** What a text that is a CID says. */
export interface ParsedCid {
  /** CIDv0 when there is such a form, otherwise CIDv1 in lower-case base32. */
  cid: string;
  /** The version in which it was written. */
  version: 0 | 1;
  /** True for a dag-pb tree named by SHA-256: only such a CID can be compared with ours. */
  hasV0Form: boolean;
}

/**
 * Reads a CID: CIDv0, or CIDv1 in base32, base36, base16 (each in lower or upper case, not mixed) or base58btc.
 *
 * @returns undefined when the whole text is not exactly one well-formed CID (nothing is trimmed).
 */
export function parseCid(text: string): ParsedCid | undefined {
  if (text.length > maxCidLength) return undefined;
  try {
    if (cidV0Pattern.test(text)) {
      // Parsing checks what the pattern cannot: that the 46 characters hold the prefix of a 32-byte SHA-256.
      return { cid: CID.parse(text).toString(), version: 0, hasV0Form: true };
    }
    const decoder = decoders.get(text.charAt(0));
    if (!decoder?.pattern.test(text)) return undefined;
    const cid = CID.decode(decoder.decode(text));
    // Multibase text of a CIDv0 (`z` + `Qm…`) is explicitly not a CID: https://github.com/multiformats/cid#decoding-algorithm
    if (cid.version !== 1) return undefined;
    const hasV0Form =
      cid.code === dagPbCode &&
      cid.multihash.code === sha256Code &&
      cid.multihash.digest.length === sha256Bytes;
    return { cid: hasV0Form ? cid.toV0().toString() : cid.toString(base32), version: 1, hasV0Form };
  } catch {
    // multiformats throws on every malformed input; "no CID" is an answer here, not a failure.
    return undefined;
  }
}

/**
 * The CIDv0 form of a CID in any spelling that {@link parseCid} reads.
 *
 * @returns undefined when the text is not a CID, or names a tree that has no CIDv0 form.
 */
export function normalizeCid(text: string): string | undefined {
  const parsed = parseCid(text);
  return parsed?.hasV0Form ? parsed.cid : undefined;
}

/**
 * The CIDv1 of the same tree, in lower-case base32 (`bafybei…`).
 *
 * @param cidV0 A CIDv0; anything else throws a plain Error of multiformats.
 */
export function toCidV1(cidV0: string): string {
  return CID.parse(cidV0).toV1().toString(base32);
}

/** True when the whole text is 64 hex digits, in any case. */
export function isDigest(text: string): boolean {
  return /^[0-9a-fA-F]{64}$/.test(text);
}

/** The CIDv0 of a dag-pb block whose SHA-256 (32 bytes) is given. */
export function cidOfBlockHash(blockHash: Uint8Array): string {
  return cidV0Text(blockHash);
}
