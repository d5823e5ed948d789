import { createHash } from 'node:crypto';
import { base58btc } from 'multiformats/bases/base58';

/** The digest of sample `index`: 64 hex digits that look random and are the same in every process. */
export function digestAt(index: number): string {
  return createHash('sha256').update(`digest ${index}`).digest('hex');
}

/** The CID of sample `index`. */
export function cidAt(index: number): string {
  const multihash = Buffer.alloc(34);
  multihash.set([0x12, 0x20]);
  createHash('sha256').update(`cid ${index}`).digest().copy(multihash, 2);
  return base58btc.baseEncode(multihash);
}
