import {
  type Address,
  defineChain,
  encodeFunctionData,
  getAddress,
  type Hex,
  hexToNumber,
  parseTransaction,
  type TransactionSerialized,
} from 'viem';

import { HashmarkError } from '../../shared/errors.ts';
import { createChainReaderFrom } from '../../shared/evidence/chain-reader.ts';
import type { Finality, Issuer } from '../../shared/evidence/issuer.ts';
import { type Agreement, askAll } from '../../shared/evidence/json-rpc.ts';
import { readIssuer } from '../../shared/evidence/read-issuer.ts';
import type { Log } from '../log.ts';
import type { Chain, MinedValue, PreparedTransaction, TransactionState } from './chain.ts';
import { formatCoins } from './coins.ts';
import { registryAbi } from './contract/abi.ts';
import { expectContract } from './expect-contract.ts';
import { feesOf, raiseFees } from './fees.ts';
import type { LogStore, StoredLog } from './log-store.ts';
import {
  type Call,
  type Cost,
  createRemoteWallet,
  fundsMissing,
  type RemoteWallet,
} from './remote-wallet.ts';
import { isToItself, readRoot, toRootCall } from './root-transaction.ts';
import { createRpcPool, type RpcPool } from './rpc-pool.ts';

/** Where a public chain is and what may be spent there. */
export interface RemoteNetwork {
  id: number;
  name: string;
  /** JSON-RPC over HTTP, tried in this order; all are asked where their agreement counts. May hold keys. */
  rpcUrls: readonly string[];
  finality: Finality;
  walletKey: Hex;
  /** The most that is paid for a unit of gas, in wei. */
  maxFeePerGasWei: bigint;
  /** What fees are paid in, for people. */
  currency: string;
}

export interface RemoteChainOptions extends RemoteNetwork {
  contract: Address;
  startBlock: bigint;
  /** How long a transaction may wait for its block before a higher fee is offered. */
  stuckAfterMs: number;
  logs: LogStore;
  log: Log;
  /** Longest answer of one endpoint that we wait for. */
  requestMs?: number;
}

/** A chain that others run. */
export interface RemoteChain extends Chain {
  /** Asks the chain's endpoints, for the read-only route. Throws as `RpcPool.ask`. */
  request(method: string, params: readonly unknown[]): Promise<unknown>;
  /** What writing one more value costs now. @throws HashmarkError `fee-too-high`, `call-refused`, `chain-unavailable`. */
  estimateStamp(): Promise<Cost>;
  /** The same for the root of one more seed, which is a plain transaction. */
  estimateRoot(): Promise<Cost>;
  balanceWei(): Promise<bigint>;
}

/** A transaction that is in a block. */
interface Receipt {
  hash: Hex;
  from: Address;
  to: Address | null;
  /** `0x0` when it failed. */
  status: Hex;
  blockNumber: number;
  blockHash: Hex;
}

/** Something that a transaction put on the chain. */
type Written = Pick<MinedValue, 'value' | 'logIndex' | 'sender'>;

/** As long as any CID that is written: what an estimate is made for. */
const sampleCid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
/** Without a zero byte, which would make it cheaper than most. */
const sampleRoot = 'a7'.repeat(32);

/** The wallet of a public chain and the endpoints it works through: what also deploying needs. */
export function openRemoteWallet(
  network: RemoteNetwork,
  requestMs?: number,
): { pool: RpcPool; wallet: RemoteWallet } {
  const { id, name, rpcUrls: urls, walletKey, maxFeePerGasWei, currency } = network;
  const pool = createRpcPool({ chainId: id, chainName: name, urls, requestMs });
  const chain = defineChain({
    id,
    name,
    nativeCurrency: { name: currency, symbol: currency, decimals: 18 },
    rpcUrls: { default: { http: [] } },
  });
  return { pool, wallet: createRemoteWallet({ chain, pool, walletKey, maxFeePerGasWei }) };
}

/**
 * A chain that others run, seen through RPC endpoints that may be slow, behind, or lying. Asks nothing before its first
 * method is called, so that a companion starts without a network.
 *
 * What an endpoint says is believed for now and checked for good: a transaction is final only when every endpoint that
 * answers names the same block, and a nonce is lost only when blocks that are final hold another transaction with it.
 */
export function openRemoteChain(options: RemoteChainOptions): RemoteChain {
  const { id, name, contract, startBlock, finality, logs, log } = options;
  const { pool, wallet } = openRemoteWallet(options, options.requestMs);
  const issuer: Issuer = {
    name,
    chainId: id,
    chainName: name,
    isLocal: false,
    contract,
    startBlock: Number(startBlock),
    rpcUrls: [],
    gatewayUrl: 'http://127.0.0.1/ipfs/', // Only logs and blocks are read here, no content.
    finality,
  };
  const contractReader = createChainReaderFrom(issuer, pool.endpoints);
  let isReady = false;
  /** The nonce behind the last one that we sent: endpoints may be too far behind to count it. */
  let nextNonce = 0;

  function unavailable(what: string, failures: readonly string[]): HashmarkError {
    return new HashmarkError(
      'chain-unavailable',
      `${what} could not be read from ${name}: ${failures.join('; ') || 'its endpoints disagree'}.`,
      { data: { chainId: id } },
    );
  }

  /** The common answer; undefined when the endpoints disagree, which mostly means that one is behind. */
  function common<T>(what: string, agreement: Agreement<T>): T | undefined {
    if (agreement.kind === 'unavailable') throw unavailable(what, agreement.failures);
    if (agreement.kind === 'agreed') return agreement.value;
    log('warn', `The endpoints of ${name} disagree.`, {
      about: what,
      endpoints: agreement.answers.map(({ endpoint }) => endpoint),
    });
    return undefined;
  }

  async function finalBlock(): Promise<number> {
    const block = common('the last final block', await contractReader.finalBlock());
    if (block === undefined) throw unavailable('the last final block', []);
    return block;
  }

  /** Once: the contract is there and obeys our wallet. Otherwise every stamp would be paid for and fail. */
  async function checkContract(): Promise<void> {
    if (isReady) return;
    await expectContract(wallet, contract, name);
    isReady = true;
  }

  function toCall(value: string): Call {
    return {
      to: contract,
      data: encodeFunctionData({ abi: registryAbi, functionName: 'updateMapping', args: [value] }),
    };
  }

  async function prepare(call: Call, notBelowNonce = 0): Promise<PreparedTransaction> {
    const [gas, quote, latest, pending] = await Promise.all([
      wallet.estimateGas(call),
      wallet.quote(),
      wallet.countTransactions('latest'),
      wallet.countTransactions('pending'),
    ]);
    await expectFunds(wallet, gas * quote.maxFeePerGas, options);
    // A node that lost what waits counts too few, so what we remember counts as well.
    const nonce = Math.max(latest, pending, notBelowNonce, nextNonce);
    return wallet.sign(call, nonce, gas, quote);
  }

  async function broadcast(transaction: PreparedTransaction): Promise<void> {
    const result = await wallet.send(transaction);
    nextNonce = Math.max(nextNonce, transaction.nonce + 1);
    if (result !== 'nonce-used' || (await receiptOf(transaction.hash))) return;
    // Some transaction of that nonce is in a block: ours or one it replaced, seen by another node than the one we
    // asked, or somebody else's by the same key. Signing a new one before that is certain could stamp twice.
    const lastFinal = await finalBlock();
    if (lastFinal < 0 || (await wallet.countTransactions(BigInt(lastFinal))) <= transaction.nonce) return;
    if (await receiptOf(transaction.hash)) return;
    nextNonce = 0;
    throw new HashmarkError(
      'transaction-stale',
      `Transaction ${transaction.hash} lost its nonce ${transaction.nonce} to another one of the wallet ${wallet.address} on ${name}: prepare it anew.`,
      { data: { hash: transaction.hash, nonce: transaction.nonce } },
    );
  }

  async function replace(previous: PreparedTransaction): Promise<PreparedTransaction | undefined> {
    // Behind one that waits it waits for that one, whatever it offers.
    if ((await wallet.countTransactions('latest')) !== previous.nonce) return undefined;
    const quote = await wallet.quote();
    const fees = raiseFees(feesOf(previous.raw), quote, options.maxFeePerGasWei);
    if (!fees) return undefined;
    const { to, data = '0x', gas = 0n } = parseTransaction(previous.raw as TransactionSerialized<'eip1559'>);
    return wallet.sign({ to: to ?? undefined, data }, previous.nonce, gas, fees);
  }

  async function countMined(): Promise<number | undefined> {
    const what = [wallet.address, 'latest'];
    const counts = await askAll(pool.endpoints, ({ request }) => request('eth_getTransactionCount', what));
    const count = common(`the number of transactions of ${wallet.address}`, counts);
    return count === undefined ? undefined : hexToNumber(count as Hex);
  }

  async function receiptOf(hash: Hex): Promise<Receipt | undefined> {
    const receipt = (await pool.ask('eth_getTransactionReceipt', [hash])) as {
      transactionHash: Hex;
      from: Address;
      to: Address | null;
      status: Hex;
      blockNumber: Hex | null;
      blockHash: Hex;
    } | null;
    if (!receipt?.blockNumber || receipt.transactionHash !== hash) return undefined;
    return {
      hash,
      from: receipt.from,
      to: receipt.to,
      status: receipt.status,
      blockNumber: hexToNumber(receipt.blockNumber),
      blockHash: receipt.blockHash,
    };
  }

  /** What the transaction put on the chain, as all endpoints say: values through the contract, or a root. */
  async function readWritten({ hash, from, to, status }: Receipt): Promise<Agreement<Written[]>> {
    if (!isToItself(from, to)) return contractReader.transactionLogs(hash);
    return askAll(pool.endpoints, async (endpoint) => {
      const transaction = (await endpoint.request('eth_getTransactionByHash', [hash])) as {
        from: Address;
        to: Address | null;
        input: Hex;
      } | null;
      // There is a receipt, so that this endpoint is behind: that is no word about what the transaction holds.
      if (!transaction) throw new Error(`transaction ${hash} is missing`);
      const root = readRoot(transaction);
      if (root === undefined || status === '0x0') return [];
      return [{ value: root, logIndex: null, sender: getAddress(transaction.from) }];
    });
  }

  /** Where the transaction stands; with a value, where in it that value does. */
  async function locate(hash: Hex, value?: string): Promise<TransactionState> {
    const receipt = await receiptOf(hash);
    if (!receipt) {
      return { state: (await pool.ask('eth_getTransactionByHash', [hash])) ? 'pending' : 'missing' };
    }
    const [blocks, written, lastFinal] = await Promise.all([
      contractReader.block(receipt.blockNumber),
      readWritten(receipt),
      finalBlock(),
    ]);
    const block = common(`block ${receipt.blockNumber}`, blocks);
    // One of them is behind, or the block was replaced between two questions: the next look will tell.
    if (!block || block.hash !== receipt.blockHash) return { state: 'pending' };
    const isFinal = receipt.blockNumber <= lastFinal;
    const stamps = common(`what ${hash} wrote`, written);
    const stamp = stamps?.find((candidate) => value === undefined || candidate.value === value);
    if (!stamp) {
      // What is not final may still turn out well in another block.
      if (!isFinal || !stamps) return { state: 'pending' };
      const reason =
        receipt.status === '0x0'
          ? `${receipt.to} refused transaction ${hash}.`
          : `Transaction ${hash} wrote nothing to ${contract}.`;
      return { state: 'reverted', reason };
    }
    const { number, hash: blockHash, timeSeconds } = block;
    return {
      state: 'mined',
      hash,
      value: stamp.value,
      logIndex: stamp.logIndex,
      ...('sender' in stamp ? { sender: stamp.sender } : {}),
      blockNumber: BigInt(number),
      blockHash,
      blockTimeSeconds: timeSeconds,
      isFinal,
    };
  }

  /** Reads what is new: the final part into the store, the rest only for this answer. */
  async function readNewLogs(): Promise<StoredLog[]> {
    const lastFinal = await finalBlock();
    const readTo = logs.readTo();
    const from = readTo === undefined ? Number(startBlock) : readTo + 1;
    const fresh: StoredLog[] = [];
    try {
      for await (const window of readIssuer(contractReader, from)) {
        if (window.disagreement) throw unavailable('the contract’s logs', [window.disagreement]);
        const found = window.logs.map(
          ({ value, transaction, blockNumber, logIndex }): StoredLog => ({
            value,
            txHash: transaction,
            blockNumber,
            logIndex,
          }),
        );
        const to = Math.min(window.toBlock, lastFinal);
        if (to >= window.fromBlock)
          await logs.record(
            to,
            found.filter(({ blockNumber }) => blockNumber <= to),
          );
        fresh.push(...found.filter(({ blockNumber }) => blockNumber > to));
      }
    } catch (error) {
      if (error instanceof HashmarkError && error.code === 'rpc-unavailable') {
        throw new HashmarkError('chain-unavailable', error.message, { data: { chainId: id }, cause: error });
      }
      throw error;
    }
    return fresh;
  }

  async function findValue(value: string): Promise<MinedValue | undefined> {
    const known = logs.find(value);
    const found =
      known ?? (await readNewLogs()).find((candidate) => candidate.value === value) ?? logs.find(value);
    if (!found) return undefined;
    const state = await locate(found.txHash, value);
    if (state.state === 'mined') return state;
    // The store says that it is there, or a log that we have just read: not seeing its transaction is not its absence.
    throw unavailable(`transaction ${found.txHash}`, []);
  }

  return {
    id,
    name,
    isLocal: false,
    contract,
    startBlock,
    wallet: wallet.address,
    finality,
    reader: wallet.reader,
    stuckAfterMs: options.stuckAfterMs,
    async prepare(value, notBelowNonce) {
      await checkContract();
      return prepare(toCall(value), notBelowNonce);
    },
    prepareRoot: async (root, notBelowNonce) => prepare(toRootCall(wallet.address, root), notBelowNonce),
    broadcast,
    replace,
    countMined,
    lookUp: (hash) => locate(hash),
    findValue,
    request: pool.ask,
    estimateStamp: () => wallet.cost(toCall(sampleCid)),
    estimateRoot: async () => wallet.cost(toRootCall(wallet.address, sampleRoot)),
    balanceWei: wallet.balanceWei,
    async close() {
      pool.close();
    },
  };
}

async function expectFunds(
  wallet: RemoteWallet,
  neededWei: bigint,
  { name, currency }: RemoteNetwork,
): Promise<void> {
  const balance = await wallet.balanceWei();
  if (balance < neededWei) {
    const short = formatCoins(neededWei - balance, currency);
    throw fundsMissing(wallet.address, name, ` (it lacks ${short})`);
  }
}
