import type { Fetch } from '../../shared/evidence/json-rpc.ts';
import { readChain } from './read-chain.ts';
import { type ContentsSummary, isContentOf, readContents } from './read-contents.ts';
import { openRecordFolder, type RecordFolder, requireRecordFolder } from './record-folder.ts';
import { type Patience, usualPatience } from './retry.ts';

export interface RehydrateOptions {
  /** Folder of the record; made when missing, taken up where it stands otherwise. */
  out: string;
  /** Another folder of that layout, whose stamps and content are taken over first. May be `out` itself. */
  importFrom?: string;
  /** What to read; without it the record is made of what the folders hold. */
  chain?: { contract: `0x${string}`; rpcUrls: readonly string[]; fromBlock: number };
  /** Prefix that ends in `/`. */
  gatewayUrl?: string;
  withAssets?: boolean;
  fetch: Fetch;
  signal: AbortSignal;
  patience?: Patience;
  onProgress?: (text: string) => void;
  /** Gets what failed and is tried again, in sentences: minutes may pass until it succeeds or is given up. */
  onTrouble?: (sentences: string) => void;
}

export interface Rehydrated extends ContentsSummary {
  stamps: number;
  /** Last block that was read; undefined when none ever was. */
  lastBlock: number | undefined;
}

/**
 * Rebuilds the record of an IPCM contract from its chain and a gateway alone: every stamp, what it covers, and when each
 * CID was stamped first. Nothing is believed that a hash can show: content that does not hash to its CID is not kept.
 * May be interrupted at any moment and called again.
 * @throws HashmarkError as `readChain`; `record-broken` when a folder holds something else;
 * `record-missing` when there is nothing to import.
 */
export async function rehydrate(options: RehydrateOptions): Promise<Rehydrated> {
  const { patience = usualPatience, fetch, signal, onProgress, onTrouble } = options;
  if (options.importFrom !== undefined) requireRecordFolder(options.importFrom);
  const folder = openRecordFolder(options.out);
  if (options.importFrom !== undefined) {
    await importFolder(openRecordFolder(options.importFrom), folder, signal);
  } else if (!folder.readSource()) {
    // Another program's folder may hold many blocks in one file.
    await importFolder(folder, folder, signal);
  }
  if (options.chain) {
    onProgress?.('Asking for the chain');
    await readChain({
      ...options.chain,
      folder,
      fetch,
      patience,
      signal,
      onProgress: ({ block, headBlock, stamps }) =>
        onProgress?.(`Reading block ${block} of ${headBlock}, ${stamps} stamps`),
      onTrouble,
    });
  }
  const stamps = folder.readStamps();
  let isGatewayDown = false;
  const summary = await readContents({
    folder,
    stamps,
    gatewayUrl: options.gatewayUrl,
    withAssets: options.withAssets ?? false,
    fetch,
    patience,
    signal,
    onProgress: ({ done, values }) => onProgress?.(`Reading the content of ${done} of ${values} values`),
    // Once: of thousands of values each may have the same trouble.
    onTrouble(detail) {
      if (!isGatewayDown)
        onTrouble?.(`${detail}. What cannot be fetched is tried ${patience.attempts} times.`);
      isGatewayDown = true;
    },
  });
  return { ...summary, stamps: stamps.length, lastBlock: folder.readLastBlock() };
}

/** Takes over stamps, in files of one block each, and content that hashes to its name. */
async function importFolder(from: RecordFolder, to: RecordFolder, signal: AbortSignal): Promise<void> {
  const stamps = [...from.readStamps(), ...to.readStamps()];
  const unique = new Map(stamps.map((stamp) => [`${stamp.transaction}:${stamp.logIndex}`, stamp]));
  to.replaceStamps(0, Number.MAX_SAFE_INTEGER, [...unique.values()]);
  const source = from.readSource();
  if (source && !to.readSource()) to.writeSource(source);
  const lastBlock = from.readLastBlock();
  if (lastBlock !== undefined && to.readLastBlock() === undefined) to.writeLastBlock(lastBlock);
  if (from === to) return;
  for (const { cid, kind, extension } of from.listContents()) {
    signal.throwIfAborted();
    const bytes = to.readContent(cid) ? undefined : from.readContent(cid);
    if (bytes && (await isContentOf(cid, bytes))) to.writeContent(kind, cid, extension, bytes);
  }
}
