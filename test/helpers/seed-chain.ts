import { secp256k1 } from '@noble/curves/secp256k1.js';
import {
  bytesToHex,
  formatTransaction,
  type Hex,
  hexToBytes,
  keccak256,
  type RpcTransaction,
  serializeTransaction,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';

import type { Issuer } from '../../shared/evidence/issuer.ts';
import { fakeIssuer } from './fake-chain.ts';

const secretKey: Hex = `0x${'5'.repeat(64)}`;
const chainId = 4774;
/** The wallet of {@link seedIssuer}. */
const seedWallet = privateKeyToAccount(secretKey).address;
const blockHash = `0x${'b'.repeat(64)}`;
/** Block time of every transaction, Unix seconds. */
export const seedTimeSeconds = 1_772_355_660;

/** An issuer whose wallet writes roots on a {@link seedChain}. */
export const seedIssuer = (overrides: Partial<Issuer> = {}): Issuer =>
  fakeIssuer({ wallet: seedWallet, ...overrides });

/** A `fetch` that answers JSON-RPC for a chain whose transactions hold roots. `asked` collects the methods. */
export function seedChain({ head = 20 }: { head?: number } = {}) {
  const asked: string[] = [];
  const transactions = new Map<string, object>();
  const chain = { head, isDown: false, transactions };
  const answer = (method: string, [subject]: unknown[]): unknown => {
    if (method === 'eth_chainId') return toQuantity(chainId);
    if (method === 'eth_blockNumber') return toQuantity(chain.head);
    if (method === 'eth_getBlockByNumber')
      return { number: subject, hash: blockHash, timestamp: toQuantity(seedTimeSeconds) };
    return (method === 'eth_getTransactionByHash' && transactions.get(String(subject))) || null;
  };
  const fetch = async (_url: string, init?: RequestInit): Promise<Response> => {
    if (chain.isDown) throw new TypeError('fetch failed');
    const { id, method, params } = JSON.parse(String(init?.body));
    asked.push(method);
    return Response.json({ jsonrpc: '2.0', id, result: answer(method, params) });
  };
  /** Puts a root on the chain. @returns its transaction, which is always the same one for the same root. */
  const write = (root: string): Hex => {
    const transaction = signRoot(root);
    transactions.set(transaction.hash, transaction);
    return transaction.hash;
  };
  return { fetch, asked, chain, write };
}

const toQuantity = (number: number): Hex => `0x${number.toString(16)}`;

/** The transaction that carries a root, signed by the wallet, as an endpoint shows it. */
function signRoot(root: string) {
  const unsigned = {
    type: '0x2',
    chainId: toQuantity(chainId),
    nonce: '0x0',
    gas: '0x5208',
    maxFeePerGas: '0x2',
    maxPriorityFeePerGas: '0x1',
    to: seedWallet.toLowerCase(),
    value: '0x0',
    input: `0x${root}`,
    accessList: [],
  } as const;
  const { type: _, ...fields } = formatTransaction(unsigned as unknown as RpcTransaction);
  const toSign = { ...fields, type: 'eip1559', chainId, data: unsigned.input } as never;
  const digest = hexToBytes(keccak256(serializeTransaction(toSign)));
  const [yParity = 0, ...rest] = secp256k1.sign(digest, hexToBytes(secretKey), {
    prehash: false,
    format: 'recovered',
  });
  const r = bytesToHex(Uint8Array.from(rest.slice(0, 32)));
  const s = bytesToHex(Uint8Array.from(rest.slice(32)));
  return {
    ...unsigned,
    hash: keccak256(serializeTransaction(toSign, { r, s, yParity })),
    from: seedWallet.toLowerCase(),
    r,
    s,
    yParity: toQuantity(yParity),
    v: toQuantity(yParity),
    blockNumber: '0xa',
    blockHash,
  };
}
