import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { type Hex, numberToHex, parseEther } from 'viem';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { onTestFinished } from 'vitest';

import { resolveAnvil } from '../../companion/chain/anvil-binary.ts';
import { ensureContract } from '../../companion/chain/contract/compile.ts';
import { deploy, prepareDeployment } from '../../companion/chain/deploy.ts';
import { askJsonRpc } from '../../companion/chain/json-rpc.ts';
import { createMemoryLogStore, type LogStore } from '../../companion/chain/log-store.ts';
import {
  openRemoteChain,
  openRemoteWallet,
  type RemoteChain,
  type RemoteChainOptions,
} from '../../companion/chain/remote-chain.ts';

/** A chain that is not ours: a node of its own that we may only ask, as far as the code under test knows. */
export interface PublicNode {
  url: string;
  chainId: number;
  pid: number;
  /** Anything that anvil understands: what a test does to the chain. */
  tell(method: string, ...params: unknown[]): Promise<unknown>;
  fund(address: string, ether?: string): Promise<void>;
  stop(): Promise<void>;
}

export interface PublicNodeOptions {
  chainId?: number;
  /** Mines on an interval; without one, at once or when told. */
  blockTimeSeconds?: number;
  /** Mines only when told. */
  isManual?: boolean;
}

export async function startPublicNode(options: PublicNodeOptions = {}): Promise<PublicNode> {
  const { chainId = 845_320, blockTimeSeconds, isManual = false } = options;
  const args = ['--host', '127.0.0.1', '--port', '0', '--accounts', '0', '--chain-id', String(chainId)];
  if (blockTimeSeconds !== undefined) args.push('--block-time', String(blockTimeSeconds));
  if (isManual) args.push('--no-mining', '--order', 'fees');
  const child = spawn(resolveAnvil(), args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  const killOnExit = () => void child.kill('SIGKILL');
  process.once('exit', killOnExit);
  void exited.then(() => process.off('exit', killOnExit));
  const { promise, resolve } = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const port = /^Listening on 127\.0\.0\.1:(\d+)$/.exec(line)?.[1];
    if (port) resolve(`http://127.0.0.1:${port}`);
  });
  const url = await Promise.race([
    promise,
    exited.then(() => Promise.reject(new Error('The public node did not start.'))),
  ]);
  const tell = (method: string, ...params: unknown[]) => askJsonRpc(url, method, params, 10_000);
  return {
    url,
    chainId,
    pid: child.pid as number,
    tell,
    fund: async (address, ether = '10') => {
      await tell('anvil_setBalance', address, numberToHex(parseEther(ether)));
    },
    stop,
  };
}

/** A public node that ends with the test. */
export async function openPublicNode(options?: PublicNodeOptions): Promise<PublicNode> {
  const node = await startPublicNode(options);
  onTestFinished(node.stop);
  return node;
}

/** What a proxy does with a question instead of passing it on; undefined passes it on. */
export type Meddling = (
  question: { method: string; params: unknown[] },
  ask: () => Promise<unknown>,
) => Promise<unknown> | undefined;

/** An RPC endpoint in front of a node that may be slow or lie. Change `meddle` to change its mind. */
export async function openProxy(node: PublicNode, meddle: Meddling = () => undefined) {
  const proxy = { url: '', meddle, asked: [] as string[] };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { id, method, params = [] } = JSON.parse(text);
    proxy.asked.push(method);
    const ask = () => node.tell(method, ...params);
    let answer: object;
    try {
      answer = { result: await (proxy.meddle({ method, params }, ask) ?? ask()) };
    } catch (error) {
      const { code = -32000, message } = error as { code?: number; message: string };
      answer = { error: { code, message } };
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ jsonrpc: '2.0', id, ...answer }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}

export const gwei = 1_000_000_000n;

/** A wallet with money and a contract on the node: what a chain is opened on. */
export async function deployOn(node: PublicNode, { isManual = false } = {}) {
  await ensureContract();
  const walletKey = generatePrivateKey();
  await node.fund(privateKeyToAddress(walletKey));
  const network = {
    id: node.chainId,
    name: 'Test public chain',
    rpcUrls: [node.url],
    finality: { kind: 'confirmations', blocks: 3 } as const,
    walletKey: walletKey as Hex,
    maxFeePerGasWei: 100n * gwei,
    currency: 'ETH',
  };
  const { pool, wallet } = openRemoteWallet(network);
  const transaction = await prepareDeployment(wallet);
  await wallet.send(transaction);
  if (isManual) await node.tell('evm_mine');
  const deployed = await deploy(wallet, [transaction], {
    maxFeePerGasWei: network.maxFeePerGasWei,
    stuckAfterMs: 60_000,
    timeoutMs: 15_000,
    pollMs: 20,
    remember: () => undefined,
    signal: new AbortController().signal,
  });
  pool.close();
  return { network, ...deployed };
}

/** Opens the chain on what {@link deployOn} left; ends with the test. */
export function openOn(
  deployed: Awaited<ReturnType<typeof deployOn>>,
  overrides: Partial<RemoteChainOptions> & { logs?: LogStore } = {},
): RemoteChain {
  const chain = openRemoteChain({
    ...deployed.network,
    contract: deployed.contract,
    startBlock: deployed.startBlock,
    stuckAfterMs: 60_000,
    logs: createMemoryLogStore(),
    log: () => undefined,
    requestMs: 1_000,
    ...overrides,
  });
  onTestFinished(() => chain.close());
  return chain;
}
