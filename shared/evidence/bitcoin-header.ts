/** Headers of Bitcoin's blocks: the work that went into one is what makes it expensive to invent. */
import { doubleSha256, toName } from './bitcoin-script.ts';

/** What a header says. */
export interface BitcoinHeader {
  /** What it hashes to, as blocks are named: 64 lower-case hex digits. */
  hash: string;
  /** Of the block's transactions, as Bitcoin shows hashes. */
  merkleRoot: string;
  /** Unix seconds. */
  timeSeconds: number;
  /** Its target in compact form (nBits). */
  bits: number;
}

export const headerBytes = 80;

/**
 * The easiest targets (nBits) that Bitcoin has had since a time (Unix seconds), newest first: blocks 608,832, 391,104 and
 * 217,728 and the 2,015 behind each. They are in the headers themselves: every 2,016th has a new one, and these are the easiest
 * since 2020, 2016 and 2013. The first seeds are of 2013.
 */
const easiestTargets = [
  { since: Date.UTC(2020, 0) / 1000, bits: 0x1715bcd0 },
  { since: Date.UTC(2016, 0) / 1000, bits: 0x180a9591 },
  { since: 0, bits: 0x1a05a6b1 },
] as const;

/** @param bytes 80 of them: version 4, previous block 32, Merkle root 32, time 4, target 4, nonce 4 */
export function readBitcoinHeader(bytes: Uint8Array): BitcoinHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  return {
    hash: toName(doubleSha256(bytes)),
    merkleRoot: toName(bytes.subarray(36, 68)),
    timeSeconds: view.getUint32(68, true),
    bits: view.getUint32(72, true),
  };
}

/**
 * Whether the header's hash meets its own target, and that is one which Bitcoin could have had at the header's time.
 * @param easiest nBits of the easiest target, for another network than Bitcoin's main one
 */
export function hasWork({ hash, bits, timeSeconds }: BitcoinHeader, easiest?: number): boolean {
  const known = easiestTargets.find(({ since }) => timeSeconds >= since)?.bits ?? 0;
  const target = toTarget(bits);
  return BigInt(`0x${hash}`) <= target && target <= toTarget(easiest ?? known);
}

/** The number that a compact form stands for: three digits to the base 256, and how many digits there are. */
function toTarget(bits: number): bigint {
  const digits = bits & 0xffffff;
  const length = bits >>> 24;
  // The highest bit is a sign; a negative target is none, and one that long is none either.
  if (digits > 0x7fffff || length < 3 || length > 32) return 0n;
  return BigInt(digits) << BigInt(8 * (length - 3));
}
