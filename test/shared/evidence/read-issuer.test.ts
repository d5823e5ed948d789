import { describe, expect, it } from 'vitest';

import { createChainReader } from '../../../shared/evidence/chain-reader.ts';
import { type IssuerWindow, readIssuer, windowBlocks } from '../../../shared/evidence/read-issuer.ts';
import { type FakeEndpoint, fakeIssuer, fakeNetwork } from '../../helpers/fake-chain.ts';

const hello = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const zero = 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ';
const stamps = [
  { value: hello, blockNumber: 5 },
  { value: 'not a CID', blockNumber: 6 },
  { value: zero, blockNumber: 24_000 },
];

async function readAll(
  endpoints: Record<string, FakeEndpoint>,
  fromBlock = 1,
): Promise<{ windows: IssuerWindow[]; requests: string[] }> {
  const { fetch, requests } = fakeNetwork(endpoints);
  const issuer = fakeIssuer({
    rpcUrls: Object.keys(endpoints).map((host) => `http://${host}/secret-key?token=1`),
  });
  const windows: IssuerWindow[] = [];
  for await (const window of readIssuer(createChainReader(issuer, fetch), fromBlock)) windows.push(window);
  return { windows, requests };
}

const values = (windows: IssuerWindow[]) => windows.flatMap(({ logs }) => logs.map(({ value }) => value));

describe('readIssuer', () => {
  it('should read everything in windows, up to the head', async () => {
    const { windows } = await readAll({ 'rpc-a.test': { stamps, head: 25_000 } });
    expect(windows.map(({ fromBlock, toBlock }) => [fromBlock, toBlock])).toEqual([
      [1, 10_000],
      [10_001, 20_000],
      [20_001, 25_000],
    ]);
    expect(values(windows)).toEqual([hello, zero]);
  });

  it('should resume in the middle', async () => {
    const { windows } = await readAll({ 'rpc-a.test': { stamps, head: 25_000 } }, 20_000);
    expect(values(windows)).toEqual([zero]);
  });

  it('should read nothing past the head', async () => {
    const { windows } = await readAll({ 'rpc-a.test': { head: 7 } }, 8);
    expect(windows).toEqual([]);
  });

  it.each([
    { code: -32005, message: 'query returned more than 10000 results' },
    { code: -32602, message: 'block range is too wide' },
    { code: -32000, message: 'exceed maximum block range: 500' },
    { code: -32603, message: 'response size should not greater than 10MB: limit' },
  ])('should shrink its windows on $code $message', async (rangeError) => {
    const { windows, requests } = await readAll({
      'rpc-a.test': { stamps, head: 25_000, maxWindow: 700, rangeError },
    });
    expect(values(windows)).toEqual([hello, zero]);
    expect(Math.max(...windows.map(({ fromBlock, toBlock }) => toBlock - fromBlock + 1))).toBeLessThanOrEqual(
      700,
    );
    expect(windows[0]?.fromBlock).toBe(1);
    expect(windows.at(-1)?.toBlock).toBe(25_000);
    expect(requests.filter((request) => request.includes('eth_getLogs')).length).toBeLessThan(60);
  });

  it('should give up on an endpoint that refuses even one block', async () => {
    await expect(readAll({ 'rpc-a.test': { stamps, head: 3, maxWindow: 0.5 } })).rejects.toMatchObject({
      code: 'rpc-unavailable',
    });
  });

  it('should read by one endpoint when the other is down', async () => {
    const { windows } = await readAll({
      'rpc-a.test': { isDown: true },
      'rpc-b.test': { stamps, head: 25_000 },
    });
    expect(values(windows)).toEqual([hello, zero]);
    expect(windows[0]?.endpoints).toEqual(['rpc-b.test']);
  });

  it('should say when two endpoints disagree, and hold what any of them holds', async () => {
    const { windows } = await readAll({
      'rpc-a.test': { stamps: [], head: windowBlocks },
      'rpc-b.test': { stamps: stamps.slice(0, 1), head: windowBlocks },
    });
    expect(values(windows)).toEqual([hello]);
    expect(windows[0]?.disagreement).toBe(
      'The RPC endpoints disagree on the stamps in blocks 1 to 10000: rpc-a.test has 0, rpc-b.test has 1.',
    );
  });

  it('should read as far as every endpoint has come', async () => {
    const { windows } = await readAll({
      'rpc-a.test': { stamps: stamps.slice(0, 1), head: 90 },
      'rpc-b.test': { stamps: stamps.slice(0, 1), head: 100 },
    });
    expect(windows.at(-1)).toMatchObject({ toBlock: 90, headBlock: 90 });
    expect(windows[0]?.disagreement).toBeUndefined();
  });

  it.each<[string, FakeEndpoint, RegExp]>([
    ['refuses connections', { isDown: true }, /rpc-a\.test did not answer/],
    ['answers HTTP 500', { status: 500 }, /rpc-a\.test did not answer/],
    ['speaks for another chain', { chainId: 1 }, /answers for chain 1, expected 4774/],
  ])(
    'should fail with rpc-unavailable when the only endpoint %s',
    async (_, endpoint, message) => {
      const failure = await readAll({ 'rpc-a.test': endpoint }).catch((error: Error) => error);
      expect(failure).toMatchObject({ code: 'rpc-unavailable', message: expect.stringMatching(message) });
      expect(String((failure as Error).message)).not.toMatch(/secret-key|token/);
    },
    20_000,
  );
});
