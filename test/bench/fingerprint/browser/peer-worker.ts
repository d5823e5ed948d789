// What Hashmark is compared with in a browser: one SHA-256 of a blob, in one worker, by each of the ways that there are.
import { sha256 } from '@noble/hashes/sha2.js';
import { createSHA256 } from 'hash-wasm';

import { slicesOf } from '../../../../extension/stamping/fingerprint/read-blob.ts';

/** A slice is read while another is hashed. */
const slicing = { sliceBytes: 4 << 20, ahead: 1 };

export type PeerName = 'subtle' | 'wasm' | 'noble';

const peers: Record<PeerName, (blob: Blob) => Promise<unknown>> = {
  subtle: async (blob) => crypto.subtle.digest('SHA-256', await blob.arrayBuffer()),
  async wasm(blob) {
    const hash = await createSHA256();
    for await (const slice of slicesOf(blob, slicing)) hash.update(slice);
    return hash.digest();
  },
  async noble(blob) {
    const hash = sha256.create();
    for await (const slice of slicesOf(blob, slicing)) hash.update(slice);
    return hash.digest();
  },
};

self.onmessage = async ({ data: { name, blob } }: MessageEvent<{ name: PeerName; blob: Blob }>) => {
  await peers[name](blob);
  self.postMessage('done');
};
