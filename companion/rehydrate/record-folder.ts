// The folder that rehydrators of IPCM contracts write, so that the work of one can be taken up by another:
//
//   lastblock.txt            last block that was read
//   block_{n}.json           the logs of block n, `args.value` and ISO `timestamp` with each, integers as strings
//   results.csv              TransactionHash,BlockNumber,Timestamp,CID: the first stamp of every CID
//   files/{cid}.{ext}        what the values on chain point to
//   files/assets/{cid}.{ext} the files that bundles list
//
// Ours adds record.json: which contract on which chain it is about.

import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as v from 'valibot';

import { HashmarkError } from '../../shared/errors.ts';
import type { StampLog } from '../../shared/evidence/chain-reader.ts';
import { normalizeIpcmValue } from '../../shared/evidence/ipcm.ts';
import { writeFileAtomically } from '../atomic-file.ts';
import { explainFolderError, makeFolder } from '../make-folder.ts';

/** A stamp with the time of its block. */
export interface RecordedStamp extends StampLog {
  /** Unix seconds. */
  timeSeconds: number;
}

/** What a folder is about. */
export interface RecordSource {
  chainId: number;
  /** Lower case. */
  contract: `0x${string}`;
  /** First block that was read. */
  fromBlock: number;
}

/** Where content lies: `value` for what stands on the chain, `asset` for what a bundle lists. */
export type ContentKind = 'value' | 'asset';

/** One folder on disk. Every write is atomic: a run may be killed at any moment and taken up again. */
export interface RecordFolder {
  readonly path: string;
  /** Undefined in a new folder, and in one that another program wrote. */
  readSource(): RecordSource | undefined;
  writeSource(source: RecordSource): void;
  /** Last block that was read to its end; undefined when none was. */
  readLastBlock(): number | undefined;
  writeLastBlock(block: number): void;
  /**
   * All stamps, in chain order, each once.
   * @throws HashmarkError `record-broken` for a block file that is none.
   */
  readStamps(): RecordedStamp[];
  /** Makes these the stamps of the blocks from `fromBlock` to `toBlock`, in the place of what was there. */
  replaceStamps(fromBlock: number, toBlock: number, stamps: readonly RecordedStamp[]): void;
  /** The bytes that lie under a CID, unchecked; undefined when there are none. */
  readContent(cid: string): Uint8Array<ArrayBuffer> | undefined;
  /** @param extension without a dot. */
  writeContent(kind: ContentKind, cid: string, extension: string, bytes: Uint8Array): void;
  dropContent(cid: string): void;
  /** The CIDs that have bytes, with where they lie. */
  listContents(): { cid: string; kind: ContentKind; extension: string }[];
  writeResults(lines: Iterable<string>): void;
}

const fileMode = 0o644;
const blockFileName = /^block_(\d{1,15})\.json$/;
const contentFileName = /^([A-Za-z0-9]{46,128})\.([a-z0-9]{1,16})$/;

const integer = v.pipe(
  v.union([v.string(), v.number()]),
  v.transform(Number),
  v.number(),
  v.safeInteger(),
  v.minValue(0),
);
const hash = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-fA-F]{64}$/),
  v.transform((text) => text.toLowerCase() as `0x${string}`),
);
const time = v.pipe(
  v.string(),
  v.transform((text) => Math.floor(Date.parse(text) / 1000)),
  v.number(),
  v.safeInteger(),
);
const logSchema = v.object({
  transactionHash: hash,
  logIndex: integer,
  blockNumber: integer,
  blockHash: hash,
  args: v.object({ value: v.string() }),
  timestamp: v.optional(time),
});
const logsSchema = v.array(logSchema);
/** Some writers put the time beside the logs. */
const blockFileSchema = v.union([
  v.pipe(
    logsSchema,
    v.transform((logs) => ({ logs, timestamp: undefined })),
  ),
  v.object({ logs: logsSchema, timestamp: v.optional(time) }),
]);
const sourceSchema = v.object({
  version: v.literal(1),
  chainId: v.pipe(v.number(), v.safeInteger()),
  contract: v.pipe(
    v.string(),
    v.regex(/^0x[0-9a-f]{40}$/),
    v.transform((text) => text as `0x${string}`),
  ),
  fromBlock: v.pipe(v.number(), v.safeInteger()),
});

/**
 * Makes sure that something can be imported from a folder, before anything is written anywhere.
 * @throws HashmarkError `record-missing` when it is absent or holds nothing of the layout.
 */
export function requireRecordFolder(path: string): void {
  const names = existsSync(path) && statSync(path).isDirectory() ? readdirSync(path) : [];
  if (names.some((name) => blockFileName.test(name) || ['files', 'record.json'].includes(name))) return;
  throw new HashmarkError(
    'record-missing',
    `${path} holds no record to import: no block_{n}.json and no files folder. Name the folder that a rehydrator wrote.`,
    { data: { path } },
  );
}

/** Opens a folder of that layout, or begins one. */
export function openRecordFolder(path: string): RecordFolder {
  const contentFolders: Record<ContentKind, string> = {
    value: join(path, 'files'),
    asset: join(path, 'files', 'assets'),
  };
  try {
    makeFolder(contentFolders.asset);
  } catch (cause) {
    throw new HashmarkError(
      'record-unwritable',
      `The record cannot be written to ${path}: ${explainFolderError(cause)}. Name another folder with --out.`,
      { data: { path }, cause },
    );
  }
  /** Where the bytes of a CID lie, so that no folder is listed for every look. */
  const contents = new Map<string, { kind: ContentKind; extension: string }>();
  for (const kind of ['asset', 'value'] as const) {
    for (const name of readdirSync(contentFolders[kind])) {
      const [, cid, extension] = contentFileName.exec(name) ?? [];
      if (cid && extension) contents.set(cid, { kind, extension });
    }
  }

  const write = (name: string, text: string) => writeFileAtomically(join(path, name), text, fileMode);
  const readText = (name: string): string | undefined => {
    try {
      return readFileSync(join(path, name), 'utf8');
    } catch (error) {
      if ((error as { code?: string }).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  const blockFiles = () =>
    readdirSync(path).flatMap((name) => {
      const [, number] = blockFileName.exec(name) ?? [];
      return number ? [{ name, number: Number(number) }] : [];
    });
  const pathOf = (cid: string, { kind, extension }: { kind: ContentKind; extension: string }) =>
    join(contentFolders[kind], `${cid}.${extension}`);

  function readBlockFile(name: string): RecordedStamp[] {
    const parsed = v.safeParse(blockFileSchema, parseJson(readText(name) ?? ''));
    if (!parsed.success) throw broken(join(path, name), v.summarize(parsed.issues));
    const { logs, timestamp } = parsed.output;
    return logs.flatMap(({ args, ...log }) => {
      // A contract may write anything; only a CID is a stamp.
      const value = normalizeIpcmValue(args.value);
      const timeSeconds = log.timestamp ?? timestamp;
      if (timeSeconds === undefined) throw broken(join(path, name), 'a log has no timestamp');
      const { transactionHash: transaction, logIndex, blockNumber, blockHash } = log;
      return value ? [{ transaction, logIndex, blockNumber, blockHash, value, timeSeconds }] : [];
    });
  }

  function writeBlockFile(number: number, stamps: readonly RecordedStamp[]): void {
    const logs = stamps.map(({ transaction, logIndex, blockHash, value, timeSeconds }) => ({
      eventName: 'MappingUpdated',
      args: { value },
      transactionHash: transaction,
      logIndex: String(logIndex),
      blockNumber: String(number),
      blockHash,
      timestamp: toIso(timeSeconds),
    }));
    write(`block_${number}.json`, `${JSON.stringify(logs, null, 2)}\n`);
  }

  return {
    path,
    readSource() {
      const text = readText('record.json');
      if (text === undefined) return undefined;
      const parsed = v.safeParse(sourceSchema, parseJson(text));
      if (!parsed.success) throw broken(join(path, 'record.json'), v.summarize(parsed.issues));
      const { version: _, ...source } = parsed.output;
      return source;
    },
    writeSource: (source) => write('record.json', `${JSON.stringify({ version: 1, ...source })}\n`),
    readLastBlock() {
      const text = readText('lastblock.txt')?.trim();
      if (text === undefined) return undefined;
      if (!/^\d{1,15}$/.test(text)) throw broken(join(path, 'lastblock.txt'), 'it holds no block number');
      return Number(text);
    },
    writeLastBlock: (block) => write('lastblock.txt', `${block}\n`),
    readStamps() {
      const stamps = new Map<string, RecordedStamp>();
      for (const { name } of blockFiles()) {
        for (const stamp of readBlockFile(name)) stamps.set(`${stamp.transaction}:${stamp.logIndex}`, stamp);
      }
      return [...stamps.values()].sort(inChainOrder);
    },
    replaceStamps(fromBlock, toBlock, stamps) {
      const byBlock = Map.groupBy(stamps, ({ blockNumber }) => blockNumber);
      for (const [number, ofBlock] of byBlock) writeBlockFile(number, ofBlock);
      for (const { name, number } of blockFiles()) {
        const isReplaced = number >= fromBlock && number <= toBlock && !byBlock.has(number);
        if (isReplaced) rmSync(join(path, name));
      }
    },
    readContent(cid) {
      const place = contents.get(cid);
      return place && new Uint8Array(readFileSync(pathOf(cid, place)));
    },
    writeContent(kind, cid, extension, bytes) {
      const place = { kind, extension };
      writeFileAtomically(pathOf(cid, place), bytes, fileMode);
      contents.set(cid, place);
    },
    dropContent(cid) {
      const place = contents.get(cid);
      if (place) rmSync(pathOf(cid, place));
      contents.delete(cid);
    },
    listContents: () => [...contents].map(([cid, place]) => ({ cid, ...place })),
    writeResults: (lines) =>
      write('results.csv', `${['TransactionHash,BlockNumber,Timestamp,CID', ...lines].join('\n')}\n`),
  };
}

/** Earlier in the chain first. */
function inChainOrder(a: StampLog, b: StampLog): number {
  return a.blockNumber - b.blockNumber || a.logIndex - b.logIndex;
}

/** `2026-03-01T09:00:00.000Z`; a hostile chain may name a time that no calendar has. */
export function toIso(timeSeconds: number): string {
  const date = new Date(timeSeconds * 1000);
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // The schema says what was expected.
  }
}

function broken(path: string, detail: string): HashmarkError {
  return new HashmarkError(
    'record-broken',
    `${basename(path)} is not what a rehydrated record holds: ${detail}. Remove ${path}, and with it lastblock.txt, to read those blocks again.`,
    { data: { path } },
  );
}
