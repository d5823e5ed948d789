import { chmodSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { type Address, type Hex, isAddress, isHex } from 'viem';

import { HashmarkError } from '../../shared/errors.ts';
import { writeFileAtomically } from '../atomic-file.ts';
import { lockForWriting } from '../file-lock.ts';
import { prepareHome } from '../home.ts';
import { parseGwei } from './fees.ts';
import type { ChainPreset } from './presets.ts';
import type { RemoteChainOptions, RemoteNetwork } from './remote-chain.ts';

const walletKey = v.custom<Hex>(
  (value) => isHex(value) && value.length === 66,
  'expected 0x and 64 hex digits',
);
const address = v.custom<Address>(
  (value) => typeof value === 'string' && isAddress(value),
  'expected an address',
);
const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const signed = v.object({
  hash: v.custom<Hex>((value) => isHex(value)),
  raw: v.custom<Hex>((value) => isHex(value)),
  nonce: natural,
});

const bookedChain = v.strictObject({
  /** How the command line calls it. */
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,39}$/)),
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** For people. */
  title: v.pipe(v.string(), v.minLength(1), v.maxLength(80)),
  /** May hold keys of providers. */
  rpcUrls: v.pipe(v.array(v.pipe(v.string(), v.url())), v.minLength(1)),
  currency: v.pipe(v.string(), v.minLength(1), v.maxLength(12)),
  explorerTxUrl: v.optional(v.pipe(v.string(), v.url())),
  finality: v.variant('kind', [
    v.object({ kind: v.literal('confirmations'), blocks: v.pipe(natural, v.minValue(1)) }),
    v.object({ kind: v.literal('tag'), tag: v.picklist(['safe', 'finalized']) }),
  ]),
  /** The most that is paid for a unit of gas: a decimal number as text, because it is money. */
  maxFeePerGasGwei: v.pipe(v.string(), v.regex(/^\d{1,9}(\.\d{1,9})?$/)),
  /** How long a transaction may wait for its block before a higher fee is offered. */
  stuckAfterSeconds: v.pipe(natural, v.minValue(1)),
  walletKey,
  /** Keys that were replaced. They may still own money or a contract, so none is ever thrown away. */
  formerWalletKeys: v.array(walletKey),
  /** Set once it is deployed or attached: only then is the chain stamped on. */
  contract: v.optional(address),
  /** Block of the contract's deployment. */
  startBlock: v.optional(natural),
  /** What was signed to deploy the contract and is not known to be in a block: stored before it is sent. */
  deployment: v.optional(v.pipe(v.array(signed), v.minLength(1))),
});

const bookContent = v.strictObject({
  version: v.literal(1),
  chains: v.array(bookedChain),
  /** Tenant → id of the chain its stamps go to; without an entry, the local one. */
  tenants: v.record(v.string(), v.pipe(v.number(), v.safeInteger())),
});

/** A public chain as this home has set it up. */
export type BookedChain = v.InferOutput<typeof bookedChain>;
/** The public chains of a home, with the keys of their wallets. Its content goes to no log and no answer. */
export type ChainBook = v.InferOutput<typeof bookContent>;

/** A chain that can be stamped on. */
export type ReadyChain = BookedChain & Required<Pick<BookedChain, 'contract' | 'startBlock'>>;

/** Read and write for the user, nothing for anybody else. */
const bookMode = 0o600;
/** A block every 2 s on the presets: thirty that passed without ours mean that the fee is too low. */
export const defaultStuckAfterSeconds = 60;

/**
 * The book; an empty one when the home has none.
 *
 * It is a file of its own and not a part of the vault because the command line writes it too, while the companion runs:
 * so a wallet's key goes from the terminal straight into the file, and through no socket.
 * @throws HashmarkError `chains-unreadable`; the file is never overwritten then, it may hold the only copy of a key.
 */
export function readChainBook(path: string): ChainBook {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, chains: [], tenants: {} };
    throw new HashmarkError(
      'chains-unreadable',
      `The chains in ${path} cannot be read: ${(cause as Error).message}.`,
    );
  }
  try {
    const book = v.parse(bookContent, JSON.parse(text));
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, bookMode);
    return book;
  } catch {
    // No cause and no detail: a parser's message quotes the text, and the text holds keys.
    throw new HashmarkError(
      'chains-unreadable',
      `The chains in ${path} are damaged, or were written by another version of Hashmark. Restore the file from a backup: it holds the keys of your wallets.`,
    );
  }
}

/**
 * Changes the book: read, changed and on disk when it returns, and no other verb writes between.
 * @throws HashmarkError `chains-unreadable`, `chains-locked` when another verb holds it, as `prepareHome`, and what `change` throws.
 */
export function updateChainBook<T>(path: string, change: (book: ChainBook) => T): T {
  prepareHome(dirname(path));
  const unlock = lockForWriting(path, 'chains-locked');
  try {
    const book = readChainBook(path);
    const result = change(book);
    writeFileAtomically(path, `${JSON.stringify(v.parse(bookContent, book), null, 2)}\n`, bookMode);
    return result;
  } finally {
    unlock();
  }
}

/** A chain that is new in the book. */
export function bookPreset(preset: ChainPreset, key: Hex): BookedChain {
  return { ...preset, stuckAfterSeconds: defaultStuckAfterSeconds, walletKey: key, formerWalletKeys: [] };
}

/** Whether the chain has everything that stamping needs. */
export function isReady(chain: BookedChain): chain is ReadyChain {
  return chain.contract !== undefined && chain.startBlock !== undefined;
}

/** The booked chain in the words of the chain's own code. */
export function toNetwork(chain: BookedChain): RemoteNetwork {
  const { id, title, rpcUrls, finality, currency } = chain;
  return {
    id,
    name: title,
    rpcUrls,
    finality,
    walletKey: chain.walletKey,
    maxFeePerGasWei: parseGwei(chain.maxFeePerGasGwei),
    currency,
  };
}

/** A chain that has everything, as `openRemoteChain` takes it: what is missing is where its logs are kept. */
export function toRemoteChain(chain: ReadyChain): Omit<RemoteChainOptions, 'logs' | 'log'> {
  return {
    ...toNetwork(chain),
    contract: chain.contract,
    startBlock: BigInt(chain.startBlock),
    stuckAfterMs: chain.stuckAfterSeconds * 1000,
  };
}
