import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { describe, expect, it } from 'vitest';

import { feesOf } from '../../../companion/chain/fees.ts';
import { createMemoryLogStore } from '../../../companion/chain/log-store.ts';
import type { RemoteChain } from '../../../companion/chain/remote-chain.ts';
import { eventually } from '../../helpers/eventually.ts';
import { deployOn, gwei, openOn, openProxy, openPublicNode } from '../../helpers/public-chain.ts';

const cid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const otherCid = 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ';
const root = 'ab'.repeat(32);

async function write(chain: RemoteChain, value: string) {
  const transaction = await chain.prepare(value);
  await chain.broadcast(transaction);
  return transaction;
}

function untilMined(chain: RemoteChain, hash: `0x${string}`) {
  return eventually(`${hash} is mined`, async () => {
    const state = await chain.lookUp(hash);
    return state.state === 'mined' ? state : undefined;
  });
}

describe('a public chain', () => {
  it('should write, find and finalise a value on a node that mines on an interval', async () => {
    const node = await openPublicNode({ blockTimeSeconds: 1 });
    const chain = openOn(await deployOn(node));
    expect(await chain.findValue(cid)).toBeUndefined();
    const { hash } = await write(chain, cid);
    const mined = await untilMined(chain, hash);
    expect(mined).toMatchObject({ value: cid, isFinal: false });
    await node.tell('anvil_mine', '0x3');
    expect(await chain.findValue(cid)).toEqual({ ...mined, isFinal: true });
    expect(await chain.findValue(otherCid)).toBeUndefined();
  });

  it('should write a root as the input of a plain transaction', async () => {
    const node = await openPublicNode();
    const chain = openOn(await deployOn(node));
    const transaction = await chain.prepareRoot(root);
    await chain.broadcast(transaction);
    expect(await untilMined(chain, transaction.hash)).toMatchObject({
      value: root,
      logIndex: null,
      isFinal: false,
    });
    await node.tell('anvil_mine', '0x3');
    expect(await chain.lookUp(transaction.hash)).toMatchObject({
      state: 'mined',
      value: root,
      isFinal: true,
    });
    const wallet = chain.wallet.toLowerCase();
    expect(await node.tell('eth_getTransactionByHash', transaction.hash)).toMatchObject({
      from: wallet,
      to: wallet,
      value: '0x0',
      input: `0x${root}`,
    });
  });

  it('should know the root that a former wallet wrote, and who that was', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const former = openOn(deployed);
    const { hash, ...rest } = await former.prepareRoot(root);
    await former.broadcast({ hash, ...rest });
    const present = openOn(deployed, { walletKey: generatePrivateKey() });
    expect(await untilMined(present, hash)).toMatchObject({ value: root, sender: former.wallet });
  });

  it('should believe no endpoint that shows a root’s transaction with another content, or not at all', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const proxy = await openProxy(node);
    const chain = openOn(deployed, { rpcUrls: [node.url, proxy.url] });
    const { hash, ...rest } = await chain.prepareRoot(root);
    await chain.broadcast({ hash, ...rest });
    await untilMined(chain, hash);
    await node.tell('anvil_mine', '0x3');
    proxy.meddle = ({ method }, ask) =>
      method === 'eth_getTransactionByHash'
        ? ask().then((transaction) => ({ ...(transaction as object), input: `0x${'cd'.repeat(32)}` }))
        : undefined;
    expect(await chain.lookUp(hash)).toEqual({ state: 'pending' });
    proxy.meddle = ({ method }) =>
      method === 'eth_getTransactionByHash' ? Promise.resolve(null) : undefined;
    expect(await chain.lookUp(hash)).toMatchObject({ state: 'mined', value: root });
    const alone = openOn(deployed, { rpcUrls: [proxy.url] });
    await expect(alone.lookUp(hash)).rejects.toMatchObject({ code: 'chain-unavailable' });
  });

  it('should follow the tag that says what is final', async () => {
    const node = await openPublicNode();
    const chain = openOn(await deployOn(node), { finality: { kind: 'tag', tag: 'finalized' } });
    const { hash } = await write(chain, cid);
    expect(await untilMined(chain, hash)).toMatchObject({ isFinal: false });
    await node.tell('anvil_mine', '0x100');
    expect(await untilMined(chain, hash)).toMatchObject({ isFinal: true });
  });

  it('should number transactions behind those that wait, also behind those that the node forgot', async () => {
    const node = await openPublicNode({ isManual: true });
    const chain = openOn(await deployOn(node, { isManual: true }));
    const first = await write(chain, cid);
    const second = await write(chain, otherCid);
    expect(second.nonce).toBe(first.nonce + 1);
    await node.tell('anvil_dropTransaction', first.hash);
    await node.tell('anvil_dropTransaction', second.hash);
    expect(await chain.lookUp(first.hash)).toEqual({ state: 'missing' });
    expect((await chain.prepare(cid)).nonce).toBe(second.nonce + 1);
    expect((await chain.prepare(cid, 9)).nonce).toBe(9);
    await chain.broadcast(first);
    await chain.broadcast(second);
    await node.tell('evm_mine');
    expect(await chain.lookUp(second.hash)).toMatchObject({ state: 'mined', value: otherCid });
  });
});

describe('fees', () => {
  it('should say what a stamp costs, and never offer more than the ceiling', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    await node.tell('anvil_setNextBlockBaseFeePerGas', '0x77359400'); // 2 gwei
    await node.tell('evm_mine');
    const chain = openOn(deployed);
    const cost = await chain.estimateStamp();
    expect(cost.layerOneWei).toBe(0n);
    expect(cost.expectedWei).toBeGreaterThan(60_000n * gwei);
    expect(cost.mostWei).toBe(cost.gas * deployed.network.maxFeePerGasWei);
    expect(feesOf((await chain.prepare(cid)).raw).maxFeePerGas).toBeGreaterThan(3n * gwei);

    const before = await chain.balanceWei();
    await untilMined(chain, (await write(chain, cid)).hash);
    const paid = before - (await chain.balanceWei());
    expect(paid).toBeLessThanOrEqual(cost.mostWei);
    expect(Number(paid)).toBeGreaterThan(Number(cost.expectedWei) * 0.6);
    expect(Number(paid)).toBeLessThan(Number(cost.expectedWei) * 1.4);

    const tight = openOn({ ...deployed, network: { ...deployed.network, maxFeePerGasWei: 4n * gwei } });
    expect(feesOf((await tight.prepare(otherCid)).raw).maxFeePerGas).toBeLessThanOrEqual(4n * gwei);
    const stingy = openOn({ ...deployed, network: { ...deployed.network, maxFeePerGasWei: gwei } });
    await expect(stingy.prepare(otherCid)).rejects.toMatchObject({ code: 'fee-too-high' });
  });

  it('should replace a stuck transaction by one of the same nonce that a node prefers', async () => {
    const node = await openPublicNode({ isManual: true });
    const chain = openOn(await deployOn(node, { isManual: true }));
    const stuck = await write(chain, cid);
    const behind = await write(chain, otherCid);
    // Raising the fee of the second would move nothing: it waits for the first.
    expect(await chain.replace?.(behind)).toBeUndefined();
    const replacement = await chain.replace?.(stuck);
    if (!replacement) throw new Error('expected a replacement');
    expect(replacement).toMatchObject({ nonce: stuck.nonce });
    expect(replacement.hash).not.toBe(stuck.hash);
    await chain.broadcast(replacement);
    await node.tell('evm_mine');
    expect(await chain.lookUp(replacement.hash)).toMatchObject({ state: 'mined', value: cid });
    expect(await chain.lookUp(stuck.hash)).toEqual({ state: 'missing' });
  });

  it('should not replace beyond the ceiling', async () => {
    const node = await openPublicNode({ isManual: true });
    const deployed = await deployOn(node, { isManual: true });
    const chain = openOn(deployed);
    const stuck = await write(chain, cid);
    const { maxFeePerGas } = feesOf(stuck.raw);
    const tight = openOn({ ...deployed, network: { ...deployed.network, maxFeePerGasWei: maxFeePerGas } });
    expect(await tight.replace?.(stuck)).toBeUndefined();
  });

  it('should say where money is missing', async () => {
    const node = await openPublicNode();
    const chain = openOn(await deployOn(node));
    await node.fund(chain.wallet, '0.000001');
    await expect(chain.prepare(cid)).rejects.toMatchObject({
      code: 'funds-missing',
      message: expect.stringContaining(chain.wallet),
    });
  });
});

describe('the nonce', () => {
  it('should not be given up while a block that is not final holds another transaction with it', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const chain = openOn(deployed);
    const ours = await chain.prepare(cid);
    // The same key, used elsewhere.
    const raw = await privateKeyToAccount(deployed.network.walletKey).signTransaction({
      type: 'eip1559',
      chainId: node.chainId,
      nonce: ours.nonce,
      to: chain.wallet,
      gas: 21_000n,
      maxFeePerGas: 50n * gwei,
      maxPriorityFeePerGas: gwei,
    });
    await node.tell('eth_sendRawTransaction', raw);
    await chain.broadcast(ours);
    expect(await chain.lookUp(ours.hash)).toEqual({ state: 'missing' });
    await node.tell('anvil_mine', '0x3');
    await expect(chain.broadcast(ours)).rejects.toMatchObject({ code: 'transaction-stale' });
    expect((await chain.prepare(cid)).nonce).toBe(ours.nonce + 1);
  });

  it('should not be given up when a node does not show the receipt of our own transaction', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const proxy = await openProxy(node);
    const chain = openOn(deployed, { rpcUrls: [proxy.url] });
    const { hash } = await write(chain, cid);
    proxy.meddle = ({ method }) =>
      method === 'eth_getTransactionReceipt' ? Promise.resolve(null) : undefined;
    const transaction = { hash, ...(await signedAgain(chain, hash, node)) };
    await chain.broadcast(transaction);
    proxy.meddle = () => undefined;
    expect(await chain.lookUp(hash)).toMatchObject({ state: 'mined' });
  });
});

describe('a reorganisation', () => {
  it('should be seen, and the transaction can be sent again', async () => {
    const node = await openPublicNode();
    const chain = openOn(await deployOn(node));
    const snapshot = await node.tell('evm_snapshot');
    const transaction = await write(chain, cid);
    const first = await untilMined(chain, transaction.hash);
    expect(first.isFinal).toBe(false);
    await node.tell('evm_revert', snapshot);
    await node.tell('anvil_mine', '0x1', '0x7');
    expect(await chain.lookUp(transaction.hash)).toEqual({ state: 'missing' });
    expect(await chain.findValue(cid)).toBeUndefined();
    await chain.broadcast(transaction);
    const second = await untilMined(chain, transaction.hash);
    expect(second.blockHash).not.toBe(first.blockHash);
    expect(await chain.findValue(cid)).toEqual(second);
  });
});

describe('endpoints', () => {
  it('should take the next one when the first is down, hangs, limits, or is of another chain', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const [hanging, limited, foreign] = await Promise.all([
      openProxy(node, () => new Promise(() => undefined)),
      openProxy(node, () =>
        Promise.reject(Object.assign(new Error('rate limit exceeded'), { code: -32005 })),
      ),
      openProxy(node, ({ method }) => (method === 'eth_chainId' ? Promise.resolve('0x1') : undefined)),
    ]);
    for (const url of ['http://127.0.0.1:9', hanging.url, limited.url, foreign.url]) {
      const chain = openOn(deployed, { rpcUrls: [url, node.url], requestMs: 300 });
      const { hash } = await write(chain, `${cid}`);
      expect(await untilMined(chain, hash)).toMatchObject({ value: cid });
    }
    expect(foreign.asked).not.toContain('eth_sendRawTransaction');
  });

  it('should say in time that no endpoint answers', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const chain = openOn(deployed, { requestMs: 200 });
    process.kill(node.pid, 'SIGSTOP');
    const from = performance.now();
    for (const work of [chain.prepare(cid), chain.findValue(cid), chain.lookUp(`0x${'ab'.repeat(32)}`)]) {
      await expect(work).rejects.toMatchObject({ code: 'chain-unavailable' });
    }
    expect(performance.now() - from).toBeLessThan(5_000);
    process.kill(node.pid, 'SIGCONT');
    await write(chain, cid);
  });

  it('should repeat no key of a URL in an error', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const chain = openOn(deployed, {
      rpcUrls: ['http://user:pass@127.0.0.1:9/v2/verySecretKey123?k=secret'],
    });
    const error = await chain.prepare(cid).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'chain-unavailable' });
    expect(JSON.stringify([error.message, error.data, String(error.cause)])).not.toMatch(/secret|pass@/i);
  });

  it('should not take one endpoint’s word for final when another names a different block', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const liar = await openProxy(node, async ({ method }, ask) => {
      const answer = (await ask()) as { hash?: string };
      return method === 'eth_getBlockByNumber' ? { ...answer, hash: `0x${'66'.repeat(32)}` } : answer;
    });
    const chain = openOn(deployed, { rpcUrls: [node.url, liar.url] });
    const { hash } = await write(chain, cid);
    await node.tell('anvil_mine', '0x9');
    expect(await chain.lookUp(hash)).toEqual({ state: 'pending' });
    expect(await openOn(deployed).lookUp(hash)).toMatchObject({ state: 'mined', isFinal: true });
  });

  it('should not believe a receipt without the log of our contract', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const liar = await openProxy(node, async ({ method }, ask) => {
      const answer = (await ask()) as object;
      return method === 'eth_getTransactionReceipt' ? { ...answer, logs: [] } : answer;
    });
    const chain = openOn(deployed, { rpcUrls: [liar.url] });
    const { hash } = await write(chain, cid);
    expect(await chain.lookUp(hash)).toEqual({ state: 'pending' });
    await expect(chain.findValue(cid)).rejects.toMatchObject({ code: 'chain-unavailable' });
  });

  it('should refuse a contract of somebody else before paying for anything', async () => {
    const node = await openPublicNode();
    const [mine, theirs] = [await deployOn(node), await deployOn(node)];
    const chain = openOn({ ...mine, contract: theirs.contract });
    await expect(chain.prepare(cid)).rejects.toMatchObject({ code: 'contract-foreign' });
    const nowhere = openOn({ ...mine, contract: mine.network.walletKey.slice(0, 42) as `0x${string}` });
    await expect(nowhere.prepare(cid)).rejects.toMatchObject({ code: 'contract-missing' });
  });
});

describe('the log store', () => {
  it('should spare a restart the reading of what is final', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const logs = createMemoryLogStore();
    const { hash } = await write(openOn(deployed, { logs }), cid);
    await node.tell('anvil_mine', '0x64');
    await openOn(deployed, { logs }).findValue(otherCid);
    expect(logs.find(cid)).toMatchObject({ txHash: hash });
    const proxy = await openProxy(node);
    expect(await openOn(deployed, { logs, rpcUrls: [proxy.url] }).findValue(cid)).toMatchObject({ hash });
    expect(proxy.asked).not.toContain('eth_getLogs');
  });

  it('should read a long history in windows that the endpoint accepts', async () => {
    const node = await openPublicNode();
    const deployed = await deployOn(node);
    const { hash } = await write(openOn(deployed), cid);
    await node.tell('anvil_mine', '0x190');
    const picky = await openProxy(node, ({ method, params }) => {
      if (method !== 'eth_getLogs') return undefined;
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
      if (Number(toBlock) - Number(fromBlock) < 50) return undefined;
      return Promise.reject(Object.assign(new Error('block range is too wide'), { code: -32602 }));
    });
    expect(await openOn(deployed, { rpcUrls: [picky.url] }).findValue(cid)).toMatchObject({ hash });
  });
});

/** The signed transaction of that hash, as the node has it: what the ledger would hold. */
async function signedAgain(
  _chain: RemoteChain,
  hash: string,
  node: Awaited<ReturnType<typeof openPublicNode>>,
) {
  const raw = (await node.tell('eth_getRawTransactionByHash', hash)) as `0x${string}`;
  const { nonce } = (await node.tell('eth_getTransactionByHash', hash)) as { nonce: string };
  return { raw, nonce: Number(nonce) };
}
