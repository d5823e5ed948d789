import { fingerprint, type HashPlatform } from '../fingerprint/fingerprint.ts';
import { decodeBundle, findBundleLinks } from './bundle.ts';
import type { FetchedContent } from './fetch-content.ts';

/** Content whose bytes were had and hashed to its CID. */
export interface VerifiedContent {
  cid: string;
  /** SHA-256 of the bytes, lower-case hex. */
  digest: string;
  sizeBytes: number;
  /** Kept only for content that leads to other files, a bundle or a text with links to bundles: evidence is made of it. */
  bytes?: Uint8Array<ArrayBuffer>;
  /** Whose word it is that digest and CID belong together, one sentence, when that was not read from a gateway. */
  knownFrom?: string;
}

/** One hash that a value on chain covers. */
export interface Coverage {
  /** CID in normal form, or digest. */
  hash: string;
  /** CIDs from the value on chain to the content that lists the hash, or that is the hash's own: at least the value. */
  path: string[];
}

/** What a value on chain stands for. Plain data. */
export interface ResolvedValue {
  value: string;
  /**
   * - `resolved`: the bytes hash to the value, `coverage` is complete;
   * - `not-public`: the gateway has no public bytes for it, so only the value itself is covered;
   * - `unreadable`: the bytes are too many, or the value is a CID of a form that cannot be recomputed;
   * - `mismatch`: the gateway served other bytes; nothing but the value itself is covered;
   * - `unavailable`: could not look; try again.
   */
  state: 'resolved' | 'not-public' | 'unreadable' | 'mismatch' | 'unavailable';
  /** For people, when the state is not `resolved`. */
  detail: string;
  contents: VerifiedContent[];
  /** Always holds the value itself. */
  coverage: Coverage[];
}

/** No honest value nests deeper; a hostile one must not lead on for ever. */
const maxDepth = 3;
const maxContents = 256;

/**
 * Fetches what a value on chain points to, hashes the bytes, and lists every CID and digest that they cover: the members
 * of a bundle, the digest of a single file, the members of bundles that the text links to. Bytes that do not hash to
 * their CID cover nothing. Never throws unless `fetchBytes` or the platform does.
 */
export async function resolveValue(
  value: string,
  fetchBytes: (cid: string) => Promise<FetchedContent>,
  platform: HashPlatform,
): Promise<ResolvedValue> {
  const result: ResolvedValue = {
    value,
    state: 'resolved',
    detail: '',
    contents: [],
    coverage: [{ hash: value, path: [value] }],
  };
  const covered = new Set([value]);
  const cover = (hash: string | undefined, path: string[]): void => {
    if (!hash || covered.has(hash)) return;
    covered.add(hash);
    result.coverage.push({ hash, path });
  };

  const seen = new Set([value]);
  const queue: string[][] = [[value]];
  for (let path = queue.shift(); path; path = queue.shift()) {
    const cid = path.at(-1) as string;
    const read = await readVerified(cid, fetchBytes, platform);
    if (read.state !== 'resolved') {
      // A failure anywhere leaves the coverage incomplete; the first one is told.
      if (result.state === 'resolved')
        Object.assign(result, { state: read.state, detail: `${cid}: ${read.detail}` });
      continue;
    }
    const { bytes, ...content } = read.content;
    const members = decodeBundle(bytes);
    const links = members ? [] : findBundleLinks(bytes);
    const isContainer = members !== undefined || links.length > 0;
    result.contents.push(isContainer ? { ...content, bytes } : content);
    cover(content.digest, path);
    for (const member of members ?? []) {
      cover(member.cid, path);
      cover(member.digest, path);
    }
    for (const link of links) {
      if (seen.has(link) || path.length >= maxDepth || seen.size >= maxContents) continue;
      seen.add(link);
      queue.push([...path, link]);
    }
  }
  return result;
}

type Read =
  | { state: 'resolved'; content: VerifiedContent & { bytes: Uint8Array<ArrayBuffer> } }
  | { state: Exclude<ResolvedValue['state'], 'resolved'>; detail: string };

async function readVerified(
  cid: string,
  fetchBytes: (cid: string) => Promise<FetchedContent>,
  platform: HashPlatform,
): Promise<Read> {
  // A CIDv1 of a raw leaf, or of other chunking, cannot be recomputed from the bytes: its content is not even asked for.
  if (!cid.startsWith('Qm'))
    return { state: 'unreadable', detail: 'it is a CID of a form that cannot be recomputed' };
  const fetched = await fetchBytes(cid);
  if (fetched.kind === 'absent') return { state: 'not-public', detail: fetched.detail };
  if (fetched.kind === 'too-large') return { state: 'unreadable', detail: fetched.detail };
  if (fetched.kind === 'unavailable') return { state: 'unavailable', detail: fetched.detail };
  const actual = await fingerprint([fetched.bytes], platform);
  if (actual.cid !== cid)
    return { state: 'mismatch', detail: `the bytes that were served hash to ${actual.cid}` };
  return {
    state: 'resolved',
    content: { cid, digest: actual.digest, sizeBytes: actual.sizeBytes, bytes: fetched.bytes },
  };
}
