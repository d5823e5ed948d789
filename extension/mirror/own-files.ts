import type { StampIndex } from '../../shared/evidence/stamp-index.ts';
import type { HashReference } from '../../shared/evidence/verdict.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';

/** Files that the user stamped on this computer. */
export interface OwnFiles {
  /** By digest; all at once. */
  stampedFiles(digests: readonly string[]): Promise<Map<string, Fingerprint>>;
  /** By CID; all at once. */
  stampedCids(cids: readonly string[]): Promise<Map<string, Fingerprint>>;
}

/**
 * The index, which also finds the digest of a file that the user stamped here. A private file's bytes are nobody else's
 * to fetch, so nothing public leads from its digest to the CID on the chain: only who stamped it knows both. The verdict
 * names that note among what had to be believed.
 */
export function withOwnFiles(index: StampIndex, files: OwnFiles): StampIndex {
  return {
    async find(hashes) {
      const found = await index.find(hashes);
      const open = hashes.filter(
        ({ kind, value }) => kind === 'digest' && !found.get(value)?.some(({ isTrusted }) => isTrusted),
      );
      if (open.length === 0) return found;
      const own = await files.stampedFiles(open.map(({ value }) => value));
      if (own.size === 0) return found;
      const ofCids = await index.find(
        [...own.values()].map(({ cid: value }): HashReference => ({ kind: 'cid', value })),
      );
      const all = new Map(found);
      for (const [digest, { cid }] of own) {
        const stamps = (ofCids.get(cid) ?? []).map((stamp) => ({
          ...stamp,
          path: stamp.path.at(-1) === cid ? stamp.path : [...stamp.path, cid],
        }));
        const known = found.get(digest) ?? [];
        if (stamps.length > 0) all.set(digest, [...known, ...stamps]);
      }
      return all;
    },
    async content(cid) {
      const read = await index.content(cid);
      if (read) return read;
      const own = (await files.stampedCids([cid])).get(cid);
      return (
        own && {
          cid,
          digest: own.digest,
          sizeBytes: own.sizeBytes,
          knownFrom: `Your own note from when you stamped the file here: its digest and the CID ${cid} are of the same bytes`,
        }
      );
    },
    gaps: () => index.gaps(),
  };
}
