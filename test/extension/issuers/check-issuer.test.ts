import { describe, expect, it } from 'vitest';

import { checkEndpoints } from '../../../extension/issuers/check-issuer.ts';
import { fakeContract } from '../../helpers/fake-chain.ts';

/** Endpoints by host: what they answer to each method, or an HTTP status. */
function network(hosts: Record<string, Record<string, unknown> | number>) {
  return async (input: string, init?: RequestInit) => {
    const host = hosts[new URL(input).host];
    if (host === undefined) throw new TypeError('fetch failed');
    if (typeof host === 'number') return new Response('no', { status: host });
    const { id, method } = JSON.parse(String(init?.body));
    return Response.json({ jsonrpc: '2.0', id, result: host[method] });
  };
}

const issuer = { chainId: 8453, contract: fakeContract } as const;
const good = { eth_chainId: '0x2105', eth_getCode: '0x60' };
const check = (hosts: Record<string, Record<string, unknown> | number>) =>
  checkEndpoints(
    issuer,
    Object.keys(hosts).map((host) => `https://${host}/a-key`),
    network(hosts),
  );

describe('checkEndpoints', () => {
  it('should be content when every endpoint speaks for the chain and knows the contract', async () => {
    await expect(check({ 'a.test': good, 'b.test': good })).resolves.toBeUndefined();
  });

  it.each([
    ['another chain', { ...good, eth_chainId: '0x1' }, /b\.test answers for chain 1, expected 8453/],
    ['no contract', { ...good, eth_getCode: '0x' }, /b\.test knows no contract at 0x0+aa on chain 8453/],
    ['nonsense', { ...good, eth_getCode: 7 }, /b\.test did not answer like an RPC endpoint/],
    ['no answer', 500, /b\.test did not answer/],
  ])('should name the endpoint that has %s, and not its key', async (_, answers, reason) => {
    const failure = await check({ 'a.test': good, 'b.test': answers }).catch((error) => error);
    expect(failure).toMatchObject({ code: 'issuer-unconfirmed' });
    expect(failure.message).toMatch(reason);
    expect(failure.message).not.toContain('a-key');
  });
});
