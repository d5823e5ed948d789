import {
  type Address,
  decodeFunctionData,
  getAbiItem,
  type Hex,
  parseTransaction,
  recoverTransactionAddress,
  type TransactionSerialized,
  toFunctionSelector,
} from 'viem';

import { HashmarkError } from '../../shared/errors.ts';
import { registryAbi } from './contract/abi.ts';
import type { Journal } from './journal.ts';
import { readRoot } from './root-transaction.ts';

/** The call that writes a value: the only one we look for in the journal. */
const updateMapping = getAbiItem({ abi: registryAbi, name: 'updateMapping' });
const updateMappingSelector = toFunctionSelector(updateMapping);

/** What the journal says, held in memory: which transactions exist, and which was the first to write a value or a root. */
export interface Journaled {
  /** All of them are the wallet's, so their number is the next nonce. */
  transactions: Set<Hex>;
  valueToHash: Map<string, Hex>;
  rootToHash: Map<string, Hex>;
  lastBlockTimeSeconds: number;
}

/** @throws HashmarkError `chain-wallet-mismatch` when the journal belongs to another wallet. */
export async function readJournaled(journal: Journal, wallet: Address): Promise<Journaled> {
  const known: Journaled = {
    transactions: new Set(),
    valueToHash: new Map(),
    rootToHash: new Map(),
    lastBlockTimeSeconds: await journal.genesisTimeSeconds(),
  };
  for (const { txHash, txRaw, blockTimeSeconds } of journal.entriesAfter(0)) {
    if (known.transactions.size === 0) {
      const sender = await recoverTransactionAddress({
        serializedTransaction: txRaw as TransactionSerialized,
      });
      if (sender !== wallet) {
        throw new HashmarkError(
          'chain-wallet-mismatch',
          `The local chain was written by wallet ${sender}, the vault holds ${wallet}: journal and vault are not of the same home. Restore the vault that belongs to this journal.`,
          { data: { sender, wallet } },
        );
      }
    }
    remember(known, wallet, txHash, txRaw, blockTimeSeconds);
  }
  return known;
}

/** Adds what was just appended to the journal. */
export function remember(
  known: Journaled,
  wallet: Address,
  hash: Hex,
  raw: Hex,
  blockTimeSeconds: number,
): void {
  known.transactions.add(hash);
  known.lastBlockTimeSeconds = blockTimeSeconds;
  const { to, data } = parseTransaction(raw as TransactionSerialized);
  const root = readRoot({ from: wallet, to, input: data });
  if (root !== undefined && !known.rootToHash.has(root)) known.rootToHash.set(root, hash);
  // Neither the deployment nor a change of the owner writes a value.
  if (!to || !data?.startsWith(updateMappingSelector)) return;
  const [value] = decodeFunctionData({ abi: [updateMapping], data }).args;
  if (!known.valueToHash.has(value)) known.valueToHash.set(value, hash);
}
