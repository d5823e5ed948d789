import { isDigest, nullCid, parseCid } from '../fingerprint/cid.ts';
import type { HashReference } from './verdict.ts';

/**
 * A hash in its normal form, from any of the ways in which people write one: a bare CID (v0 or v1), `ipfs://CID/…`, a
 * gateway's URL (`https://host/ipfs/CID` or `https://CID.ipfs.host`), 64 hex digits, with or without `0x` or `sha256:`.
 * Undefined when the text is none of these. The CID of empty content counts as none: it proves nothing.
 */
export function parseHash(text: string): HashReference | undefined {
  const trimmed = text.trim();
  const digest = trimmed.replace(/^(?:0x|sha-?256[:=])/i, '');
  if (isDigest(digest)) return { kind: 'digest', value: digest.toLowerCase() };
  const cid = parseCid(cidText(trimmed))?.cid;
  return cid && cid !== nullCid ? { kind: 'cid', value: cid } : undefined;
}

function cidText(text: string): string {
  const path = /^(?:ipfs:\/\/(?:ipfs\/)?|[^?#]*\/ipfs\/)([^/?#]+)/i.exec(text)?.[1];
  if (path) return path;
  const label = /^[a-z][a-z0-9+.-]*:\/\/([a-z0-9]+)\.ipfs\./i.exec(text)?.[1];
  return label ?? text;
}
