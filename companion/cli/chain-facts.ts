import { isHex } from 'viem';

import { HashmarkError } from '../../shared/errors.ts';
import type { Finality } from '../../shared/evidence/issuer.ts';
import { createEndpoint } from '../../shared/evidence/json-rpc.ts';
import { type BookedChain, toNetwork } from '../chain/chain-book.ts';
import { formatGwei, parseGwei } from '../chain/fees.ts';
import { openRemoteWallet } from '../chain/remote-chain.ts';
import { createRpcPool } from '../chain/rpc-pool.ts';
import { parseRpcUrl } from '../chain/rpc-url.ts';
import type { Prompt } from './prompt.ts';

/** What can be said about a chain when it is added, and changed later. */
export interface ChainFacts {
  /** RPC URLs; `-` stands for one that is typed at a prompt, because it holds a key. */
  rpc?: string[];
  title?: string;
  explorer?: string;
  /** `finalized`, `safe`, or a number of blocks. */
  finality?: string;
  maxFeeGwei?: string;
  stuckAfterSeconds?: number;
  currency?: string;
}

/** The endpoints that were named, each once, `-` asked for at the prompt. @throws HashmarkError `no-rpc-url`, `bad-rpc-url`. */
export async function readRpcUrls(given: readonly string[], prompt: Prompt): Promise<string[]> {
  const urls: string[] = [];
  for (const url of given) urls.push(parseRpcUrl(url === '-' ? await prompt.secret('RPC URL') : url));
  if (urls.length > 0) return [...new Set(urls)];
  throw new HashmarkError(
    'no-rpc-url',
    'Name at least one endpoint: --rpc https://…, or --rpc - to type one that holds a key.',
  );
}

/** The one chain that all of them are. */
export async function askChainId(urls: readonly string[]): Promise<number> {
  let known: number | undefined;
  for (const url of urls) {
    const id = await askOwnId(url);
    if (known !== undefined && id !== known) {
      throw new HashmarkError(
        'wrong-chain',
        `The endpoints are of different chains: ${known} and ${id} (${new URL(url).host}).`,
      );
    }
    known = id;
  }
  return known as number;
}

async function askOwnId(url: string): Promise<number> {
  const answer = await createEndpoint(url, (input, init) =>
    fetch(input, { ...init, redirect: 'error' }),
  ).request('eth_chainId', []);
  const id = typeof answer === 'string' && isHex(answer) ? Number(answer) : Number.NaN;
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new HashmarkError(
    'wrong-chain',
    `${new URL(url).host} does not say which chain it is: it is no JSON-RPC endpoint of an EVM chain.`,
  );
}

/** The strictest rule that the chain knows. */
export async function suggestFinality(chainId: number, urls: readonly string[]): Promise<Finality> {
  const pool = createRpcPool({ chainId, chainName: `chain ${chainId}`, urls });
  const block = await pool
    .ask('eth_getBlockByNumber', ['finalized', false])
    .catch(() => null)
    .finally(pool.close);
  // 64 blocks: two epochs of Ethereum, after which it finalises.
  return block ? { kind: 'tag', tag: 'finalized' } : { kind: 'confirmations', blocks: 64 };
}

/** Ten times what the chain asks now, and not less than a gwei: a ceiling against surprises, not a bid. */
export async function suggestCeiling(chain: BookedChain): Promise<string> {
  const unlimited = { ...chain, maxFeePerGasGwei: '999999999' };
  const { pool, wallet } = openRemoteWallet(toNetwork(unlimited));
  const { expectedPerGas } = await wallet.quote().finally(pool.close);
  const tenfold = expectedPerGas * 10n;
  const least = parseGwei('1');
  return formatGwei(tenfold > least ? tenfold : least);
}

/** @throws HashmarkError `bad-finality`. */
export function parseFinality(text: string): Finality {
  if (text === 'safe' || text === 'finalized') return { kind: 'tag', tag: text };
  const blocks = Number(text);
  if (/^\d{1,6}$/.test(text) && blocks > 0) return { kind: 'confirmations', blocks };
  throw new HashmarkError(
    'bad-finality',
    `“${text}” is no rule of finality: expected finalized, safe, or a number of blocks.`,
  );
}

/** @throws HashmarkError `bad-explorer` when it is no http or https URL. */
export function parseExplorer(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new HashmarkError(
    'bad-explorer',
    `“${text}” is not the prefix of an explorer's pages, such as https://basescan.org/tx/.`,
  );
}

/** The amount as it was typed. @throws HashmarkError `bad-fee` when it is none above 0. */
export function checkGwei(text: string): string {
  try {
    if (parseGwei(text) > 0n) return text.trim();
  } catch {
    // Said below.
  }
  throw new HashmarkError(
    'bad-fee',
    `“${text}” is no ceiling: expected an amount of gwei above 0, such as 0.5.`,
  );
}
