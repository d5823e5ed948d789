import {
  type Address,
  createPublicClient,
  custom,
  type Hex,
  hexToBigInt,
  keccak256,
  numberToHex,
  type PublicClient,
  parseAbi,
  type Chain as ViemChain,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import { HashmarkError } from '../../shared/errors.ts';
import type { PreparedTransaction } from './chain.ts';
import { type FeeQuote, type Fees, quoteFees } from './fees.ts';
import { JsonRpcError } from './json-rpc.ts';
import type { RpcPool } from './rpc-pool.ts';

/** What a transaction does, without who pays what for it. */
export interface Call {
  /** Undefined: it creates a contract. */
  to: Address | undefined;
  data: Hex;
}

/** What a transaction costs on this chain now. All amounts in wei. */
export interface Cost {
  gas: bigint;
  /** Probable price of a unit of gas. */
  perGas: bigint;
  /** What the transaction will probably cost, the rollup's own fee included. */
  expectedWei: bigint;
  /** What it cannot exceed. */
  mostWei: bigint;
  /** Fee of a rollup for storing the transaction on the chain below; 0 elsewhere. */
  layerOneWei: bigint;
}

/** One key on one public chain: reads what signing needs, signs, sends. It remembers nothing. */
export interface RemoteWallet {
  readonly address: Address;
  readonly reader: PublicClient;
  /** @throws HashmarkError `fee-too-high`. */
  quote(): Promise<FeeQuote>;
  /** Gas for the call with a reserve. @throws HashmarkError `call-refused` with the contract's or the node's reason. */
  estimateGas(call: Call): Promise<bigint>;
  cost(call: Call): Promise<Cost>;
  balanceWei(): Promise<bigint>;
  /** Number of the wallet's transactions in blocks up to `block`; with `pending`, also of those that wait. */
  countTransactions(block: 'latest' | 'pending' | bigint): Promise<number>;
  sign(call: Call, nonce: number, gas: bigint, fees: Fees): Promise<PreparedTransaction>;
  /**
   * Sends a signed transaction.
   * @returns `accepted` also when the node has it already, `nonce-used` when a block holds one of that nonce (perhaps this
   * one), `outbid` when the node has another one of that nonce or asks a higher fee.
   * @throws HashmarkError `funds-missing`, `chain-unavailable`, `call-refused`.
   */
  send(transaction: PreparedTransaction): Promise<'accepted' | 'nonce-used' | 'outbid'>;
}

export interface RemoteWalletOptions {
  chain: ViemChain;
  pool: RpcPool;
  walletKey: Hex;
  /** The most that is paid for a unit of gas, in wei. */
  maxFeePerGasWei: bigint;
}

/** Where rollups of the OP family tell what the chain below costs: docs.optimism.io, predeploys. */
const gasPriceOracle: Address = '0x420000000000000000000000000000000000000F';
const gasPriceOracleAbi = parseAbi([
  'function getL1FeeUpperBound(uint256 unsignedTxSize) view returns (uint256)',
]);
/** Everything of an EIP-1559 transaction but its data: fees, nonce, addresses, signature. */
const transactionOverheadBytes = 200n;
/** Part of the estimate that is added: state may change before the block comes. */
const gasReserveDivisor = 5n;

/** Asks nothing before its first method is called. */
export function createRemoteWallet({
  chain,
  pool,
  walletKey,
  maxFeePerGasWei,
}: RemoteWalletOptions): RemoteWallet {
  const account = privateKeyToAccount(walletKey);
  const client = createPublicClient({
    chain,
    // The pool repeats by itself, and knows when that is pointless.
    transport: custom({ request: ({ method, params }) => pool.ask(method, params ?? []) }, { retryCount: 0 }),
    cacheTime: 0,
  });
  let hasLayerOne: boolean | undefined;

  async function estimateGas({ to, data }: Call): Promise<bigint> {
    const gas = await read(client.estimateGas({ account: account.address, to, data })).catch((error) => {
      throw toRefusal(error, 'The chain refuses the transaction');
    });
    return gas + gas / gasReserveDivisor;
  }

  async function layerOneFee(data: Hex): Promise<bigint> {
    hasLayerOne ??= Boolean(await read(client.getCode({ address: gasPriceOracle })));
    if (!hasLayerOne) return 0n;
    const size = transactionOverheadBytes + BigInt((data.length - 2) / 2);
    return read(
      client.readContract({
        address: gasPriceOracle,
        abi: gasPriceOracleAbi,
        functionName: 'getL1FeeUpperBound',
        args: [size],
      }),
    );
  }

  return {
    address: account.address,
    reader: client,
    quote: () => read(quoteFees(client, maxFeePerGasWei)),
    estimateGas,
    async cost(call) {
      const [gas, quote, layerOneWei] = await Promise.all([
        estimateGas(call),
        read(quoteFees(client, maxFeePerGasWei)),
        layerOneFee(call.data),
      ]);
      const used = (gas * gasReserveDivisor) / (gasReserveDivisor + 1n);
      return {
        gas,
        perGas: quote.expectedPerGas,
        expectedWei: used * quote.expectedPerGas + layerOneWei,
        mostWei: gas * maxFeePerGasWei + layerOneWei,
        layerOneWei,
      };
    },
    balanceWei: () => read(client.getBalance({ address: account.address })),
    async countTransactions(block) {
      const tag = typeof block === 'bigint' ? numberToHex(block) : block;
      return Number(hexToBigInt((await pool.ask('eth_getTransactionCount', [account.address, tag])) as Hex));
    },
    async sign({ to, data }, nonce, gas, { maxFeePerGas, maxPriorityFeePerGas }) {
      const raw = await account.signTransaction({
        type: 'eip1559',
        chainId: chain.id,
        nonce,
        to,
        data,
        gas,
        maxFeePerGas,
        maxPriorityFeePerGas,
      });
      return { hash: keccak256(raw), raw, nonce };
    },
    async send({ raw }) {
      try {
        await pool.ask('eth_sendRawTransaction', [raw]);
        return 'accepted';
      } catch (error) {
        if (!(error instanceof JsonRpcError)) throw error;
        return judgeSend(error, account.address, chain.name);
      }
    },
  };
}

/** Nodes have no codes for these, only words: of geth, erigon, nethermind, besu, reth and anvil. */
function judgeSend(
  error: JsonRpcError,
  wallet: Address,
  chainName: string,
): 'accepted' | 'nonce-used' | 'outbid' {
  const text = error.message;
  if (/already known|already imported|known transaction|already exists|alreadyknown/i.test(text))
    return 'accepted';
  if (/nonce too low|nonce is too low|oldnonce|nonce.*already.*used/i.test(text)) return 'nonce-used';
  if (/underpriced|fee too low|less than block base fee|max fee per gas|feetoolow/i.test(text))
    return 'outbid';
  if (/insufficient funds|insufficient balance|lack of funds/i.test(text))
    throw fundsMissing(wallet, chainName);
  throw new HashmarkError('call-refused', `${chainName} refused the transaction: ${text}`, { cause: error });
}

/** Says where to send money. */
export function fundsMissing(wallet: Address, chainName: string, details = ''): HashmarkError {
  return new HashmarkError(
    'funds-missing',
    `The wallet ${wallet} has too little on ${chainName} to pay for the transaction${details}. Send some to that address.`,
    { data: { wallet } },
  );
}

/** viem wraps what the transport threw; callers get our own errors with their codes back. */
export async function read<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw findInside(error, HashmarkError) ?? error;
  }
}

/** The node's own words, without the request that viem repeats. */
export function toRefusal(error: unknown, what: string): Error {
  const own = findInside(error, HashmarkError);
  if (own) return own;
  const said = findInside(error, JsonRpcError)?.message;
  return new HashmarkError(
    'call-refused',
    `${what}: ${said ?? (error as { shortMessage?: string }).shortMessage ?? String(error)}`,
    { cause: error },
  );
}

function findInside<T extends Error>(error: unknown, kind: new (...args: never[]) => T): T | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (cause instanceof kind) return cause;
  return undefined;
}
