import { bytesToHex } from '@noble/hashes/utils.js';

import { createCidHasher } from '../../../shared/fingerprint/cid-hasher.ts';
import type { HashPlatform } from '../../../shared/fingerprint/fingerprint.ts';
import { discardLater } from './discard.ts';
import { wholeInMemoryBytes } from './memory-budget.ts';
import { nativeSha256, subtle } from './native.ts';
import { blockSha256, streamedPlatform } from './platform.ts';

/** The two hashes of a fingerprint, by the names of its properties. */
export type PartName = 'digest' | 'cid';

/** One of them, of content that comes piece by piece. */
export interface Part {
  /** How the digest is made. */
  platform?: HashPlatform['name'];
  /** Takes the next piece; when it has returned, or what it returns has settled, the caller may reuse the bytes. */
  update(bytes: Uint8Array): void | Promise<void>;
  /** The hash as text. Ends its use. */
  finish(): Promise<string>;
}

/** A part of content of `sizeBytes`. */
export async function openPart(name: PartName, sizeBytes: number): Promise<Part> {
  if (name === 'cid') return createCidHasher(await blockSha256());
  return openWholeDigest(sizeBytes) ?? openStreamedDigest();
}

async function openStreamedDigest(): Promise<Part> {
  const { name, createSha256 } = await streamedPlatform();
  const sha256 = createSha256();
  return {
    platform: name,
    update: (bytes) => sha256.update(bytes),
    finish: async () => bytesToHex(await sha256.digest()),
  };
}

/** The digest of content that is gathered first, to be hashed in one call; undefined when it should not, or cannot, be in memory. */
function openWholeDigest(sizeBytes: number): Part | undefined {
  const content = subtle && sizeBytes <= wholeInMemoryBytes() ? allocate(sizeBytes) : undefined;
  if (!subtle || !content) return undefined;
  const native = subtle;
  let filled = 0;
  return {
    platform: 'native',
    update(bytes) {
      content.set(bytes, filled);
      filled += bytes.length;
    },
    async finish() {
      const digest = await nativeSha256(native, content);
      discardLater(content);
      return bytesToHex(digest);
    },
  };
}

/** Undefined when there is no room for so much at once: slices of it may fit. */
function allocate(sizeBytes: number): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(sizeBytes);
  } catch {
    return undefined;
  }
}
