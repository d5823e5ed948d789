/**
 * EVM transactions as an endpoint shows them, held against their own hash and signature: an endpoint can then neither change
 * what a transaction carries nor who sent it.
 */
import * as v from 'valibot';
import {
  formatTransaction,
  keccak256,
  type RpcTransaction,
  recoverTransactionAddress,
  serializeTransaction,
  type TransactionSerializable,
  type TransactionSerialized,
} from 'viem';

import { HashmarkError, messageOf } from '../errors.ts';

/** What evidence needs of a transaction. Plain JSON. */
export interface ChainTransaction {
  hash: `0x${string}`;
  /** The sender, lower case. */
  from: `0x${string}`;
  /** True when the sender was recovered from the transaction's own signature, false when it is the endpoint's word. */
  isSenderProved: boolean;
  /** Input data, lower-case hex with `0x`. */
  input: `0x${string}`;
  /** The block that holds it; absent while it is in none. */
  block?: { number: number; hash: `0x${string}` };
}

const lowerHex = (pattern: RegExp) =>
  v.pipe(
    v.string(),
    v.regex(pattern),
    v.transform((text) => text.toLowerCase() as `0x${string}`),
  );
const hash = lowerHex(/^0x[0-9a-fA-F]{64}$/);
const schema = v.looseObject({
  hash,
  from: lowerHex(/^0x[0-9a-fA-F]{40}$/),
  input: lowerHex(/^0x(?:[0-9a-fA-F]{2})*$/),
  blockNumber: v.nullish(v.pipe(v.string(), v.regex(/^0x[0-9a-fA-F]{1,13}$/), v.transform(Number))),
  blockHash: v.nullish(hash),
});

/** Types of transactions whose hash and signature are the same on every EVM chain. */
const commonTypes = new Set(['legacy', 'eip2930', 'eip1559', 'eip4844', 'eip7702']);

/**
 * Reads an `eth_getTransactionByHash` result and recomputes its hash and its sender. A type that only its own chain knows (a
 * roll-up's deposit) has no common form: its sender stays the endpoint's word.
 *
 * @param expected the chain that was asked: a transaction that was signed for another one is no transaction of it
 * @param label the endpoint, for errors
 * @throws HashmarkError `rpc-malformed` for what is no transaction, and for one that is not what its hash names.
 */
export async function readTransaction(
  answer: unknown,
  expected: { chainId: number },
  label: string,
): Promise<ChainTransaction> {
  const read = v.safeParse(schema, answer);
  if (!read.success) throw lie(label, `something that is no transaction (${v.summarize(read.issues)})`);
  const { hash, from, input, blockNumber, blockHash } = read.output;
  const sender = await recoverSender(answer as RpcTransaction, { hash, input, ...expected }, label);
  if (sender !== undefined && sender !== from) {
    throw lie(label, `that ${from} sent transaction ${hash}, which ${sender} signed`);
  }
  const isInBlock = typeof blockNumber === 'number' && blockHash;
  return {
    hash,
    from,
    isSenderProved: sender !== undefined,
    input,
    ...(isInBlock ? { block: { number: blockNumber, hash: blockHash } } : {}),
  };
}

/** The address that signed, lower case; undefined for a type that has no common form. */
async function recoverSender(
  answer: RpcTransaction,
  { hash, input, chainId }: { hash: string; input: string; chainId: number },
  label: string,
): Promise<string | undefined> {
  let serialized: TransactionSerialized;
  try {
    const { r, s, v: recovery, yParity, ...fields } = formatTransaction(answer);
    if (!commonTypes.has(fields.type) || !r || !s) return undefined;
    // The oldest form signs no chain id, and some endpoints show one all the same.
    const isUnprotected = fields.type === 'legacy' && (recovery === 27n || recovery === 28n);
    if (!isUnprotected && fields.chainId !== undefined && fields.chainId !== chainId) {
      throw new Error(`it was signed for chain ${fields.chainId}, and this is chain ${chainId}`);
    }
    serialized = serializeTransaction(
      {
        ...fields,
        data: input,
        ...(isUnprotected ? { chainId: undefined } : {}),
      } as unknown as TransactionSerializable,
      fields.type === 'legacy' ? { r, s, v: recovery as bigint } : { r, s, yParity: yParity as number },
    ) as TransactionSerialized;
  } catch (cause) {
    throw lie(label, `fields that make no transaction ${hash} (${messageOf(cause).split('\n')[0]})`, cause);
  }
  const actual = keccak256(serialized);
  if (actual !== hash) throw lie(label, `a transaction under the name ${hash} that hashes to ${actual}`);
  return (await recoverTransactionAddress({ serializedTransaction: serialized })).toLowerCase();
}

function lie(label: string, what: string, cause?: unknown): HashmarkError {
  return new HashmarkError(
    'rpc-malformed',
    `${label} gave ${what}. Do not believe it, and ask another endpoint.`,
    { cause },
  );
}
