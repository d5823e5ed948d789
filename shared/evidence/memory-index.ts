import { HashmarkError, toErrorData } from '../errors.ts';
import type { HashPlatform } from '../fingerprint/fingerprint.ts';
import { createChainReader, type StampLog } from './chain-reader.ts';
import { fetchContent } from './fetch-content.ts';
import type { Issuer } from './issuer.ts';
import type { Fetch } from './json-rpc.ts';
import { readIssuer } from './read-issuer.ts';
import { resolveValue, type VerifiedContent } from './resolve-value.ts';
import type { IndexedStamp, StampIndex } from './stamp-index.ts';

/** More is not read of one value: a bundle of a hundred thousand members has 14 MB, and a larger file keeps its CID only. */
export const valueLimitBytes = 16 * 1024 * 1024;

/** Gateways answer slowly: this many are asked for at once. */
const parallelFetches = 8;

/** Whose record is read, and by what. */
export interface MemoryIndexOptions {
  issuers: readonly Issuer[];
  fetch: Fetch;
  platform: HashPlatform;
  signal?: AbortSignal;
}

/**
 * Reads everything that the issuers wrote, and everything it stands for, into memory: for one run of a program that
 * keeps no mirror. An issuer that cannot be read is a gap, not an error; an aborted reading throws.
 */
export async function buildMemoryIndex(options: MemoryIndexOptions): Promise<StampIndex> {
  const stamps = new Map<string, IndexedStamp[]>();
  const contents = new Map<string, VerifiedContent>();
  const gaps: string[] = [];

  for (const issuer of options.issuers) {
    const logs = await readLogs(issuer, options, gaps);
    const byValue = Map.groupBy(logs, ({ value }) => value);
    await eachInParallel([...byValue], parallelFetches, async ([value, logsOfValue]) => {
      const resolved = await resolveValue(value, (cid) => fetchFrom(issuer, cid, options), options.platform);
      if (resolved.state === 'unavailable' || resolved.state === 'mismatch')
        gaps.push(describeGap(issuer, resolved.detail));
      for (const content of resolved.contents) contents.set(content.cid, content);
      for (const { hash, path } of resolved.coverage) {
        const known = stamps.get(hash) ?? [];
        stamps.set(hash, [...known, ...logsOfValue.map((log) => ({ issuer, isTrusted: true, log, path }))]);
      }
    });
  }

  return {
    find: async (hashes) =>
      new Map(hashes.flatMap(({ value }) => (stamps.has(value) ? [[value, stamps.get(value) ?? []]] : []))),
    content: async (cid) => contents.get(cid),
    gaps: async () => gaps,
  };
}

/** The sentence for a value whose members could not be learnt. */
export function describeGap(issuer: Issuer, detail: string): string {
  return `What ${issuer.name} stamped could not be read completely: ${detail}.`;
}

async function readLogs(issuer: Issuer, options: MemoryIndexOptions, gaps: string[]): Promise<StampLog[]> {
  const logs: StampLog[] = [];
  try {
    const reader = createChainReader(issuer, options.fetch);
    for await (const window of readIssuer(reader, issuer.startBlock, { signal: options.signal })) {
      logs.push(...window.logs);
      if (window.disagreement) gaps.push(window.disagreement);
    }
  } catch (error) {
    if (!(error instanceof HashmarkError)) throw error;
    gaps.push(`${issuer.name} on ${issuer.chainName}: ${toErrorData(error).message}`);
  }
  return logs;
}

function fetchFrom(issuer: Issuer, cid: string, { fetch, signal }: MemoryIndexOptions) {
  return fetchContent(issuer.gatewayUrl, cid, { fetch, signal, limitBytes: valueLimitBytes });
}

async function eachInParallel<T>(items: T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: Math.min(limit, items.length) }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
