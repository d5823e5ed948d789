/** The older form of a proof: the text of a whole seed, whose SHA-256 is the root. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

import { HashmarkError } from '../errors.ts';

/** A seed file as it was read. Plain JSON. */
export interface SeedFile {
  /** Digests of 64 lower-case hex digits, separated by single spaces; white space may follow the last. */
  text: string;
  /**
   * What its root may be: the SHA-256 of the bytes as they are, and, where white space follows the last digest, of the text
   * without it (an editor or a download may have added it).
   */
  roots: [string, ...string[]];
}

/** A million digests and more; a seed of the older kind held a day's. */
export const maxSeedFileBytes = 128 * 1024 * 1024;

/** A digest and the space after it. */
const entryLength = 65;

/**
 * Reads a seed file that anybody may have written.
 * @throws HashmarkError `malformed-proof`.
 */
export function parseSeedFile(bytes: Uint8Array): SeedFile {
  if (bytes.length > maxSeedFileBytes) {
    throw malformed(`it has ${bytes.length} bytes, expected at most ${maxSeedFileBytes}`);
  }
  const endsAt = bytes.findLastIndex((byte) => !isSpace(byte)) + 1;
  if (!isList(bytes.subarray(0, endsAt))) {
    throw malformed('expected digests of 64 lower-case hex digits with single spaces between them');
  }
  const text = new TextDecoder('latin1').decode(bytes);
  const asDownloaded = bytesToHex(sha256(bytes));
  if (endsAt === bytes.length) return { text, roots: [asDownloaded] };
  return { text, roots: [asDownloaded, bytesToHex(sha256(bytes.subarray(0, endsAt)))] };
}

/** Byte by byte: a regular expression that repeats a group runs out of stack on a day's digests. */
function isList(bytes: Uint8Array): boolean {
  return (
    (bytes.length + 1) % entryLength === 0 &&
    bytes.length > 0 &&
    bytes.every((byte, index) => (index % entryLength === entryLength - 1 ? byte === 0x20 : isHexDigit(byte)))
  );
}

function isHexDigit(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x61 && byte <= 0x66);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}

/** Whether the seed lists the digest (64 lower-case hex digits), as a whole and not across two of them. */
export function listsDigest({ text }: SeedFile, digest: string): boolean {
  for (let at = text.indexOf(digest); at >= 0; at = text.indexOf(digest, at + 1)) {
    if (at % entryLength === 0) return true;
  }
  return false;
}

/** How many digests the seed lists. */
export function countDigests({ text }: SeedFile): number {
  return Math.floor((text.trimEnd().length + 1) / entryLength);
}

function malformed(what: string): HashmarkError {
  return new HashmarkError(
    'malformed-proof',
    `This is not a seed file: ${what}. Get the proof again from where it came from.`,
  );
}
