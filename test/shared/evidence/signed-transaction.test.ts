import { numberToHex, parseTransaction, type TransactionSerializable } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { keccak256 } from 'viem/utils';
import { describe, expect, it } from 'vitest';

import { readTransaction } from '../../../shared/evidence/signed-transaction.ts';

const account = privateKeyToAccount(generatePrivateKey());
const sender = account.address.toLowerCase();
const root = `0x${'5a'.repeat(32)}` as const;
const common = { chainId: 10, nonce: 7, gas: 30_000n, to: account.address, value: 0n, data: root };
const fees = { maxFeePerGas: 9n, maxPriorityFeePerGas: 1n };
const kinds: Record<string, TransactionSerializable> = {
  legacy: { ...common, type: 'legacy', gasPrice: 5n },
  'legacy without chain id': { ...common, chainId: undefined, type: 'legacy', gasPrice: 5n },
  eip2930: {
    ...common,
    type: 'eip2930',
    gasPrice: 5n,
    accessList: [{ address: account.address, storageKeys: [root] }],
  },
  eip1559: { ...common, type: 'eip1559', ...fees },
  eip4844: {
    ...common,
    type: 'eip4844',
    ...fees,
    maxFeePerBlobGas: 3n,
    blobVersionedHashes: [`0x01${'00'.repeat(31)}`],
  },
  eip7702: {
    ...common,
    type: 'eip7702',
    ...fees,
    authorizationList: [await account.signAuthorization({ address: account.address, chainId: 10, nonce: 8 })],
  },
};

/** The transaction as `eth_getTransactionByHash` gives it. */
async function signed(transaction: TransactionSerializable) {
  const serialized = await account.signTransaction(transaction);
  const { type, r, s, v, yParity } = parseTransaction(serialized);
  const codes = { legacy: '0x0', eip2930: '0x1', eip1559: '0x2', eip4844: '0x3', eip7702: '0x4' };
  const { data: input, authorizationList, ...fields } = transaction as Record<string, unknown>;
  const toQuantities = (values: object) =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [
        key,
        typeof value === 'bigint' || typeof value === 'number' ? numberToHex(value) : value,
      ]),
    );
  return {
    ...toQuantities({ ...fields, v: v ?? BigInt(yParity ?? 0), yParity }),
    ...(authorizationList ? { authorizationList: (authorizationList as object[]).map(toQuantities) } : {}),
    // Endpoints name the chain also where the signature does not.
    chainId: '0xa',
    type: codes[type as keyof typeof codes],
    r,
    s,
    input,
    hash: keccak256(serialized),
    from: account.address,
    blockNumber: '0x10',
    blockHash: `0x${'BB'.repeat(32)}`,
    transactionIndex: '0x0',
  };
}

describe('readTransaction', () => {
  it.each(Object.entries(kinds))('should recompute name and sender of %s', async (_, transaction) => {
    const answer = await signed(transaction);
    expect(await readTransaction(answer, { chainId: 10 }, 'rpc.test')).toEqual({
      hash: answer.hash,
      from: sender,
      isSenderProved: true,
      input: root,
      block: { number: 16, hash: `0x${'bb'.repeat(32)}` },
    });
  });

  it('should say when a transaction is in no block', async () => {
    const answer = await signed(kinds.eip1559 as TransactionSerializable);
    const read = await readTransaction(
      { ...answer, blockNumber: null, blockHash: null },
      { chainId: 10 },
      'rpc.test',
    );
    expect(read.block).toBeUndefined();
  });

  it('should not take a transaction that was signed for another chain', async () => {
    const answer = await signed(kinds.eip1559 as TransactionSerializable);
    await expect(readTransaction(answer, { chainId: 1 }, 'rpc.test')).rejects.toThrow(/signed for chain 10/);
  });

  it('should take the endpoint’s word for a type that only its chain knows', async () => {
    const answer = { ...(await signed(kinds.eip1559 as TransactionSerializable)), type: '0x7e' };
    expect(await readTransaction(answer, { chainId: 10 }, 'rpc.test')).toMatchObject({
      from: sender,
      isSenderProved: false,
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['other input', { input: `0x${'5b'.repeat(32)}` }],
    ['another receiver', { to: `0x${'11'.repeat(20)}` }],
    ['another sender', { from: `0x${'11'.repeat(20)}` }],
    ['another name', { hash: `0x${'22'.repeat(32)}` }],
    ['another signature', { s: `0x${'33'.repeat(32)}` }],
    ['a signature that is none', { r: '0x', s: 'x' }],
    ['a nonce that is no number', { nonce: 'seven' }],
    ['no input', { input: undefined }],
  ])('should not believe an endpoint that shows %s', async (_, change) => {
    for (const transaction of [kinds.legacy, kinds.eip1559]) {
      const answer = { ...(await signed(transaction as TransactionSerializable)), ...change };
      await expect(readTransaction(answer, { chainId: 10 }, 'rpc.test')).rejects.toMatchObject({
        code: 'rpc-malformed',
        message: expect.stringMatching(/^rpc\.test gave /),
      });
    }
  });
});
