import * as v from 'valibot';

import { HashmarkError } from '../errors.ts';
import { decodeMappingUpdated, mappingUpdatedTopic } from './ipcm.ts';
import type { Issuer } from './issuer.ts';
import { type Agreement, askAll, createEndpoint, type Endpoint, type Fetch } from './json-rpc.ts';
import { type ChainTransaction, readTransaction } from './signed-transaction.ts';

/** One stamp as the chain's log holds it. Plain JSON. */
export interface StampLog {
  transaction: `0x${string}`;
  /** Position in its block: with the transaction it names the log. */
  logIndex: number;
  blockNumber: number;
  blockHash: `0x${string}`;
  /** The CID that was written, in normal form. */
  value: string;
}

/** A block, as far as evidence needs it. */
export interface BlockHead {
  number: number;
  hash: `0x${string}`;
  /** Unix seconds. */
  timeSeconds: number;
}

/** Reads one issuer's contract through all endpoints of its chain; every answer says who gave it. */
export interface ChainReader {
  /** Logs of blocks `from` to `to`, both included, in chain order. Throws `range-too-large` when an endpoint wants a smaller window. */
  logs(from: number, to: number): Promise<Agreement<StampLog[]>>;
  /** Logs of the contract that a transaction caused; empty when it failed or is not in a block. */
  transactionLogs(transaction: string): Promise<Agreement<StampLog[]>>;
  /** The transaction itself, its hash and its sender recomputed; null when the chain knows none of this hash. */
  transaction(hash: string): Promise<Agreement<ChainTransaction | null>>;
  /** Null when the chain has no such block. */
  block(number: number): Promise<Agreement<BlockHead | null>>;
  /** The highest block that every endpoint which answers has. */
  head(): Promise<Agreement<number>>;
  /** The highest block that counts as final for every endpoint which answers, by the issuer's rule; -1 for none. */
  finalBlock(): Promise<Agreement<number>>;
}

const hex = (digits: number) =>
  v.pipe(
    v.string(),
    v.regex(new RegExp(`^0x[0-9a-fA-F]{${digits}}$`)),
    v.transform((text) => text.toLowerCase() as `0x${string}`),
  );
const quantity = v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]{1,13}$/), v.transform(Number));

const logSchema = v.object({
  address: hex(40),
  topics: v.array(v.string()),
  data: v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]*$/)),
  transactionHash: hex(64),
  logIndex: quantity,
  blockNumber: quantity,
  blockHash: hex(64),
  removed: v.optional(v.boolean()),
});
const receiptSchema = v.object({ status: v.optional(v.string()), logs: v.array(logSchema) });
const blockSchema = v.object({ number: quantity, hash: hex(64), timestamp: quantity });

/** A reader over `issuer.rpcUrls`. Asks nothing before its first method is called. */
export function createChainReader(issuer: Issuer, fetchFn: Fetch): ChainReader {
  return createChainReaderFrom(
    issuer,
    issuer.rpcUrls.map((url) => createEndpoint(url, fetchFn)),
  );
}

/** As {@link createChainReader}, over endpoints that the caller made. */
export function createChainReaderFrom(issuer: Issuer, given: readonly Endpoint[]): ChainReader {
  const endpoints = given.map((endpoint) => onChain(endpoint, issuer.chainId));
  const contract = issuer.contract.toLowerCase();

  const toStamps = (logs: v.InferOutput<typeof logSchema>[]): StampLog[] =>
    logs
      .filter((log) => log.address === contract && log.topics[0] === mappingUpdatedTopic && !log.removed)
      .flatMap(({ data, transactionHash, logIndex, blockNumber, blockHash }) => {
        const value = decodeMappingUpdated(data as `0x${string}`);
        return value ? [{ transaction: transactionHash, logIndex, blockNumber, blockHash, value }] : [];
      })
      .sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);

  const call = async <S extends v.GenericSchema>(
    endpoint: Endpoint,
    schema: S,
    method: string,
    params: unknown[],
  ): Promise<v.InferOutput<S>> => {
    const answer = v.safeParse(schema, await endpoint.request(method, params));
    if (answer.success) return answer.output;
    throw new HashmarkError(
      'rpc-malformed',
      `${endpoint.label} answered ${method} with something else than its result: ${v.summarize(answer.issues)}`,
    );
  };

  return {
    async logs(from, to) {
      let tooLarge: unknown;
      const agreement = await askAll(endpoints, async (endpoint) => {
        try {
          const filter = {
            address: issuer.contract,
            topics: [mappingUpdatedTopic],
            fromBlock: toQuantity(from),
            toBlock: toQuantity(to),
          };
          const logs = toStamps(await call(endpoint, v.array(logSchema), 'eth_getLogs', [filter]));
          return logs.filter(({ blockNumber }) => blockNumber >= from && blockNumber <= to);
        } catch (error) {
          if (to > from && isRangeError(error)) tooLarge = error;
          throw error;
        }
      });
      if (tooLarge) {
        throw new HashmarkError('range-too-large', `${to - from + 1} blocks are too many for one read.`, {
          cause: tooLarge,
        });
      }
      return agreement;
    },
    transactionLogs: (transaction) =>
      askAll(endpoints, async (endpoint) => {
        const receipt = await call(endpoint, v.nullable(receiptSchema), 'eth_getTransactionReceipt', [
          transaction,
        ]);
        return receipt && receipt.status !== '0x0' ? toStamps(receipt.logs) : [];
      }),
    transaction: (hash) =>
      askAll(endpoints, async (endpoint) => {
        const answer = await endpoint.request('eth_getTransactionByHash', [hash]);
        if (answer === null) return null;
        const transaction = await readTransaction(answer, issuer, endpoint.label);
        if (transaction.hash === hash.toLowerCase()) return transaction;
        throw new HashmarkError(
          'rpc-malformed',
          `${endpoint.label} answered with transaction ${transaction.hash} when asked for ${hash}.`,
        );
      }),
    block: (number) =>
      askAll(endpoints, async (endpoint) => {
        const block = await call(endpoint, v.nullable(blockSchema), 'eth_getBlockByNumber', [
          toQuantity(number),
          false,
        ]);
        return block && { number: block.number, hash: block.hash, timeSeconds: block.timestamp };
      }),
    head: async () =>
      lowest(await askAll(endpoints, (endpoint) => call(endpoint, quantity, 'eth_blockNumber', []))),
    finalBlock: async () => {
      const { finality } = issuer;
      return lowest(
        await askAll(endpoints, async (endpoint) => {
          if (finality.kind === 'confirmations') {
            return (await call(endpoint, quantity, 'eth_blockNumber', [])) - finality.blocks + 1;
          }
          const block = await call(endpoint, v.nullable(blockSchema), 'eth_getBlockByNumber', [
            finality.tag,
            false,
          ]);
          return block ? block.number : -1;
        }),
      );
    },
  };
}

/** Refuses an endpoint's answers until it has said once that it speaks for the right chain. */
export function onChain(endpoint: Endpoint, chainId: number): Endpoint {
  let checked: Promise<void> | undefined;
  const check = async (): Promise<void> => {
    const answer = v.safeParse(quantity, await endpoint.request('eth_chainId', []));
    if (!answer.success || answer.output !== chainId) {
      throw new HashmarkError(
        'wrong-chain',
        `${endpoint.label} answers for chain ${answer.success ? answer.output : 'unreadable'}, expected ${chainId}. Correct its URL.`,
      );
    }
  };
  return {
    label: endpoint.label,
    async request(method, params) {
      checked ??= check();
      try {
        await checked;
      } catch (error) {
        checked = undefined; // Down now is not down for ever.
        throw error;
      }
      return endpoint.request(method, params);
    },
  };
}

/** Endpoints are never at exactly the same block: what all of them have is the lowest of their heads. */
function lowest(agreement: Agreement<number>): Agreement<number> {
  if (agreement.kind !== 'disagreement') return agreement;
  return {
    kind: 'agreed',
    value: Math.min(...agreement.answers.map(({ value }) => value)),
    endpoints: agreement.answers.map(({ endpoint }) => endpoint),
    failures: agreement.failures,
  };
}

/**
 * Providers refuse a wide window in many words and with no common code: -32005 (limit exceeded), -32602 and -32000 with
 * "block range", "more than 10000 results", "response size exceeded", "query timeout".
 */
function isRangeError(error: unknown): boolean {
  if (!(error instanceof HashmarkError) || error.code !== 'rpc-refused') return false;
  return (
    error.data.rpcCode === -32005 ||
    /range|limit|exceed|too (?:many|large|wide)|more than|timeout/i.test(error.message)
  );
}

function toQuantity(number: number): `0x${string}` {
  return `0x${number.toString(16)}`;
}
