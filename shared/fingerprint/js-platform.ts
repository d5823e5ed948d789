import { sha256 } from '@noble/hashes/sha2.js';
import type { HashPlatform } from './fingerprint.ts';

/** SHA-256 in JavaScript (noble): runs everywhere, also where a page has no WebCrypto, and several times slower than native. */
export const jsPlatform: HashPlatform = {
  name: 'js',
  createSha256: () => {
    const hash = sha256.create();
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  },
  sha256: (bytes) => sha256(bytes),
};
