import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAddress } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

import { readChainBook } from '../../../companion/chain/chain-book.ts';
import { runChainAdd, runChainList, runChainSet } from '../../../companion/cli/chain.ts';
import { runChainStatus } from '../../../companion/cli/chain-status.ts';
import { runChainUse } from '../../../companion/cli/chain-use.ts';
import { runChainWallet } from '../../../companion/cli/chain-wallet.ts';
import type { Prompt } from '../../../companion/cli/prompt.ts';
import { openTerminalSession } from '../../../companion/cli/session.ts';
import { chainBookPath } from '../../../companion/home.ts';
import { eventually } from '../../helpers/eventually.ts';
import { runHashmark } from '../../helpers/hashmark-command.ts';
import {
  openProxy,
  openPublicNode,
  type PublicNode,
  type PublicNodeOptions,
  startPublicNode,
} from '../../helpers/public-chain.ts';
import { type RunningCompanion, startCompanion } from '../../helpers/running-companion.ts';
import { createRecordingIo } from './recording-io.ts';

/** Somebody who answers as told, and remembers what was asked. */
function answering(answers: { yes?: boolean; secrets?: string[]; isInteractive?: boolean } = {}) {
  const asked: string[] = [];
  const secrets = [...(answers.secrets ?? [])];
  const prompt: Prompt = {
    isInteractive: answers.isInteractive ?? true,
    async confirm(question) {
      asked.push(question);
      return answers.yes ?? false;
    },
    async secret(label) {
      asked.push(label);
      return secrets.shift() ?? '';
    },
  };
  return { prompt, asked };
}

function openHomeFolder(): string {
  const home = mkdtempSync(join(tmpdir(), 'hashmark-chains-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** A home with the chain `mine` booked on a node, and money in its wallet. */
async function openFunded(options?: PublicNodeOptions, ether = '10') {
  const node = await openPublicNode(options);
  const home = openHomeFolder();
  const io = createRecordingIo();
  await runChainAdd(
    'mine',
    { rpc: [node.url], title: 'My chain' },
    { home, json: true },
    io,
    answering().prompt,
  );
  const [booked] = io.json();
  if (ether !== '0') await node.fund(booked.wallet, ether);
  return { node, home, booked, book: () => readChainBook(chainBookPath(home)) };
}

const countTransactions = async (node: PublicNode, address: string) =>
  Number(await node.tell('eth_getTransactionCount', address, 'pending'));

describe('chain list', () => {
  it('should show the local chain, the presets, and where stamps go, before anything was started', () => {
    const home = openHomeFolder();
    const io = createRecordingIo();
    expect(runChainList({ home, json: true }, io)).toBe(0);
    expect(io.json()).toEqual([
      { name: 'local', id: null, isLocal: true, usedBy: ['embedded'] },
      expect.objectContaining({ name: 'base', id: 8453, isPreset: true }),
      expect.objectContaining({ name: 'base-sepolia', id: 84532, isPreset: true }),
    ]);
  });
});

describe('chain add', () => {
  it('should ask the endpoint which chain it is, and give it a wallet of its own in a file for the user alone', async () => {
    const { home, booked, book, node } = await openFunded();
    expect(booked).toMatchObject({ name: 'mine', id: node.chainId, contract: null, usedBy: [] });
    const [chain] = book().chains;
    expect(privateKeyToAddress(chain?.walletKey ?? '0x')).toBe(booked.wallet);
    expect(statSync(chainBookPath(home)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['local', ['https://rpc.example'], 'bad-chain-name'],
    ['base', ['https://rpc.example'], 'chain-exists'],
    ['mine', [], 'no-rpc-url'],
    ['mine', ['http://rpc.example/v2/verySecretKey12345'], 'bad-rpc-url'],
    ['mine', ['nonsense'], 'bad-rpc-url'],
    ['mine', ['http://127.0.0.1:9'], 'rpc-unreachable'],
  ])('should refuse %s at %j with %s', async (name, rpc, code) => {
    const home = openHomeFolder();
    const error = await runChainAdd(name, { rpc }, { home }, createRecordingIo(), answering().prompt).catch(
      (e) => e,
    );
    expect(error).toMatchObject({ code });
    expect(error.message).not.toContain('verySecretKey');
    expect(readChainBook(chainBookPath(home)).chains).toEqual([]);
  });

  it('should refuse endpoints of different chains, and a chain that is there under another name', async () => {
    const { home, node } = await openFunded();
    const other = await openPublicNode({ chainId: 4242 });
    const add = (rpc: string[]) =>
      runChainAdd('again', { rpc }, { home }, createRecordingIo(), answering().prompt);
    await expect(add([node.url, other.url])).rejects.toMatchObject({ code: 'wrong-chain' });
    await expect(add([node.url])).rejects.toMatchObject({
      code: 'chain-exists',
      message: expect.stringContaining('mine'),
    });
  });

  it('should take an URL that holds a key from the prompt, and never show it', async () => {
    const node = await openPublicNode();
    const home = openHomeFolder();
    const io = createRecordingIo();
    const secret = `${(await openProxy(node)).url}/v2/0123456789abcdefSECRET?key=alsoSecret`;
    await runChainAdd('mine', { rpc: ['-'] }, { home }, io, answering({ secrets: [secret] }).prompt);
    runChainList({ home, json: true }, io);
    await runChainStatus(undefined, { home, json: true }, io);
    await runChainStatus(undefined, { home }, io);
    expect([...io.out, ...io.err].join('\n')).not.toMatch(/secret/i);
    expect(readChainBook(chainBookPath(home)).chains[0]?.rpcUrls).toEqual([secret]);
  });
});

describe('chain wallet', () => {
  it('should take a key from the prompt, keep the one before, and print neither', async () => {
    const { home, booked, book } = await openFunded();
    const before = book().chains[0]?.walletKey;
    const key = generatePrivateKey();
    const io = createRecordingIo();
    const options = { home, isImport: true };
    const { prompt, asked } = answering({ secrets: [key.slice(2).toUpperCase()] });
    expect(await runChainWallet('mine', options, io, prompt)).toBe(0);
    expect(io.out).toEqual([privateKeyToAddress(key)]);
    expect(asked).toEqual(['Private key for My chain']);
    expect(book().chains[0]).toMatchObject({ walletKey: key, formerWalletKeys: [before] });
    expect([...io.out, ...io.err].join('\n').toLowerCase()).not.toContain(key.slice(2, 30));
    expect(booked.wallet).not.toBe(privateKeyToAddress(key));
  });

  it.each(['word '.repeat(12), '0x1234', `0x${'00'.repeat(32)}`, `0x${'ff'.repeat(32)}`])(
    'should refuse %j without repeating it',
    async (text) => {
      const { home, book } = await openFunded(undefined, '0');
      const before = book();
      const error = await runChainWallet(
        'mine',
        { home, isImport: true },
        createRecordingIo(),
        answering({ secrets: [text] }).prompt,
      ).catch((e) => e);
      expect(error).toMatchObject({ code: 'bad-wallet-key' });
      expect(error.message).not.toContain(text.trim().slice(0, 12));
      expect(book()).toEqual(before);
    },
  );

  it('should not take the key of a wallet that the contract does not obey', async () => {
    const { home, book } = await openFunded();
    await runChainUse('mine', { home, yes: true }, createRecordingIo(), answering().prompt);
    const before = book();
    const work = runChainWallet(
      'mine',
      { home, isImport: true },
      createRecordingIo(),
      answering({ secrets: [generatePrivateKey()] }).prompt,
    );
    await expect(work).rejects.toMatchObject({ code: 'contract-foreign' });
    expect(book()).toEqual(before);
  });
});

describe('chain use', () => {
  it('should say what it costs and spend nothing without a yes', async () => {
    const { home, node, booked, book } = await openFunded();
    const io = createRecordingIo();
    const { prompt, asked } = answering({ yes: false });
    expect(await runChainUse('mine', { home }, io, prompt)).toBe(1);
    expect(io.err.join('\n')).toMatch(
      /Deploying the contract on My chain costs about 0\.\d+ ETH now .* at most/,
    );
    expect(asked).toEqual(['Deploy it, and pay that?']);
    expect(await runChainUse('mine', { home }, io, answering({ isInteractive: false }).prompt)).toBe(64);
    expect(await countTransactions(node, booked.wallet)).toBe(0);
    expect(book()).toMatchObject({ tenants: {} });
  });

  it('should say how much to send where when the wallet is empty', async () => {
    const { home, booked, node } = await openFunded(undefined, '0');
    const io = createRecordingIo();
    expect(await runChainUse('mine', { home, yes: true }, io, answering().prompt)).toBe(1);
    expect(io.err.join('\n')).toContain(booked.wallet);
    expect(io.err.join('\n')).toMatch(/send it at least 0\.\d+ ETH/);
    expect(await countTransactions(node, booked.wallet)).toBe(0);
  });

  it('should deploy once, and choose and leave the chain at no further cost', async () => {
    const { home, node, booked, book } = await openFunded({ blockTimeSeconds: 1 });
    const { prompt, asked } = answering({ yes: true });
    const io = createRecordingIo();
    expect(await runChainUse('mine', { home, json: true }, io, prompt)).toBe(0);
    expect(asked).toEqual(['Deploy it, and pay that?', 'Pay for stamps there from now on?']);
    const [chain] = book().chains;
    expect(io.json()).toEqual([
      { chain: 'mine', id: node.chainId, contract: chain?.contract, isRunning: false },
    ]);
    expect(book().tenants).toEqual({ embedded: node.chainId });
    expect(chain?.startBlock).toBeGreaterThan(0);
    expect(chain?.deployment).toBeUndefined();
    expect(await runChainUse('local', { home }, io, prompt)).toBe(0);
    expect(book().tenants).toEqual({});
    expect(await runChainUse(String(node.chainId), { home }, io, prompt)).toBe(0);
    expect(await countTransactions(node, booked.wallet)).toBe(1);
  });

  it('should go on with a deployment that an interrupt cut off, and pay once', async () => {
    const { home, node, booked, book } = await openFunded({ isManual: true });
    const interruption = new AbortController();
    const first = runChainUse(
      'mine',
      { home, yes: true },
      createRecordingIo(interruption.signal),
      answering().prompt,
    );
    await eventually(
      'the deployment waits',
      async () => (await countTransactions(node, booked.wallet)) === 1,
    );
    interruption.abort();
    expect(await first).toBe(130);
    expect(book().chains[0]?.deployment).toHaveLength(1);
    // The node forgets what waits, as a restart of it would.
    await node.tell('anvil_dropAllTransactions');
    const second = runChainUse('mine', { home, yes: true }, createRecordingIo(), answering().prompt);
    await eventually('it is sent again', async () => (await countTransactions(node, booked.wallet)) === 1);
    await node.tell('evm_mine');
    expect(await second).toBe(0);
    expect(await countTransactions(node, booked.wallet)).toBe(1);
  });

  it('should attach a contract of the wallet, and find out when it began', async () => {
    const first = await openFunded();
    await runChainUse('mine', { home: first.home, yes: true }, createRecordingIo(), answering().prompt);
    const [deployed] = first.book().chains;
    await first.node.tell('anvil_mine', '0x20');

    const home = openHomeFolder();
    const facts = { rpc: [first.node.url] };
    await runChainAdd('mine', facts, { home }, createRecordingIo(), answering().prompt);
    const use = (contract: string) =>
      runChainUse('mine', { home, contract, yes: true }, createRecordingIo(), answering().prompt);
    await expect(use(deployed?.contract ?? '')).rejects.toMatchObject({ code: 'contract-foreign' });
    const imported = answering({ secrets: [deployed?.walletKey ?? ''] });
    await runChainWallet('mine', { home, isImport: true }, createRecordingIo(), imported.prompt);
    await expect(use('0x1234')).rejects.toMatchObject({ code: 'bad-contract' });
    await expect(use(`0x${'12'.repeat(20)}`)).rejects.toMatchObject({ code: 'contract-missing' });
    expect(await use(deployed?.contract ?? '')).toBe(0);
    expect(readChainBook(chainBookPath(home)).chains[0]).toMatchObject({
      contract: deployed?.contract,
      startBlock: deployed?.startBlock,
    });
  });

  it('should name what there is when a chain is not known', async () => {
    const home = openHomeFolder();
    await expect(runChainUse('bse', { home }, createRecordingIo(), answering().prompt)).rejects.toMatchObject(
      { code: 'unknown-chain' },
    );
  });
});

describe('chain set', () => {
  it('should change what is named, and refuse what makes no sense', async () => {
    const { home, book } = await openFunded();
    const set = (facts: Parameters<typeof runChainSet>[1]) =>
      runChainSet('mine', facts, { home }, createRecordingIo(), answering().prompt);
    await set({ maxFeeGwei: '0.25', finality: '12', stuckAfterSeconds: 5 });
    expect(book().chains[0]).toMatchObject({
      maxFeePerGasGwei: '0.25',
      finality: { kind: 'confirmations', blocks: 12 },
      stuckAfterSeconds: 5,
      title: 'My chain',
    });
    const other = await openPublicNode({ chainId: 4242 });
    for (const [facts, code] of [
      [{ maxFeeGwei: '-1' }, 'bad-fee'],
      [{ maxFeeGwei: '0' }, 'bad-fee'],
      [{ finality: 'soon' }, 'bad-finality'],
      [{ explorer: 'javascript:alert(1)' }, 'bad-explorer'],
      [{ rpc: [other.url] }, 'wrong-chain'],
    ] as const) {
      await expect(set(facts as never)).rejects.toMatchObject({ code });
    }
  });

  it('should not touch a book that it cannot read', async () => {
    const { home } = await openFunded();
    writeFileSync(chainBookPath(home), '{"version":1,"chains":[{"walletKey":"0xsecret"}]}');
    const error = await runChainSet('mine', {}, { home }, createRecordingIo(), answering().prompt).catch(
      (e) => e,
    );
    expect(error).toMatchObject({ code: 'chains-unreadable' });
    expect(error.message).not.toContain('0xsecret');
    expect(readFileSync(chainBookPath(home), 'utf8')).toContain('0xsecret');
  });
});

describe('chain status', () => {
  it('should say what keeps stamps from being made', async () => {
    const { home, node, booked } = await openFunded();
    const status = async () => {
      const io = createRecordingIo();
      const code = await runChainStatus('mine', { home, json: true }, io);
      return { code, ...io.json()[0] };
    };
    expect(await status()).toMatchObject({ code: 1, problems: [expect.stringContaining('chain use mine')] });
    await runChainUse('mine', { home, yes: true }, createRecordingIo(), answering().prompt);
    const good = await status();
    expect(good).toMatchObject({ code: 0, problems: [], openAnchors: null });
    expect(BigInt(good.mostStampCostWei)).toBeGreaterThan(BigInt(good.stampCostWei));
    await node.fund(booked.wallet, '0');
    expect(await status()).toMatchObject({ code: 1, problems: [expect.stringContaining('too little')] });
    await node.stop();
    expect(await status()).toMatchObject({ code: 1, endpoints: [{ block: null }], balanceWei: null });
  });
});

describe('with a running companion', () => {
  let companion: RunningCompanion;
  let node: PublicNode;
  const folder = mkdtempSync(join(tmpdir(), 'hashmark-chain-files-'));
  const file = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const hashmark = (...args: string[]) => runHashmark([...args, '--home', companion.home, '--json']);
  const json = (text: string) => JSON.parse(text.trim().split('\n').at(-1) ?? '');

  beforeAll(async () => {
    [companion, node] = await Promise.all([startCompanion(), startPublicNode({ blockTimeSeconds: 1 })]);
  });
  afterAll(async () => {
    await companion.stop();
    await node.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('should stamp on the public chain from the moment it is chosen, and verify there', async () => {
    const proxied = await openProxy(node);
    const secretUrl = `${proxied.url}/v2/0123456789abcdefSECRET`;
    const added = await hashmark(
      'chain',
      'add',
      'mine',
      '--rpc',
      secretUrl,
      '--finality',
      '2',
      '--title',
      'My chain',
    );
    expect(added).toMatchObject({ code: 0 });
    await node.fund(json(added.stdout).wallet);
    const before = await hashmark('stamp', file('before.txt', 'before'));
    expect(json(before.stdout)).toMatchObject({ chainId: companion.ready.chain.id });

    const used = await hashmark('chain', 'use', 'mine', '--yes');
    expect(used).toMatchObject({ code: 0 });
    expect(json(used.stdout)).toMatchObject({ isRunning: true });
    const stamped = await hashmark('stamp', file('after.txt', 'after'), '--yes');
    expect(stamped).toMatchObject({ code: 0 });
    expect(json(stamped.stdout)).toMatchObject({
      chainId: node.chainId,
      contract: json(used.stdout).contract,
    });
    const verdict = await eventually('the stamp is final', async () => {
      const { stdout } = await hashmark('verify', join(folder, 'after.txt'));
      return json(stdout).outcome === 'confirmed' ? json(stdout) : undefined;
    });
    expect(verdict).toMatchObject({ outcome: 'confirmed' });
    expect(await hashmark('verify', join(folder, 'before.txt'))).toMatchObject({ code: 0 });

    const { state } = await openTerminalSession(companion.home, createRecordingIo().signal);
    expect(state.chain).toMatchObject({ id: node.chainId, name: 'My chain', isLocal: false });
    expect(state.issuers.map(({ chainId, rpcUrls }) => ({ chainId, rpcUrls }))).toEqual([
      { chainId: companion.ready.chain.id, rpcUrls: [`${companion.ready.url}/rpc`] },
      { chainId: node.chainId, rpcUrls: [`${companion.ready.url}/rpc/${node.chainId}`] },
    ]);
    expect(JSON.stringify(state)).not.toContain('SECRET');
    expect(companion.output().stderr).not.toContain('SECRET');
    const status = await hashmark('chain', 'status');
    expect(status.stdout + status.stderr).not.toContain('SECRET');
    expect(json(status.stdout)).toMatchObject({
      openAnchors: expect.any(Number),
      problems: [],
      usedBy: ['embedded'],
    });
  });

  it('should let readers read that chain through the companion, and nobody write or find another', async () => {
    const ask = async (path: string, method: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${companion.ready.url}/rpc/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }),
      });
      return {
        status: response.status,
        body: (await response.json()) as { result?: string; error?: object },
      };
    };
    const { state } = await openTerminalSession(companion.home, createRecordingIo().signal);
    await runHashmark(['chain', 'set', 'mine', '--rpc', node.url, '--home', companion.home]);
    const id = String(state.chain.id);
    expect((await ask(id, 'eth_chainId')).body).toMatchObject({ result: `0x${node.chainId.toString(16)}` });
    expect((await ask(id, 'eth_sendRawTransaction')).body).toHaveProperty('error');
    expect((await ask(id, 'eth_chainId', { origin: 'https://evil.example' })).status).toBe(403);
    expect((await ask('1', 'eth_chainId')).status).toBe(404);
  });

  it('should ask before it stamps digests there, too, and put their root on that chain', async () => {
    await hashmark('settings', 'set', 'seedCloseSeconds', '1');
    const path = file('secret.txt', 'stays here');
    expect(await hashmark('stamp', '--hash-only', path)).toMatchObject({
      code: 64,
      stdout: '',
      stderr: expect.stringMatching(/My chain costs about .*\n.*nobody can be asked\. Say --yes/),
    });
    const stamped = await hashmark('stamp', '--hash-only', path, '--yes');
    expect(stamped).toMatchObject({ code: 0, stderr: expect.stringContaining('My chain costs about') });
    const { transaction } = json(stamped.stdout);
    const verified = await hashmark('verify', path);
    expect(json(verified.stdout)).toMatchObject({
      outcome: 'confirmed',
      seed: { chainId: node.chainId, isLocal: false, transaction },
    });
  });

  it('should start without the network, wait, and write when it is back', async () => {
    await companion.stop({ keepHome: true });
    process.kill(node.pid, 'SIGSTOP');
    companion = await startCompanion({ home: companion.home });
    expect(companion.ready.chain).toMatchObject({
      id: node.chainId,
      rpcUrl: `${companion.ready.url}/rpc/${node.chainId}`,
    });
    // The sample of the demo page, stamped on the local chain, is not paid for on this one.
    expect(await (await fetch(`${companion.ready.url}/demo`)).text()).not.toContain('not stamped yet');
    expect(await (await fetch(companion.ready.url)).text()).toContain('My chain');
    const { fetch: signed } = await openTerminalSession(companion.home, createRecordingIo().signal);
    const work = hashmark('stamp', file('later.txt', 'later'), '--yes');
    await eventually(
      'the companion says that it waits',
      async () => {
        const { chains } = (await (await signed('/keyholder/chains')).json()) as {
          chains: { waitingFor: string | null }[];
        };
        return chains[0]?.waitingFor;
      },
      40_000,
    );
    process.kill(node.pid, 'SIGCONT');
    expect(await work).toMatchObject({ code: 0 });
  }, 60_000);
});
