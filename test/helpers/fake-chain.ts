import { encodeAbiParameters } from 'viem';

import { mappingUpdatedTopic } from '../../shared/evidence/ipcm.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import type { Fetch } from '../../shared/evidence/json-rpc.ts';

/** One stamp on a fake chain. */
export interface FakeStamp {
  value: string;
  blockNumber: number;
}

export interface FakeEndpoint {
  chainId?: number;
  head?: number;
  stamps?: FakeStamp[];
  /** Refuse windows of more blocks, with this message. */
  maxWindow?: number;
  rangeError?: { code: number; message: string };
  /** Answers every request with this HTTP status. */
  status?: number;
  /** Refuses connections. */
  isDown?: boolean;
  /** Gives blocks another hash: a fork. */
  fork?: string;
}

export const fakeContract = '0x00000000000000000000000000000000000000aa';

/** An issuer on a fake chain with one endpoint `http://rpc-a.test/`. */
export function fakeIssuer(overrides: Partial<Issuer> = {}): Issuer {
  return {
    name: 'Test issuer',
    chainId: 4774,
    chainName: 'Test chain',
    isLocal: false,
    contract: fakeContract,
    startBlock: 1,
    rpcUrls: ['http://rpc-a.test/'],
    gatewayUrl: 'http://gateway.test/ipfs/',
    finality: { kind: 'confirmations', blocks: 1 },
    ...overrides,
  };
}

export const fakeTransaction = (stamp: FakeStamp, position = 0): `0x${string}` =>
  `0x${stamp.blockNumber.toString(16).padStart(32, '0')}${position.toString(16).padStart(32, '0')}`;

/** The time of a block on every fake chain, Unix seconds. */
export const fakeTimeSeconds = (blockNumber: number) => 1_700_000_000 + blockNumber * 12;

const blockHash = (number: number, fork = '0') =>
  `0x${number.toString(16).padStart(63, fork)}${fork}`.slice(0, 66);
const quantity = (number: number) => `0x${number.toString(16)}`;

/**
 * A `fetch` that answers JSON-RPC for the endpoints by host, and `GET http://gateway.test/ipfs/CID` from `contents`.
 * Change the objects between calls to change the world. `requests` collects what was asked.
 */
export function fakeNetwork(
  endpoints: Record<string, FakeEndpoint>,
  contents: Record<string, Uint8Array<ArrayBuffer> | number> = {},
): { fetch: Fetch; requests: string[] } {
  const requests: string[] = [];
  const fetch: Fetch = async (input, init) => {
    const url = new URL(input);
    const endpoint = endpoints[url.host];
    if (!endpoint) {
      requests.push(`GET ${url.pathname}`);
      const content = contents[url.pathname.split('/').at(-1) ?? ''] ?? 404;
      if (content === 0) throw new TypeError('fetch failed');
      return typeof content === 'number'
        ? new Response('no', { status: content })
        : new Response(content.slice());
    }
    if (endpoint.isDown) throw new TypeError('fetch failed');
    if (endpoint.status) return new Response('broken', { status: endpoint.status });
    const { id, method, params } = JSON.parse(String(init?.body)) as RpcCall;
    requests.push(`${url.host} ${method} ${JSON.stringify(params)}`);
    return Response.json({ jsonrpc: '2.0', id, ...answer(endpoint, method, params) });
  };
  return { fetch, requests };
}

interface RpcCall {
  id: number;
  method: string;
  params: unknown[];
}

function answer(
  endpoint: FakeEndpoint,
  method: string,
  params: unknown[],
): { result: unknown } | { error: unknown } {
  const { chainId = 4774, stamps = [], fork } = endpoint;
  const head = endpoint.head ?? Math.max(1, ...stamps.map(({ blockNumber }) => blockNumber));
  const logs = stamps.map((stamp, position) => ({
    address: fakeContract,
    topics: [mappingUpdatedTopic],
    data: encodeAbiParameters([{ type: 'string' }], [stamp.value]),
    transactionHash: fakeTransaction(stamp, position),
    logIndex: quantity(position),
    blockNumber: quantity(stamp.blockNumber),
    blockHash: blockHash(stamp.blockNumber, fork),
  }));
  switch (method) {
    case 'eth_chainId':
      return { result: quantity(chainId) };
    case 'eth_blockNumber':
      return { result: quantity(head) };
    case 'eth_getLogs': {
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
      if (endpoint.maxWindow && Number(toBlock) - Number(fromBlock) + 1 > endpoint.maxWindow) {
        return {
          error: endpoint.rangeError ?? { code: -32005, message: 'query returned more than 10000 results' },
        };
      }
      return {
        result: logs.filter(
          ({ blockNumber }) =>
            Number(blockNumber) >= Number(fromBlock) && Number(blockNumber) <= Number(toBlock),
        ),
      };
    }
    case 'eth_getTransactionReceipt': {
      const found = logs.filter(({ transactionHash }) => transactionHash === params[0]);
      return { result: found.length > 0 ? { status: '0x1', logs: found } : null };
    }
    case 'eth_getBlockByNumber': {
      const number =
        typeof params[0] === 'string' && params[0].startsWith('0x') ? Number(params[0]) : head - 10;
      if (number > head || number < 0) return { result: null };
      return {
        result: {
          number: quantity(number),
          hash: blockHash(number, fork),
          timestamp: quantity(fakeTimeSeconds(number)),
        },
      };
    }
    default:
      return { error: { code: -32601, message: `no method ${method}` } };
  }
}
