import { fingerprint, type HashPlatform } from '../fingerprint/fingerprint.ts';
import { decodeBundle, findBundleLinks } from './bundle.ts';
import type { VerifiedContent } from './resolve-value.ts';

/** Whether the bytes behind a value on chain lead to a hash; `isBundle` when a bundle lists it. */
export type PathCheck =
  | {
      result: 'proved';
      isBundle: boolean;
      detail: string;
      /** See `VerifiedContent.knownFrom`. */
      believed?: string;
    }
  | { result: 'refuted'; detail: string }
  | { result: 'unavailable'; detail: string };

/** Content opened and re-hashed. */
interface Opened {
  digest: string;
  sizeBytes: number;
  knownFrom?: string;
  /** Undefined for content whose bytes were not kept: it leads nowhere but to its own digest. */
  lists?: Set<string>;
  links?: Set<string>;
  /** Set when the kept bytes do not hash to the CID. */
  actualCid?: string;
}

/**
 * Re-checks, from bytes that were kept and hashed again now, that `path` leads from the value on chain to the hash. Each
 * content is hashed once however many hashes are asked about: keep the function for one round of checks, not longer.
 */
export function createPathChecker(
  content: (cid: string) => Promise<VerifiedContent | undefined>,
  platform: HashPlatform,
): (path: readonly string[], hash: string) => Promise<PathCheck> {
  const opened = new Map<string, Promise<Opened | undefined>>();
  const open = (cid: string): Promise<Opened | undefined> => {
    const known = opened.get(cid) ?? openContent(cid, content, platform);
    opened.set(cid, known);
    return known;
  };

  return async (path, hash) => {
    for (const [position, cid] of path.entries()) {
      if (cid === hash) {
        return position === 0
          ? { result: 'proved', isBundle: false, detail: `${cid} stands on the chain itself` }
          : { result: 'proved', isBundle: true, detail: `${path[position - 1]} links to ${cid}` };
      }
      const container = await open(cid);
      if (!container) return { result: 'unavailable', detail: `the bytes of ${cid} are not at hand` };
      if (container.actualCid) {
        return { result: 'refuted', detail: `the bytes kept for ${cid} hash to ${container.actualCid}` };
      }
      const next = path[position + 1];
      if (next === undefined) {
        const parent = path[position - 1];
        const isMember = parent !== undefined && (await open(parent))?.lists?.has(cid) === true;
        return checkListing(cid, container, hash, isMember ? parent : undefined);
      }
      if (!container.links?.has(next) && !container.lists?.has(next))
        return { result: 'refuted', detail: `${cid} neither lists nor links to ${next}` };
    }
    return { result: 'refuted', detail: 'the path from the value on chain is empty' };
  };
}

/** @param bundle the bundle that lists the content, when one does */
function checkListing(
  cid: string,
  { digest, sizeBytes, knownFrom, lists }: Opened,
  hash: string,
  bundle: string | undefined,
): PathCheck {
  if (digest === hash) {
    const listed = bundle ? `bundle ${bundle} lists ${cid}, and ` : '';
    return {
      result: 'proved',
      isBundle: bundle !== undefined,
      detail: `${listed}the ${sizeBytes} bytes of ${cid} have this digest`,
      ...(knownFrom ? { believed: knownFrom } : {}),
    };
  }
  if (lists?.has(hash)) {
    return {
      result: 'proved',
      isBundle: true,
      detail: `the ${sizeBytes} bytes of bundle ${cid} hash to it and list this hash`,
    };
  }
  return { result: 'refuted', detail: `${cid} does not list ${hash}` };
}

async function openContent(
  cid: string,
  content: (cid: string) => Promise<VerifiedContent | undefined>,
  platform: HashPlatform,
): Promise<Opened | undefined> {
  const kept = await content(cid);
  if (!kept) return undefined;
  const { digest, sizeBytes, bytes, knownFrom } = kept;
  if (!bytes) return { digest, sizeBytes, ...(knownFrom ? { knownFrom } : {}) };
  const actual = await fingerprint([bytes], platform);
  return {
    digest: actual.digest,
    sizeBytes: actual.sizeBytes,
    ...(actual.cid === cid ? {} : { actualCid: actual.cid }),
    lists: new Set(
      (decodeBundle(bytes) ?? []).flatMap((member) => [member.cid, member.digest ?? member.cid]),
    ),
    links: new Set(findBundleLinks(bytes)),
  };
}
