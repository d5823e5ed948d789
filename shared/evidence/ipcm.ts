// Reads what an IPCM contract wrote: `event MappingUpdated(string value)`, the value not indexed. One value is one stamp.

import { decodeAbiParameters } from 'viem';

import { parseCid } from '../fingerprint/cid.ts';

/** keccak-256 of `MappingUpdated(string)`: the first topic of every stamp's log. */
export const mappingUpdatedTopic = '0x987d596c0d6d980b04b3f889d0bf04ecdab72d595e9669fcf5015ad2b394ecc5';

/**
 * The CID that a log's data holds, in normal form, or undefined when the data is no string or the string is no CID (a
 * contract may write anything). Accepts the `ipfs://` prefix of the contract's own examples. Never throws.
 *
 * @param data ABI-encoded log data, `0x` hex.
 */
export function decodeMappingUpdated(data: `0x${string}`): string | undefined {
  try {
    const [text] = decodeAbiParameters([{ type: 'string' }], data);
    return normalizeIpcmValue(text);
  } catch {
    return undefined; // Malformed data proves nothing about any CID.
  }
}

/** A written value as a CID in normal form, or undefined when it is none. */
export function normalizeIpcmValue(text: string): string | undefined {
  return parseCid(text.trim().replace(/^ipfs:\/\//i, ''))?.cid;
}
