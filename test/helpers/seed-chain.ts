import type { Issuer } from '../../shared/evidence/issuer.ts';
import { fakeIssuer } from './fake-chain.ts';

/** The wallet of {@link seedIssuer}. */
export const seedWallet = '0x00000000000000000000000000000000000000bb';
const blockHash = `0x${'b'.repeat(64)}`;
/** Block time of every transaction, Unix seconds. */
export const seedTimeSeconds = 1_772_355_660;

/** An issuer whose wallet writes roots on a {@link seedChain}. */
export const seedIssuer = (overrides: Partial<Issuer> = {}): Issuer =>
  fakeIssuer({ wallet: seedWallet, ...overrides });

/**
 * A `fetch` that answers JSON-RPC for a chain whose transactions hold roots: `roots` goes from transaction hash to root, and
 * may change between calls. The transactions are of a type that only their own chain can check, so they need no signature.
 * `asked` collects the methods.
 */
export function seedChain(roots: Map<string, string>, { head = 20 }: { head?: number } = {}) {
  const asked: string[] = [];
  const chain = { head, isDown: false };
  const answer = (method: string, [subject]: unknown[]): unknown => {
    if (method === 'eth_chainId') return '0x12a6';
    if (method === 'eth_blockNumber') return `0x${chain.head.toString(16)}`;
    if (method === 'eth_getBlockByNumber')
      return { number: subject, hash: blockHash, timestamp: `0x${seedTimeSeconds.toString(16)}` };
    const root = roots.get(String(subject));
    if (method !== 'eth_getTransactionByHash' || !root) return null;
    return {
      type: '0x7e',
      hash: subject,
      from: seedWallet,
      to: seedWallet,
      input: `0x${root}`,
      blockNumber: '0xa',
      blockHash,
    };
  };
  const fetch = async (_url: string, init?: RequestInit): Promise<Response> => {
    if (chain.isDown) throw new TypeError('fetch failed');
    const { id, method, params } = JSON.parse(String(init?.body));
    asked.push(method);
    return Response.json({ jsonrpc: '2.0', id, result: answer(method, params) });
  };
  return { fetch, asked, chain };
}
