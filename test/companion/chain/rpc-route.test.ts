import { createPublicClient, http } from 'viem';
import { describe, expect, it } from 'vitest';

import { registryAbi } from '../../../companion/chain/contract/abi.ts';
import type { LocalChain } from '../../../companion/chain/local-chain.ts';
import { maxLogRangeBlocks } from '../../../companion/chain/rpc-methods.ts';
import { createRpcRoute } from '../../../companion/chain/rpc-route.ts';
import { openChainHome, writeValue } from '../../helpers/local-chain.ts';
import { deployOn, openOn, openPublicNode } from '../../helpers/public-chain.ts';

const cid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';

async function openRoute() {
  const { chain, close } = await openChainHome();
  const route = createRpcRoute(chain);
  const post = async (body: unknown, contentType = 'application/json') =>
    route.request('/', {
      method: 'POST',
      headers: { 'content-type': contentType },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const ask = async (method: string, params: unknown[] = []) =>
    (await post({ jsonrpc: '2.0', id: 7, method, params })).json();
  return { chain, close, route, post, ask };
}

describe('createRpcRoute', () => {
  it('serves a viem client that reads a stamp', async () => {
    const { chain, route } = await openRoute();
    const written = await writeValue(chain, cid);
    const client = createPublicClient({
      transport: http('http://127.0.0.1/', {
        fetchFn: (url, init) => route.request(String(url), init) as Promise<Response>,
      }),
    });
    expect(await client.getChainId()).toBe(chain.id);
    const logs = await client.getContractEvents({
      address: chain.contract,
      abi: registryAbi,
      eventName: 'MappingUpdated',
      fromBlock: chain.startBlock,
    });
    expect(logs.map(({ args }) => args.value)).toEqual([cid]);
    const block = await client.getBlock({ blockHash: written.blockHash });
    expect(Number(block.timestamp)).toBe(written.blockTimeSeconds);
    const receipt = await client.getTransactionReceipt({ hash: written.hash });
    expect(receipt.status).toBe('success');
    const latest = await client.readContract({
      address: chain.contract,
      abi: registryAbi,
      functionName: 'getMapping',
    });
    expect(latest).toBe(cid);
  });

  it.each([
    'eth_sendRawTransaction',
    'eth_sendTransaction',
    'evm_mine',
    'evm_snapshot',
    'anvil_reset',
    'anvil_setBalance',
    'anvil_dumpState',
    'hardhat_setCode',
    'debug_traceTransaction',
    'txpool_content',
    'eth_sign',
    'eth_accounts',
    'personal_sign',
    'eth_newFilter',
    'eth_subscribe',
    'toString',
    '__proto__',
    'constructor',
    '',
  ])('does not forward %s', async (method) => {
    const { chain, ask } = await openRoute();
    expect(await ask(method)).toMatchObject({ id: 7, error: { code: -32601 } });
    expect(await chain.reader.getBlockNumber()).toBe(chain.startBlock);
  });

  it.each([
    ['eth_getTransactionReceipt', ['0x12']],
    ['eth_getTransactionReceipt', []],
    ['eth_getBlockByNumber', ['newest', false]],
    ['eth_getBlockByNumber', ['0x1', false, 'more']],
    ['eth_call', [{ to: 'nobody' }, 'latest']],
    // State overrides let a caller make the contract say anything.
    ['eth_call', [{ to: `0x${'ab'.repeat(20)}` }, 'latest', {}]],
    ['eth_getLogs', [{ fromBlock: -1 }]],
    ['eth_getLogs', [{ blockHash: `0x${'ab'.repeat(32)}`, fromBlock: '0x0' }]],
  ])('refuses %s with parameters %j', async (method, params) => {
    const { ask } = await openRoute();
    expect(await ask(method, params)).toMatchObject({ id: 7, error: { code: -32602 } });
  });

  it('limits the range of a log query by real numbers, whatever tags it is given in', async () => {
    const asked: { method: string; params: readonly unknown[] }[] = [];
    const head = maxLogRangeBlocks * 3;
    const request: LocalChain['request'] = async (method, params) => {
      asked.push({ method, params });
      return method === 'eth_blockNumber' ? `0x${head.toString(16)}` : [];
    };
    const route = createRpcRoute({ request, isLocal: true });
    const logs = async (filter: Record<string, string>) => {
      const response = await route.request('/', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getLogs', params: [filter] }),
      });
      return response.json();
    };
    const tooWide = { error: { code: -32005, message: expect.stringContaining('max block range 10000') } };
    expect(await logs({ fromBlock: 'earliest', toBlock: 'latest' })).toMatchObject(tooWide);
    expect(await logs({ fromBlock: '0x0' })).toMatchObject(tooWide);
    expect(asked.every(({ method }) => method === 'eth_blockNumber')).toBe(true);
    expect(await logs({ fromBlock: '0x0', toBlock: '0x2710' })).toMatchObject({ result: [] });
    expect(asked.at(-1)).toEqual({
      method: 'eth_getLogs',
      params: [{ fromBlock: '0x0', toBlock: '0x2710' }],
    });
    asked.length = 0;
    expect(await logs({ fromBlock: '0xffffff' })).toMatchObject({ result: [] });
    expect(asked.map(({ method }) => method)).toEqual(['eth_blockNumber']);
  });

  it('answers batches in order, and limits their size', async () => {
    const { chain, post } = await openRoute();
    const chainId = { jsonrpc: '2.0', method: 'eth_chainId' };
    const response = await post([
      { ...chainId, id: 1 },
      { ...chainId, id: 'b', method: 'evm_mine' },
      { no: 'request' },
      chainId,
    ]);
    expect(await response.json()).toEqual([
      { jsonrpc: '2.0', id: 1, result: `0x${chain.id.toString(16)}` },
      { jsonrpc: '2.0', id: 'b', error: { code: -32601, message: expect.any(String) } },
      { jsonrpc: '2.0', id: null, error: { code: -32600, message: expect.any(String) } },
    ]);
    expect((await post([])).status).toBe(400);
    expect((await post(Array.from({ length: 101 }, (_, id) => ({ ...chainId, id })))).status).toBe(400);
    expect((await post(chainId)).status).toBe(204);
  });

  it.each([
    ['not JSON', '{"jsonrpc"', 'application/json', 400],
    ['a form', 'a=b', 'application/x-www-form-urlencoded', 415],
    [
      'what a page may send without asking',
      '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}',
      'text/plain',
      415,
    ],
    ['too much', `"${'x'.repeat(200_000)}"`, 'application/json', 413],
  ])('refuses %s', async (_, body, contentType, status) => {
    const { post } = await openRoute();
    const response = await post(body, contentType);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
  });

  it('tells a chain that is down from one that is empty', async () => {
    const { close, post } = await openRoute();
    await close();
    const response = await post({ jsonrpc: '2.0', id: 1, method: 'eth_getLogs', params: [{}] });
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ id: 1, error: { code: -32002 } });
  });

  it('gives nothing by GET', async () => {
    const { route } = await openRoute();
    const response = await route.request('/');
    expect(response.status).toBe(405);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('a public chain', () => {
  it('should be read at its own id, with its own idea of what is final', async () => {
    const { chain: local } = await openChainHome();
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const chain = openOn(deployed);
    await chain.broadcast(await chain.prepare(cid));
    const route = createRpcRoute(local, (id) => (id === chain.id ? chain : undefined));
    const ask = async (id: number, method: string, params: unknown[] = []) => {
      const response = await route.request(`/${id}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
      return {
        status: response.status,
        ...((await response.json()) as { result?: unknown; error?: object }),
      };
    };
    expect(await ask(chain.id, 'eth_chainId')).toMatchObject({ result: `0x${node.chainId.toString(16)}` });
    expect(await ask(chain.id, 'eth_sendRawTransaction', ['0x'])).toHaveProperty('error');
    expect(await ask(1, 'eth_chainId')).toMatchObject({ status: 404 });
    const logs = async (toBlock: string) =>
      (await ask(chain.id, 'eth_getLogs', [{ address: chain.contract, fromBlock: '0x0', toBlock }]))
        .result as unknown[];
    // The change of the owner, at the deployment, and the value.
    expect(await logs('latest')).toHaveLength(2);
    expect(await logs('finalized')).toHaveLength(0);
    await node.tell('anvil_mine', '0x100');
    expect(await logs('finalized')).toHaveLength(2);
    await node.stop();
    expect(await ask(chain.id, 'eth_blockNumber')).toMatchObject({ status: 503 });
  });
});
