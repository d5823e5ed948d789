import { HashmarkError } from '../../shared/errors.ts';
import { type BlockHead, type ChainReader, createChainReader } from '../../shared/evidence/chain-reader.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import { createEndpoint, type Fetch } from '../../shared/evidence/json-rpc.ts';
import { type IssuerWindow, readIssuer, reorgOverlapBlocks } from '../../shared/evidence/read-issuer.ts';
import type { RecordedStamp, RecordFolder, RecordSource } from './record-folder.ts';
import { type Patience, pause } from './retry.ts';

export interface ReadChainOptions {
  folder: RecordFolder;
  contract: `0x${string}`;
  /** Endpoints of one chain: all are asked, and must agree. */
  rpcUrls: readonly string[];
  fromBlock: number;
  fetch: Fetch;
  patience: Patience;
  signal: AbortSignal;
  onProgress?: (progress: { block: number; headBlock: number; stamps: number }) => void;
  /** Gets what failed and is tried again, in sentences. */
  onTrouble?: (sentences: string) => void;
}

/** Failures that pass by themselves: an endpoint that is down or busy, a chain that changed its mind while it was read. */
const passing = new Set(['rpc-unavailable', 'chain-moved']);

/**
 * Brings the folder's stamps up to the chain's head. Goes on where an earlier run ended, reading its last blocks again,
 * which a reorganisation may have changed.
 * @returns the last block that was read.
 * @throws HashmarkError `rpc-unavailable` when the endpoints stay silent, `rpc-disagreement` when they contradict each
 * other, `record-foreign` when the folder is about another contract. What was read until then is kept.
 */
export async function readChain(options: ReadChainOptions): Promise<number> {
  const { folder, fetch, patience, signal } = options;
  const source = await openSource(options);
  const reader = createChainReader(toIssuer(source, options.rpcUrls), fetch);
  const earlier = folder.readLastBlock();
  let next =
    earlier === undefined ? options.fromBlock : Math.max(source.fromBlock, earlier + 1 - reorgOverlapBlocks);
  let last = earlier ?? options.fromBlock - 1;
  let stamps = 0;

  for (let failures = 0; ; ) {
    try {
      for await (const window of readIssuer(reader, next, { signal })) {
        const recorded = await dateStamps(reader, window);
        folder.replaceStamps(window.fromBlock, window.toBlock, recorded);
        folder.writeLastBlock(window.toBlock);
        stamps += recorded.length;
        failures = 0;
        last = window.toBlock;
        next = window.toBlock + 1;
        options.onProgress?.({ block: last, headBlock: window.headBlock, stamps });
      }
      return last;
    } catch (error) {
      const isPassing = error instanceof HashmarkError && passing.has(error.code);
      if (!isPassing || ++failures >= patience.attempts) throw error;
      await pause(failures, patience, signal, (wait) => options.onTrouble?.(`${error.message} ${wait}`));
    }
  }
}

/** What the folder is about from now on: as it was, or, in a new one, what the endpoints and the caller say. */
async function openSource({ folder, contract, rpcUrls, fromBlock, ...rest }: ReadChainOptions) {
  const known = folder.readSource();
  const chainId = known?.chainId ?? (await readChainId(rpcUrls, rest));
  const source: RecordSource = { chainId, contract: contract.toLowerCase() as `0x${string}`, fromBlock };
  if (known && known.contract !== source.contract) {
    throw new HashmarkError(
      'record-foreign',
      `${folder.path} holds the record of ${known.contract}, not of ${source.contract}. Choose another folder with --out.`,
      { data: { path: folder.path, contract: known.contract } },
    );
  }
  // Earlier blocks than last time are asked for: everything is read again from there.
  if (known && known.fromBlock > fromBlock) folder.writeLastBlock(Math.max(0, fromBlock - 1));
  const kept = { ...source, fromBlock: Math.min(known?.fromBlock ?? fromBlock, fromBlock) };
  folder.writeSource(kept);
  return kept;
}

async function readChainId(
  rpcUrls: readonly string[],
  {
    fetch,
    patience,
    signal,
    onTrouble,
  }: Pick<ReadChainOptions, 'fetch' | 'patience' | 'signal' | 'onTrouble'>,
): Promise<number> {
  for (let failures = 0; ; ) {
    const reasons: string[] = [];
    for (const url of rpcUrls) {
      try {
        const answer = await createEndpoint(url, fetch).request('eth_chainId', []);
        const chainId = Number(answer);
        if (Number.isSafeInteger(chainId) && chainId > 0) return chainId;
        reasons.push(`${new URL(url).host} names no chain`);
      } catch (error) {
        reasons.push((error as Error).message);
      }
    }
    const trouble = `The chain could not be read: ${reasons.join('; ')}.`;
    if (++failures >= patience.attempts)
      throw new HashmarkError('rpc-unavailable', `${trouble} Check the URLs given with --rpc.`);
    await pause(failures, patience, signal, (wait) => onTrouble?.(`${trouble} ${wait}`));
  }
}

/** Adds block times. Blocks are asked for one after another: endpoints count requests. */
async function dateStamps(reader: ChainReader, window: IssuerWindow): Promise<RecordedStamp[]> {
  if (window.disagreement) {
    throw new HashmarkError(
      'rpc-disagreement',
      `${window.disagreement} A record must not rest on that: leave out the endpoint that is wrong.`,
    );
  }
  const heads = new Map<number, BlockHead>();
  const stamps: RecordedStamp[] = [];
  for (const log of window.logs) {
    const head = heads.get(log.blockNumber) ?? (await readHead(reader, log.blockNumber));
    heads.set(log.blockNumber, head);
    if (head.hash !== log.blockHash) {
      throw new HashmarkError('chain-moved', `Block ${log.blockNumber} was replaced while it was read.`);
    }
    stamps.push({ ...log, timeSeconds: head.timeSeconds });
  }
  return stamps;
}

async function readHead(reader: ChainReader, number: number): Promise<BlockHead> {
  const block = await reader.block(number);
  if (block.kind === 'agreed' && block.value) return block.value;
  if (block.kind === 'unavailable') {
    throw new HashmarkError(
      'rpc-unavailable',
      `Block ${number} could not be read: ${block.failures.join('; ')}. Check that an RPC endpoint of the chain is up.`,
    );
  }
  // Endpoints are not at the same block, or one of them follows a fork: a moment later they are.
  throw new HashmarkError('chain-moved', `The RPC endpoints do not agree on block ${number}.`);
}

function toIssuer({ chainId, contract, fromBlock }: RecordSource, rpcUrls: readonly string[]): Issuer {
  return {
    name: contract,
    chainId,
    chainName: `chain ${chainId}`,
    isLocal: false,
    contract,
    startBlock: fromBlock,
    rpcUrls: [...rpcUrls],
    gatewayUrl: '',
    finality: { kind: 'tag', tag: 'finalized' },
  };
}
