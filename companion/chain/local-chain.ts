import { mkdirSync } from 'node:fs';
import {
  type Address,
  createPublicClient,
  custom,
  defineChain,
  encodeDeployData,
  encodeFunctionData,
  getContractAddress,
  type Hex,
  keccak256,
  parseEventLogs,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { HashmarkError } from '../../shared/errors.ts';
import { createMutex } from '../../shared/mutex.ts';
import type { Log } from '../log.ts';
import type { Chain, MinedValue, PreparedTransaction, TransactionState } from './chain.ts';
import { registryAbi } from './contract/abi.ts';
import { type ContractArtifact, readContractArtifact } from './contract/artifact.ts';
import type { Journal } from './journal.ts';
import { readJournaled, remember } from './journaled.ts';
import { type NodePatience, openLocalNode } from './local-node.ts';
import { endOrphan } from './orphan.ts';
import { readRoot, toRootCall } from './root-transaction.ts';

export interface LocalChainOptions {
  journal: Journal;
  /** Owns the contract and signs everything; random, never a well-known development key. */
  walletKey: Hex;
  chainId: number;
  /** Private folder for the node's own traces. Whoever calls holds the lock of the home that it belongs to. */
  folder: string;
  log: Log;
  /** What is deployed on the first start; the build's own unless a test says otherwise. */
  artifact?: ContractArtifact;
  /** Unix milliseconds. */
  now?: () => number;
  /** How long to wait for the node. */
  patience?: NodePatience;
  /** A checkpoint is written when at least so many blocks came since the last one. */
  blocksPerCheckpoint?: number;
}

/** The chain that this computer runs for itself. */
export interface LocalChain extends Chain {
  /**
   * Asks the node directly, for the read-only route: waits while the node is being rebuilt.
   * @throws JsonRpcError when the node says no; HashmarkError `chain-unavailable` when it says nothing.
   */
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Where the node listens now; undefined while it is being rebuilt. Secret: whoever knows it can rewrite the chain. */
  nodeUrl(): string | undefined;
  /** Its process, for tests that kill it; undefined while it is being rebuilt. */
  nodePid(): number | undefined;
}

/** The longest value we write takes 93,689 (a first write of a 46-character CID); twice that leaves room for any CID. */
const writeGas = 200_000n;
/** A transaction whose input is 32 bytes takes 22,280. */
const rootGas = 50_000n;
/** The registry takes about 600,000. */
const deployGas = 2_000_000n;

/** Transactions are free on the local chain. */
const fees = { maxFeePerGas: 0n, maxPriorityFeePerGas: 0n };
/** How far block times may run ahead of the clock before we say so: they never go back when the clock does. */
const noticedLeadSeconds = 60;

/**
 * Opens the chain that this computer runs for itself, and deploys the contract on the first start.
 *
 * Every transaction is in the journal before the node hears of it, so what was answered survives the death of either
 * process: the node is rebuilt from the journal, with the same blocks and the same hashes.
 * @throws HashmarkError `chain-wallet-mismatch` when the journal belongs to another wallet, `chain-unavailable` when
 * the node does not start, `contract-missing` when nothing was built to deploy.
 */
export async function openLocalChain(options: LocalChainOptions): Promise<LocalChain> {
  const { journal, walletKey, chainId, folder, log, now = Date.now } = options;
  const account = privateKeyToAccount(walletKey);
  const contract = getContractAddress({ from: account.address, nonce: 0n });

  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const orphan = endOrphan(folder);
  if (orphan !== undefined)
    log('warn', 'A node of a former run was still there and was ended.', { pid: orphan });

  const known = await readJournaled(journal, account.address);
  const node = await openLocalNode({
    chainId,
    folder,
    journal,
    log,
    patience: options.patience,
    blocksPerCheckpoint: options.blocksPerCheckpoint,
  });
  /** Additions to the journal are strictly one after another. */
  const oneAtATime = createMutex();

  const chain = defineChain({
    id: chainId,
    name: 'Hashmark local chain',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [] } },
  });
  const reader = createPublicClient({
    chain,
    // The node object retries by itself, and knows when that is pointless.
    transport: custom(
      { request: ({ method, params }) => node.request(method, params ?? []) },
      { retryCount: 0 },
    ),
  });

  /** viem wraps what the transport threw; callers get our own error with its code back. */
  async function read<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
        if (cause instanceof HashmarkError) throw cause;
      }
      throw error;
    }
  }

  async function sign(
    nonce: number,
    to: Address | undefined,
    data: Hex,
    gas: bigint,
  ): Promise<PreparedTransaction> {
    const raw = await account.signTransaction({ type: 'eip1559', chainId, nonce, to, data, gas, ...fees });
    return { hash: keccak256(raw), raw, nonce };
  }

  function nextBlockTimeSeconds(): number {
    const clock = Math.floor(now() / 1000);
    const lead = known.lastBlockTimeSeconds - clock;
    if (lead > noticedLeadSeconds) {
      log(
        'warn',
        'The clock went back: blocks keep the time of the last one until the clock has caught up.',
        {
          leadSeconds: lead,
        },
      );
    }
    return Math.max(clock, known.lastBlockTimeSeconds);
  }

  async function append(transaction: PreparedTransaction): Promise<void> {
    if (known.transactions.has(transaction.hash)) return;
    if (transaction.nonce !== known.transactions.size) {
      throw new HashmarkError(
        'transaction-stale',
        `Transaction ${transaction.hash} has nonce ${transaction.nonce}, the chain expects ${known.transactions.size}: prepare it anew.`,
        { data: { hash: transaction.hash, nonce: transaction.nonce, expected: known.transactions.size } },
      );
    }
    const blockTimeSeconds = nextBlockTimeSeconds();
    await journal.append({ txHash: transaction.hash, txRaw: transaction.raw, blockTimeSeconds });
    remember(known, account.address, transaction.hash, transaction.raw, blockTimeSeconds);
  }

  async function broadcast(transaction: PreparedTransaction): Promise<void> {
    await oneAtATime(() => append(transaction));
    await node.catchUp();
  }

  /** What a successful transaction put on the chain: a value through the contract, or a root. */
  async function readWritten({
    transactionHash: hash,
    logs,
  }: TransactionReceipt): Promise<Pick<MinedValue, 'value' | 'logIndex' | 'sender'> | undefined> {
    const [event] = parseEventLogs({ abi: registryAbi, eventName: 'MappingUpdated', logs });
    if (event) return { value: event.args.value, logIndex: event.logIndex };
    const root = readRoot(await read(reader.getTransaction({ hash })));
    return root === undefined ? undefined : { value: root, logIndex: null, sender: account.address };
  }

  async function lookUp(hash: Hex): Promise<TransactionState> {
    const receipt = await read(reader.getTransactionReceipt({ hash })).catch((error) => {
      if (error instanceof TransactionReceiptNotFoundError) return undefined;
      throw error;
    });
    // Journaled but not mined is a moment in a rebuild: the node will have it.
    if (!receipt) return known.transactions.has(hash) ? { state: 'pending' } : { state: 'missing' };
    if (receipt.status === 'reverted') {
      return { state: 'reverted', reason: `${receipt.to} refused transaction ${hash}.` };
    }
    const written = await readWritten(receipt);
    if (!written) return { state: 'reverted', reason: `Transaction ${hash} wrote nothing to ${contract}.` };
    const block = await read(reader.getBlock({ blockHash: receipt.blockHash }));
    return {
      state: 'mined',
      hash,
      ...written,
      blockNumber: receipt.blockNumber,
      blockHash: receipt.blockHash,
      blockTimeSeconds: Number(block.timestamp),
      // One confirmation: nobody else writes here, so a block that exists stays.
      isFinal: true,
    };
  }

  async function find(hash: Hex | undefined): Promise<MinedValue | undefined> {
    if (!hash) return undefined;
    // What is in the journal counts as written, also while the node is still on its way there.
    await node.catchUp();
    const found = await lookUp(hash);
    return found.state === 'mined' ? found : undefined;
  }

  async function deploy(): Promise<void> {
    const { abi, bytecode } = options.artifact ?? readContractArtifact();
    const data = encodeDeployData({ abi, bytecode, args: [account.address] });
    // Tried before it is journaled: what is in the journal stays there, and a chain begins with its contract.
    const code = await read(reader.call({ account: account.address, data, gas: deployGas })).catch(
      (cause) => {
        if (cause instanceof HashmarkError) throw cause;
        throw new HashmarkError(
          'contract-broken',
          'The compiled contract does not deploy. Run `npm run build:contract`.',
          {
            cause,
          },
        );
      },
    );
    if (!code.data) {
      throw new HashmarkError(
        'contract-broken',
        'The compiled contract is empty. Run `npm run build:contract`.',
      );
    }
    await broadcast(await sign(0, undefined, data, deployGas));
    log('info', 'The contract was deployed.', { chainId, contract });
  }

  try {
    if (known.transactions.size === 0) await deploy();
    if (!(await read(reader.getCode({ address: contract })))) {
      throw new HashmarkError(
        'chain-broken',
        `There is no contract at ${contract} on the local chain ${chainId}: its first transaction failed.`,
      );
    }
  } catch (error) {
    await node.close();
    throw error;
  }

  return {
    id: chainId,
    name: chain.name,
    isLocal: true,
    contract,
    startBlock: 1n,
    wallet: account.address,
    finality: { kind: 'confirmations', blocks: 1 },
    reader,
    prepare: (value) => {
      const data = encodeFunctionData({ abi: registryAbi, functionName: 'updateMapping', args: [value] });
      return sign(known.transactions.size, contract, data, writeGas);
    },
    prepareRoot: async (root) => {
      const { to, data } = toRootCall(account.address, root);
      return sign(known.transactions.size, to, data, rootGas);
    },
    broadcast,
    lookUp,
    findValue: (value) => find(known.valueToHash.get(value)),
    findRoot: (root) => find(known.rootToHash.get(root)),
    request: node.request,
    nodeUrl: () => node.running()?.url,
    nodePid: () => node.running()?.pid,
    async close() {
      await oneAtATime(async () => undefined);
      await node.close();
    },
  };
}
