import { hash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';

import { type BundleMember, decodeBundle } from '../../../shared/evidence/bundle.ts';
import type { Log } from '../../log.ts';
import type { ContentStore } from '../content-store.ts';
import { detectMimeType, sniffedBytes } from '../mime-type.ts';

/** Bytes that are in the store and hash to their CID. */
export interface HeldContent {
  digest: string;
  sizeBytes: number;
  mimetype: string;
}

/** A file that a value on chain covers. */
export interface KnownMember {
  cid: string;
  /** As its bundle states it. */
  digest: string | undefined;
  /** Undefined when the store does not have its bytes. */
  held: HeldContent | undefined;
}

/** Reads what values on chain stand for out of the content store, each content once. */
export interface ContentReader {
  /**
   * The files that a value covers, in order: the members of a bundle that is in the store, else the value itself.
   * `bundle`: the bundle's own bytes, when the value is one.
   */
  resolve(value: string): Promise<{ bundle: HeldContent | undefined; members: KnownMember[] }>;
}

/** Half a million members; a larger JSON is no bundle of ours. */
const bundleLimitBytes = 64 * 1024 * 1024;

/** What was read is remembered as long as the reader lives: for one recovery, not for a service's life. */
export function createContentReader(content: ContentStore, log: Log): ContentReader {
  const known = new Map<string, HeldContent | undefined>();

  /** Hashes the bytes: what a crash or a hand has changed must not come back as what it was. */
  async function read(cid: string): Promise<HeldContent | undefined> {
    const found = await content.fingerprint(cid);
    if (found?.cid === cid) {
      const head = await buffer(content.read(cid, { start: 0, end: sniffedBytes - 1 }));
      const { digest, sizeBytes } = found;
      return { digest, sizeBytes, mimetype: await detectMimeType(head, { name: '' }) };
    }
    if (found)
      log('error', 'Stored content does not hash to its name and is left out.', { cid, actual: found.cid });
    return undefined;
  }

  async function inspect(cid: string): Promise<HeldContent | undefined> {
    if (!known.has(cid)) known.set(cid, await read(cid));
    return known.get(cid);
  }

  async function readMembers(
    cid: string,
    { sizeBytes, digest }: HeldContent,
  ): Promise<BundleMember[] | undefined> {
    if (sizeBytes > bundleLimitBytes) return undefined;
    const bytes = await buffer(content.read(cid));
    // Only what was hashed counts, and it was hashed in another pass.
    return hash('sha256', bytes) === digest ? decodeBundle(bytes) : undefined;
  }

  return {
    async resolve(value) {
      const held = await inspect(value);
      const listed = held && (await readMembers(value, held));
      if (!held || !listed)
        return { bundle: undefined, members: [{ cid: value, digest: held?.digest, held }] };
      const members: KnownMember[] = [];
      for (const { cid, digest } of listed) members.push({ cid, digest, held: await inspect(cid) });
      return { bundle: { ...held, mimetype: 'application/json' }, members };
    },
  };
}
