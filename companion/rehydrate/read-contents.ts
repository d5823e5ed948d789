import mime from 'mime';

import { decodeBundle } from '../../shared/evidence/bundle.ts';
import { type FetchedContent, fetchContent } from '../../shared/evidence/fetch-content.ts';
import type { Fetch } from '../../shared/evidence/json-rpc.ts';
import { type ResolvedValue, resolveValue } from '../../shared/evidence/resolve-value.ts';
import { isDigest } from '../../shared/fingerprint/cid.ts';
import { fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { nodePlatform } from '../fingerprint/node-platform.ts';
import { detectMimeType, sniffedBytes } from '../service/mime-type.ts';
import type { ContentKind, RecordedStamp, RecordFolder } from './record-folder.ts';
import { toIso } from './record-folder.ts';
import { type Patience, pause } from './retry.ts';

/** More than a bundle of half a million files takes; what is larger is left on the gateway. */
const contentLimitBytes = 64 * 1024 * 1024;
/** Values that are worked on at once. */
const valuesAtOnce = 4;

export interface ReadContentsOptions {
  folder: RecordFolder;
  stamps: readonly RecordedStamp[];
  /** Prefix that ends in `/`; without one, only what lies in the folder is read. */
  gatewayUrl: string | undefined;
  /** Whether the files that bundles list are fetched too. */
  withAssets: boolean;
  fetch: Fetch;
  patience: Patience;
  signal: AbortSignal;
  onProgress?: (progress: { done: number; values: number }) => void;
  /** Gets why something could not be fetched, each time before it is tried again. */
  onTrouble?: (detail: string) => void;
}

/** What became of the values on chain. */
export interface ContentsSummary {
  /** CIDs in results.csv. */
  cids: number;
  /** Values by what could be said about their content. */
  states: Record<ResolvedValue['state'], number>;
  /** Up to ten sentences about values that are not `resolved`. */
  troubles: string[];
}

/**
 * Fetches what the values on chain stand for, keeps what hashes to its CID, and writes results.csv: the first stamp of
 * every CID that a value covers.
 */
export async function readContents(options: ReadContentsOptions): Promise<ContentsSummary> {
  const { folder, stamps, signal, withAssets } = options;
  const summary: ContentsSummary = {
    cids: 0,
    states: { resolved: 0, 'not-public': 0, unreadable: 0, mismatch: 0, unavailable: 0 },
    troubles: [],
  };
  /** Stamps come in chain order, so the first of a value is the earliest. */
  const firstOf = new Map<string, number>();
  for (const [position, { value }] of stamps.entries()) {
    if (!firstOf.has(value)) firstOf.set(value, position);
  }
  /** Position of the first stamp that covers a CID. */
  const firstStampOf = new Map<string, number>(firstOf);

  const values = [...firstOf].values();
  let done = 0;
  const work = async () => {
    for (const [value, position] of values) {
      signal.throwIfAborted();
      const resolved = await resolveValue(value, (cid) => obtain(options, 'value', cid), nodePlatform);
      summary.states[resolved.state] += 1;
      if (resolved.state !== 'resolved' && summary.troubles.length < 10)
        summary.troubles.push(resolved.detail);
      const members = resolved.coverage.map(({ hash }) => hash).filter((hash) => !isDigest(hash));
      for (const cid of members) {
        firstStampOf.set(cid, Math.min(firstStampOf.get(cid) ?? position, position));
        if (withAssets && cid !== value) await obtain(options, 'asset', cid);
      }
      done += 1;
      options.onProgress?.({ done, values: firstOf.size });
    }
  };
  await Promise.all(Array.from({ length: valuesAtOnce }, work));

  const rows = [...firstStampOf].sort(([, a], [, b]) => a - b);
  summary.cids = rows.length;
  folder.writeResults(
    rows.map(([cid, position]) => {
      const { transaction, blockNumber, timeSeconds } = stamps[position] as RecordedStamp;
      return `${transaction},${blockNumber},${toIso(timeSeconds)},${cid}`;
    }),
  );
  return summary;
}

/** Bytes from the folder, else from the gateway: then they are kept, when they are what the CID says. */
async function obtain(
  { folder, gatewayUrl, fetch, patience, signal, onTrouble }: ReadContentsOptions,
  kind: ContentKind,
  cid: string,
): Promise<FetchedContent> {
  const kept = folder.readContent(cid);
  if (kept) {
    if (await isContentOf(cid, kept)) return { kind: 'bytes', bytes: kept };
    folder.dropContent(cid); // Half a file of some other program, or a changed one.
  }
  if (gatewayUrl === undefined) return { kind: 'absent', detail: 'the folder has no bytes for it' };
  for (let failures = 0; ; ) {
    const fetched = await fetchContent(gatewayUrl, cid, { fetch, limitBytes: contentLimitBytes, signal });
    signal.throwIfAborted();
    if (fetched.kind === 'unavailable' && ++failures < patience.attempts) {
      onTrouble?.(fetched.detail);
      await pause(failures, patience, signal);
      continue;
    }
    if (fetched.kind === 'bytes' && (await isContentOf(cid, fetched.bytes))) {
      folder.writeContent(kind, cid, await extensionOf(fetched.bytes), fetched.bytes);
    }
    return fetched;
  }
}

/** Whether the bytes are a CID's own. */
export async function isContentOf(cid: string, bytes: Uint8Array): Promise<boolean> {
  return (await fingerprint([bytes], nodePlatform)).cid === cid;
}

/** Bundles are always `json`: other readers of this layout parse nothing else. */
async function extensionOf(bytes: Uint8Array): Promise<string> {
  if (decodeBundle(bytes)) return 'json';
  const type = await detectMimeType(bytes.subarray(0, sniffedBytes), { name: '' });
  return mime.getExtension(type) ?? 'bin';
}
