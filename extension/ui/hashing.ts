import type { HashPlatform } from '../../shared/fingerprint/fingerprint.ts';
import { formatBytes } from '../../shared/format.ts';

/** What hashes, in words: short for a line that changes, and in full with the exact name for what stays. */
const platformTexts: Record<HashPlatform['name'], { short: string; full: string }> = {
  native: { short: 'native', full: 'the browser’s own SHA-256 (native)' },
  wasm: { short: 'WebAssembly', full: 'WebAssembly (wasm)' },
  js: { short: 'JavaScript', full: 'plain JavaScript (js)' },
};

/** Less than this is hashed before anybody could read how. */
const tellFromBytes = 32_000_000;

/** Content that is being hashed. */
export interface Hashing {
  bytesDone: number;
  sizeBytes: number;
  /** Absent until the first bytes are hashed. */
  hashedBy?: HashPlatform['name'] | undefined;
  /** Absent until it means something. */
  bytesPerSecond?: number;
}

/**
 * How far the hashing of large content is, and what hashes: `412 MB of 1.2 GB · WebAssembly`, with a speed `…, 366 MB/s`.
 *
 * @returns undefined for content that is done at once.
 */
export function describeHashing({
  bytesDone,
  sizeBytes,
  hashedBy,
  bytesPerSecond,
}: Hashing): string | undefined {
  if (hashedBy === undefined || sizeBytes < tellFromBytes) return undefined;
  const speed = bytesPerSecond === undefined ? '' : `, ${formatBytes(bytesPerSecond)}/s`;
  return `${formatBytes(bytesDone)} of ${formatBytes(sizeBytes)} · ${platformTexts[hashedBy].short}${speed}`;
}

/** What hashed, for a report: `the browser’s own SHA-256 (native)`. */
export function describePlatform(hashedBy: HashPlatform['name']): string {
  return platformTexts[hashedBy].full;
}
