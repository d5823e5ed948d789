import * as v from 'valibot';
import { hexToNumber, numberToHex } from 'viem';

import { JsonRpcError } from './json-rpc.ts';

/** Error codes of JSON-RPC 2.0 and EIP-1474. */
export const rpcErrorCodes = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  resourceUnavailable: -32002,
  limitExceeded: -32005,
} as const;

/** How far apart the first and last block of one log query may be; readers halve what is refused. */
export const maxLogRangeBlocks = 10_000;

/** Asks the node itself. */
export type AskNode = (method: string, params: readonly unknown[]) => Promise<unknown>;

const quantity = v.pipe(v.string(), v.regex(/^0x(0|[1-9a-f][0-9a-f]{0,15})$/i, 'expected a hex quantity'));
const hash = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/i, 'expected 0x and 64 hex digits'));
const address = v.pipe(v.string(), v.regex(/^0x[0-9a-f]{40}$/i, 'expected 0x and 40 hex digits'));
const data = v.pipe(v.string(), v.regex(/^0x([0-9a-f]{2})*$/i, 'expected 0x and hex bytes'));
const blockTag = v.union([quantity, v.picklist(['latest', 'earliest', 'pending', 'safe', 'finalized'])]);
const topic = v.nullable(v.union([hash, v.pipe(v.array(hash), v.maxLength(16))]));
const call = v.strictObject({
  to: address,
  from: v.optional(address),
  data: v.optional(data),
  input: v.optional(data),
  value: v.optional(quantity),
  gas: v.optional(quantity),
  type: v.optional(quantity),
});
const logFilter = v.strictObject({
  address: v.optional(v.union([address, v.pipe(v.array(address), v.maxLength(16))])),
  topics: v.optional(v.pipe(v.array(topic), v.maxLength(4))),
  fromBlock: v.optional(blockTag),
  toBlock: v.optional(blockTag),
  blockHash: v.optional(hash),
});

/**
 * What a reader may ask, with the shape of its parameters. Reading only, and only what a verifier needs: anvil also
 * answers methods that rewrite the chain, so nothing is forwarded that does not stand here.
 */
const readable: Record<string, v.GenericSchema<unknown, unknown[]>> = {
  eth_blockNumber: v.strictTuple([]),
  eth_call: v.union([v.strictTuple([call]), v.strictTuple([call, blockTag])]),
  eth_chainId: v.strictTuple([]),
  eth_getBalance: v.strictTuple([address, blockTag]),
  eth_getBlockByHash: v.strictTuple([hash, v.boolean()]),
  eth_getBlockByNumber: v.strictTuple([blockTag, v.boolean()]),
  eth_getBlockReceipts: v.strictTuple([blockTag]),
  eth_getCode: v.strictTuple([address, blockTag]),
  eth_getLogs: v.strictTuple([logFilter]),
  eth_getStorageAt: v.strictTuple([address, v.union([hash, quantity]), blockTag]),
  eth_getTransactionByHash: v.strictTuple([hash]),
  eth_getTransactionCount: v.strictTuple([address, blockTag]),
  eth_getTransactionReceipt: v.strictTuple([hash]),
  eth_syncing: v.strictTuple([]),
  net_version: v.strictTuple([]),
  web3_clientVersion: v.strictTuple([]),
};

/**
 * Answers one question of a reader.
 * @param isLocal on the local chain every block is final at once, so that the tags for what is final mean its head.
 * @throws JsonRpcError when the method is not on the list, its parameters do not fit, or the node says no.
 */
export async function answerRead(
  ask: AskNode,
  method: string,
  params: readonly unknown[],
  isLocal = true,
): Promise<unknown> {
  const schema = Object.hasOwn(readable, method) ? readable[method] : undefined;
  if (!schema) {
    throw new JsonRpcError(
      rpcErrorCodes.methodNotFound,
      `The method ${method.slice(0, 64)} is not available here: this endpoint only reads the chain.`,
    );
  }
  const checked = v.safeParse(schema, params);
  if (!checked.success) {
    const [issue] = checked.issues;
    throw new JsonRpcError(
      rpcErrorCodes.invalidParams,
      `The parameters of ${method} are not valid${issue ? ` at ${v.getDotPath(issue) ?? 'the list'}: ${issue.message}` : ''}`,
    );
  }
  if (method === 'eth_getLogs') {
    return answerLogs(ask, checked.output[0] as v.InferOutput<typeof logFilter>, isLocal);
  }
  return ask(method, checked.output);
}

/** Asks with the range as numbers, so that what was checked is what is asked. */
async function answerLogs(
  ask: AskNode,
  filter: v.InferOutput<typeof logFilter>,
  isLocal: boolean,
): Promise<unknown> {
  if (filter.blockHash !== undefined) {
    if (filter.fromBlock === undefined && filter.toBlock === undefined) return ask('eth_getLogs', [filter]);
    throw new JsonRpcError(
      rpcErrorCodes.invalidParams,
      'A log query names a blockHash or a range of blocks, not both.',
    );
  }
  const head = hexToNumber((await ask('eth_blockNumber', [])) as `0x${string}`);
  const numberOf = async (tag: string | undefined) =>
    isLocal || (tag !== 'safe' && tag !== 'finalized') ? toNumber(tag, head) : numberOfTag(ask, tag);
  const from = await numberOf(filter.fromBlock);
  const to = Math.min(await numberOf(filter.toBlock), head);
  if (to - from > maxLogRangeBlocks) {
    throw new JsonRpcError(
      rpcErrorCodes.limitExceeded,
      `query exceeds max block range ${maxLogRangeBlocks}: blocks ${from} to ${to} were asked for`,
    );
  }
  // The node refuses a range beyond its head; to a reader who polls for what is new that is simply empty.
  if (from > to) return [];
  return ask('eth_getLogs', [{ ...filter, fromBlock: numberToHex(from), toBlock: numberToHex(to) }]);
}

/** @throws JsonRpcError when the chain does not know the tag, as for any block that it does not have. */
async function numberOfTag(ask: AskNode, tag: 'safe' | 'finalized'): Promise<number> {
  const block = (await ask('eth_getBlockByNumber', [tag, false])) as { number: `0x${string}` } | null;
  if (block) return hexToNumber(block.number);
  throw new JsonRpcError(rpcErrorCodes.invalidParams, `This chain has no ${tag} block.`);
}

function toNumber(tag: string | undefined, head: number): number {
  if (tag === undefined || tag === 'latest' || tag === 'pending' || tag === 'safe' || tag === 'finalized') {
    return head;
  }
  return tag === 'earliest' ? 0 : hexToNumber(tag as `0x${string}`);
}
