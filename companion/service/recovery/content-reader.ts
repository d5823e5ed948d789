import { decodeBundle } from '../../../shared/evidence/bundle.ts';
import { createFingerprinter } from '../../../shared/fingerprint/fingerprint.ts';
import { nodePlatform } from '../../fingerprint/node-platform.ts';
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
  async function read(cid: string, keep?: Uint8Array[]): Promise<HeldContent | undefined> {
    if (!(await content.has(cid))) return undefined;
    const fingerprinter = createFingerprinter(nodePlatform);
    let head = Buffer.alloc(0);
    let sizeBytes = 0;
    for await (const chunk of content.read(cid) as AsyncIterable<Buffer>) {
      await fingerprinter.update(chunk);
      if (head.length < sniffedBytes)
        head = Buffer.concat([head, chunk.subarray(0, sniffedBytes - head.length)]);
      sizeBytes += chunk.length;
      if (sizeBytes <= bundleLimitBytes) keep?.push(chunk);
    }
    const { cid: actual, digest } = await fingerprinter.finish();
    if (actual === cid) return { digest, sizeBytes, mimetype: await detectMimeType(head, { name: '' }) };
    log('error', 'Stored content does not hash to its name and is left out.', { cid, actual });
    return undefined;
  }

  async function inspect(cid: string): Promise<HeldContent | undefined> {
    if (!known.has(cid)) known.set(cid, await read(cid));
    return known.get(cid);
  }

  return {
    async resolve(value) {
      const chunks: Uint8Array[] = [];
      const held = await read(value, chunks);
      known.set(value, held);
      const listed =
        held && held.sizeBytes <= bundleLimitBytes ? decodeBundle(Buffer.concat(chunks)) : undefined;
      if (!held || !listed)
        return { bundle: undefined, members: [{ cid: value, digest: held?.digest, held }] };
      const members: KnownMember[] = [];
      for (const { cid, digest } of listed) members.push({ cid, digest, held: await inspect(cid) });
      return { bundle: { ...held, mimetype: 'application/json' }, members };
    },
  };
}
