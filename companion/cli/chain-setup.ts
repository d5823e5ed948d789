import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';

import { HashmarkError } from '../../shared/errors.ts';
import { chainsAnswer } from '../../shared/wire/companion.ts';
import {
  type BookedChain,
  bookPreset,
  type ChainBook,
  type ReadyChain,
  readChainBook,
  toRemoteChain,
  updateChainBook,
} from '../chain/chain-book.ts';
import { formatCoins } from '../chain/coins.ts';
import { formatGwei } from '../chain/fees.ts';
import { createMemoryLogStore } from '../chain/log-store.ts';
import { presets } from '../chain/presets.ts';
import { openRemoteChain, type RemoteChain } from '../chain/remote-chain.ts';
import type { Cost } from '../chain/remote-wallet.ts';
import { describeRpcUrl } from '../chain/rpc-url.ts';
import { chainBookPath } from '../home.ts';
import { readVault } from '../keyholder/vault.ts';
import { openTerminalSession, readAnswer } from './session.ts';

/** How the command line calls the chain that this computer runs. */
export const localChainName = 'local';

/** What all chain verbs take. */
export interface ChainVerbOptions {
  /** Folder of the companion; it need not run. */
  home: string;
  json?: boolean;
}

/** The booked chain of that name or id. */
export function findBooked(book: ChainBook, nameOrId: string): BookedChain | undefined {
  return book.chains.find(({ name, id }) => name === nameOrId || String(id) === nameOrId);
}

/** @throws HashmarkError `unknown-chain`, naming what there is. */
export function requireBooked(book: ChainBook, nameOrId: string): BookedChain {
  const found = findBooked(book, nameOrId);
  if (found) return found;
  const preset = presets.find(({ name, id }) => name === nameOrId || String(id) === nameOrId);
  throw new HashmarkError(
    'unknown-chain',
    preset
      ? `${preset.title} is not set up. \`hashmark chain use ${preset.name}\` does that.`
      : `There is no chain “${nameOrId}”. \`hashmark chain list\` names them, \`hashmark chain add\` adds one.`,
    { data: { chain: nameOrId } },
  );
}

/** The booked chain of that name; a preset is booked now, with a fresh wallet. @throws HashmarkError `unknown-chain`. */
export function bookIfPreset(home: string, nameOrId: string): BookedChain {
  const path = chainBookPath(home);
  const booked = findBooked(readChainBook(path), nameOrId);
  if (booked) return booked;
  const preset = presets.find(({ name, id }) => name === nameOrId || String(id) === nameOrId);
  if (!preset) return requireBooked(readChainBook(path), nameOrId);
  return updateChainBook(path, (book) => {
    // Another verb may have been faster: its wallet may have money by now.
    const found = findBooked(book, preset.name) ?? bookPreset(preset, generatePrivateKey());
    if (!book.chains.includes(found)) book.chains.push(found);
    return found;
  });
}

/** Changes one booked chain on disk, as it is there by then. */
export function changeBooked(home: string, id: number, change: (chain: BookedChain) => void): BookedChain {
  return updateChainBook(chainBookPath(home), (book) => {
    const chain = requireBooked(book, String(id));
    change(chain);
    return chain;
  });
}

/** Id of the chain that this home runs for itself, or undefined before its first start. */
export function findLocalChainId(home: string): number | undefined {
  try {
    return readVault(join(home, 'vault.json')).localChain.id;
  } catch (error) {
    if (error instanceof HashmarkError && error.code === 'no-vault') return undefined;
    throw error;
  }
}

/** Tells the running companion that the book changed. @returns false when none runs: its next start reads the book anyway. */
export async function reloadCompanion(home: string, signal: AbortSignal): Promise<boolean> {
  try {
    const { fetch } = await openTerminalSession(home, signal);
    await readAnswer(chainsAnswer, await fetch('/keyholder/chains/reload', { method: 'POST' }));
    return true;
  } catch (error) {
    if (error instanceof HashmarkError && ['companion-unreachable', 'no-vault'].includes(error.code))
      return false;
    throw error;
  }
}

/** A booked chain, opened to ask it what a stamp costs: it keeps nothing of what it reads. Close it at the end. */
export function openToAsk(chain: ReadyChain): RemoteChain {
  return openRemoteChain({ ...toRemoteChain(chain), logs: createMemoryLogStore(), log: () => undefined });
}

/** A booked chain as it may be shown: no wallet key, and of an RPC URL that holds a key only the host. */
export function describeBooked(chain: BookedChain, book: ChainBook) {
  const { name, id, title, contract, startBlock, finality, maxFeePerGasGwei, stuckAfterSeconds } = chain;
  return {
    name,
    id,
    title,
    isLocal: false,
    rpcUrls: chain.rpcUrls.map(describeRpcUrl),
    wallet: privateKeyToAddress(chain.walletKey),
    contract: contract ?? null,
    startBlock: startBlock ?? null,
    finality,
    maxFeePerGasGwei,
    stuckAfterSeconds,
    usedBy: Object.keys(book.tenants).filter((tenant) => book.tenants[tenant] === id),
  };
}

/** `about 0.0000012 ETH (39600 gas at 0.03 gwei), at most 0.00004 ETH`. */
export function describeCost(cost: Cost, currency: string): string {
  const layerOne =
    cost.layerOneWei > 0n ? `, and up to ${formatCoins(cost.layerOneWei, currency)} for the chain below` : '';
  return `about ${formatCoins(cost.expectedWei, currency)} now (${cost.gas} gas with reserve, at ${formatGwei(cost.perGas)} gwei${layerOne}), at most ${formatCoins(cost.mostWei, currency)}`;
}

/** Finality for people. */
export function describeFinality(finality: BookedChain['finality']): string {
  return finality.kind === 'tag' ? `the chain calls its block ${finality.tag}` : `${finality.blocks} blocks`;
}
