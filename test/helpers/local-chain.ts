import { join } from 'node:path';
import { generatePrivateKey } from 'viem/accounts';
import { onTestFinished } from 'vitest';
import type { Chain, TransactionState } from '../../companion/chain/chain.ts';
import { ensureContract } from '../../companion/chain/contract/compile.ts';
import {
  type LocalChain,
  type LocalChainOptions,
  openLocalChain,
} from '../../companion/chain/local-chain.ts';
import { type Ledger, openLedger } from '../../companion/service/ledger/database.ts';
import { openJournal } from '../../companion/service/ledger/journal.ts';
import { createFolder } from './create-folder.ts';

/** A home on disk that outlives the chain and the ledger opened on it: what a restart finds again. */
export interface ChainHome {
  folder: string;
  walletKey: `0x${string}`;
  chainId: number;
  ledgerPath: string;
  journalPath: string;
}

export function createChainHome(): ChainHome {
  const folder = createFolder();
  return {
    folder,
    walletKey: generatePrivateKey(),
    chainId: 4_774_000_000 + Math.floor(Math.random() * 1_000_000),
    ledgerPath: join(folder, 'ledger.sqlite'),
    journalPath: join(folder, 'journal.sqlite'),
  };
}

export interface OpenHome {
  ledger: Ledger;
  chain: LocalChain;
  /** Ends both; safe to call twice, and called at the end of the test in any case. */
  close(): Promise<void>;
}

/** Opens ledger and chain of a home; with no home given, of a new one. */
export async function openChainHome(
  home: ChainHome = createChainHome(),
  options: Partial<LocalChainOptions> = {},
): Promise<OpenHome> {
  await ensureContract();
  const ledger = openLedger(home.ledgerPath);
  const journal = openJournal(home.journalPath, home.chainId);
  let closing: Promise<void> | undefined;
  let chain: LocalChain | undefined;
  const close = () => {
    closing ??= (async () => {
      await chain?.close();
      await journal.close();
      await ledger.close();
    })();
    return closing;
  };
  onTestFinished(close);
  chain = await openLocalChain({
    journal,
    walletKey: home.walletKey,
    chainId: home.chainId,
    folder: home.folder,
    log: () => undefined,
    ...options,
  });
  return { ledger, chain, close };
}

/** Something between a chain and who uses it, through which a test may change the chain's word about transactions. */
export function meddle({ isFinal }: { isFinal: boolean }) {
  const seen = { isFinal, override: undefined as TransactionState | undefined };
  const wrap = (chain: Chain): Chain => ({
    ...chain,
    lookUp: async (hash) => {
      if (seen.override) return seen.override;
      const state = await chain.lookUp(hash);
      return state.state === 'mined' ? { ...state, isFinal: seen.isFinal } : state;
    },
  });
  return { seen, wrap };
}

/** Writes a value the way anchoring does and says where it stands. */
export async function writeValue(chain: LocalChain, value: string) {
  const transaction = await chain.prepare(value);
  await chain.broadcast(transaction);
  const state = await chain.lookUp(transaction.hash);
  if (state.state !== 'mined') throw new Error(`expected ${value} to be mined, it is ${state.state}`);
  return state;
}
