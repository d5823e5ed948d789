import { createHash, hash } from 'node:crypto';
import type { HashPlatform } from '../../shared/fingerprint/fingerprint.ts';

/** Hashing by node:crypto on the calling thread: the right one for small content. */
export const nodePlatform: HashPlatform = {
  name: 'native',
  createSha256() {
    const whole = createHash('sha256');
    return { update: (bytes) => void whole.update(bytes), digest: () => whole.digest() };
  },
  sha256: (bytes) => hash('sha256', bytes, 'buffer'),
};

/** The same, with blocks hashed on Node's thread pool: no threads of our own have to be started first. */
export const nodePoolPlatform: HashPlatform = {
  ...nodePlatform,
  sha256: async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as BufferSource)),
};
