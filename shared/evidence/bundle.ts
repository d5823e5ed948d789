// The bundle of the IPCM layout: the JSON list of CIDs whose own CID goes on chain when a group is stamped. Any reader
// relies on `filehashes[].cid` only; other keys are free. Ours adds `sha256` where it is known, so that a digest which
// a page shows can be proved by the same bytes as the CID.

import * as v from 'valibot';

import { isDigest, parseCid } from '../fingerprint/cid.ts';

/** One file of a bundle. */
export interface BundleMember {
  /** Normal form: CIDv0 where the CID has one. */
  cid: string;
  /** SHA-256 of the whole content, 64 lower-case hex digits, when the bundle states it. */
  digest?: string;
}

const looseBundle = v.object({ filehashes: v.array(v.unknown()) });
const looseMember = v.object({ cid: v.string(), sha256: v.optional(v.unknown()) });

/**
 * The bytes of a bundle, UTF-8 JSON without white space: the same members in the same order give the same bytes, so the
 * same CID. Members without a digest give exactly what other writers of this layout write.
 */
export function encodeBundle(members: readonly BundleMember[]): Uint8Array<ArrayBuffer> {
  const filehashes = members.map(({ cid, digest }) => (digest ? { cid, sha256: digest } : { cid }));
  return new TextEncoder().encode(JSON.stringify({ filehashes }));
}

/**
 * The members that the bytes list, in order and in normal form, or undefined when the bytes are no bundle. Entries that
 * are not CIDs are left out: they can prove nothing. An unreadable `sha256` is left out of its entry. Never throws.
 */
export function decodeBundle(bytes: Uint8Array): BundleMember[] | undefined {
  const bundle = v.safeParse(looseBundle, parseJson(bytes));
  if (!bundle.success) return undefined;
  return bundle.output.filehashes.flatMap((entry): BundleMember[] => {
    const member = v.safeParse(looseMember, entry);
    const cid = member.success ? parseCid(member.output.cid.trim())?.cid : undefined;
    if (!member.success || !cid) return [];
    const { sha256 } = member.output;
    return [typeof sha256 === 'string' && isDigest(sha256) ? { cid, digest: sha256.toLowerCase() } : { cid }];
  });
}

/** The two spellings that writers of the layout use for a link from any content to a further bundle. */
const bundleLink = /Stamped Bundle: (Qm[1-9A-HJ-NP-Za-km-z]{44}|bafy[a-z2-7]{50,})/g;

/** CIDs that the text `Stamped Bundle: <cid>` inside any content points to, in normal form, each once. Never throws. */
export function findBundleLinks(bytes: Uint8Array): string[] {
  const links = new Set<string>();
  for (const [, text] of new TextDecoder().decode(bytes).matchAll(bundleLink)) {
    const cid = text && parseCid(text)?.cid;
    if (cid) links.add(cid);
  }
  return [...links];
}

function parseJson(bytes: Uint8Array): unknown {
  // Most contents are no JSON at all: the first byte that is not white space says so without reading the rest.
  const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  if (first !== 0x7b) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined; // Not JSON, so not a bundle: an answer, not a failure.
  }
}
