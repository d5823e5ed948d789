import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeFunctionData, type Hex } from 'viem';
import { generatePrivateKey } from 'viem/accounts';
import { describe, expect, it, onTestFinished } from 'vitest';

import { startAnvil } from '../../../companion/chain/anvil-process.ts';
import { registryAbi } from '../../../companion/chain/contract/abi.ts';
import { askJsonRpc } from '../../../companion/chain/json-rpc.ts';
import { pidFileName } from '../../../companion/chain/orphan.ts';
import { openJournal } from '../../../companion/service/ledger/journal.ts';
import { eventually } from '../../helpers/eventually.ts';
import { createChainHome, openChainHome, writeValue } from '../../helpers/local-chain.ts';

const cids = [
  'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD',
  'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ',
  'QmRk1rduJvo5DfEYAaLobS2za9tDszk35hzaNSDCJ74DA7',
] as const;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('openLocalChain', () => {
  it('deploys our contract on the first start, owned by the wallet', async () => {
    const { chain } = await openChainHome();
    const owner = await chain.reader.readContract({
      address: chain.contract,
      abi: registryAbi,
      functionName: 'owner',
    });
    expect(owner).toBe(chain.wallet);
    expect(await chain.reader.getChainId()).toBe(chain.id);
    const deployment = await chain.reader.getBlock({ blockNumber: chain.startBlock });
    expect(deployment.transactions).toHaveLength(1);
  });

  it('writes a value as a log of the contract, at the time of the clock', async () => {
    const now = Date.now() + 3_600_000;
    const { chain } = await openChainHome(createChainHome(), { now: () => now });
    const written = await writeValue(chain, cids[0]);
    expect(written.blockTimeSeconds).toBe(Math.floor(now / 1000));
    expect(written.isFinal).toBe(true);
    const logs = await chain.reader.getContractEvents({
      address: chain.contract,
      abi: registryAbi,
      eventName: 'MappingUpdated',
      fromBlock: chain.startBlock,
    });
    expect(
      logs.map(({ args, transactionHash, blockHash }) => ({ value: args.value, transactionHash, blockHash })),
    ).toEqual([{ value: cids[0], transactionHash: written.hash, blockHash: written.blockHash }]);
  });

  it('finds a value that stands on the chain and no other', async () => {
    const { chain } = await openChainHome();
    const written = await writeValue(chain, cids[0]);
    await writeValue(chain, cids[1]);
    await writeValue(chain, cids[0]);
    expect(await chain.findValue(cids[0])).toEqual(written);
    expect(await chain.findValue(cids[2])).toBeUndefined();
    expect(await chain.lookUp(`0x${'ab'.repeat(32)}`)).toEqual({ state: 'missing' });
  });

  it('writes a root as the input of a plain transaction, and finds it, also after a restart', async () => {
    const root = 'ab'.repeat(32);
    const first = await openChainHome();
    const transaction = await first.chain.prepareRoot(root);
    await first.chain.broadcast(transaction);
    const mined = await first.chain.lookUp(transaction.hash);
    expect(mined).toMatchObject({ state: 'mined', value: root, logIndex: null, isFinal: true });
    const wallet = first.chain.wallet.toLowerCase();
    expect(await first.chain.reader.getTransaction({ hash: transaction.hash })).toMatchObject({
      from: wallet,
      to: wallet,
      value: 0n,
      input: `0x${root}`,
    });
    expect(await first.chain.findRoot?.('cd'.repeat(32))).toBeUndefined();
    expect(await first.chain.findValue(root)).toBeUndefined();
    await first.chain.broadcast(await first.chain.prepareRoot(root));
    expect({ state: 'mined', ...(await first.chain.findRoot?.(root)) }).toEqual(mined);
  });

  it('refuses what is not a root', async () => {
    const { chain } = await openChainHome();
    for (const root of ['', 'ab'.repeat(31), 'AB'.repeat(32), `0x${'ab'.repeat(31)}`, cids[0]]) {
      await expect(chain.prepareRoot(root)).rejects.toMatchObject({ code: 'malformed-root' });
    }
  });

  it('takes the same transaction twice and mines it once', async () => {
    const { chain } = await openChainHome();
    const transaction = await chain.prepare(cids[0]);
    await Promise.all([chain.broadcast(transaction), chain.broadcast(transaction)]);
    await chain.broadcast(transaction);
    expect(await chain.reader.getBlockNumber()).toBe(chain.startBlock + 1n);
  });

  it('refuses a transaction whose nonce another one took', async () => {
    const { chain } = await openChainHome();
    const [first, second] = await Promise.all([chain.prepare(cids[0]), chain.prepare(cids[1])]);
    await chain.broadcast(first);
    await expect(chain.broadcast(second)).rejects.toMatchObject({ code: 'transaction-stale' });
    expect(await chain.lookUp(second.hash)).toEqual({ state: 'missing' });
  });

  it('never lets block times go back when the clock does, and says so', async () => {
    let now = Date.now() + 7_200_000;
    const said: string[] = [];
    const { chain } = await openChainHome(createChainHome(), {
      now: () => now,
      log: (level, message) => void said.push(`${level} ${message}`),
    });
    const before = await writeValue(chain, cids[0]);
    now -= 3_600_000;
    const after = await writeValue(chain, cids[1]);
    expect(after.blockTimeSeconds).toBe(before.blockTimeSeconds);
    expect(said.some((line) => line.startsWith('warn The clock went back'))).toBe(true);
  });
});

describe('a first start with a contract that does not deploy', () => {
  const abi = [
    { type: 'constructor', inputs: [{ name: 'owner', type: 'address' }], stateMutability: 'nonpayable' },
  ];

  it.each([
    ['runs into an invalid instruction', '0xfe'],
    ['leaves no code', '0x00'],
  ] as const)('refuses one that %s, leaves nothing behind and can be repeated', async (_, bytecode) => {
    const home = createChainHome();
    const artifact = { contractName: 'Broken', compiler: 'none', abi, bytecode };
    await expect(openChainHome(home, { artifact })).rejects.toMatchObject({ code: 'contract-broken' });
    expect(existsSync(join(home.folder, pidFileName))).toBe(false);
    const { chain } = await openChainHome(home);
    expect(await chain.reader.getBlockNumber()).toBe(chain.startBlock);
  });
});

describe('a restart', () => {
  it('gives the same contract, blocks and hashes', async () => {
    const home = createChainHome();
    const first = await openChainHome(home);
    const written = [];
    for (const cid of cids) written.push(await writeValue(first.chain, cid));
    await first.close();

    const second = await openChainHome(home);
    expect(second.chain.contract).toBe(first.chain.contract);
    for (const [index, cid] of cids.entries())
      expect(await second.chain.findValue(cid)).toEqual(written[index]);
    expect(
      (await writeValue(second.chain, 'QmVZLgevKqdMBkEdFhcauLccqzLNn2gmfwVaXhHEZJyqzm')).blockNumber,
    ).toBe(second.chain.startBlock + 4n);
  });

  it('mines what was journaled but never reached the node', async () => {
    const home = createChainHome();
    const first = await openChainHome(home);
    const transaction = await first.chain.prepare(cids[0]);
    // What a crash between journal and node leaves behind.
    const journal = openJournal(home.journalPath, home.chainId);
    await journal.append({
      txHash: transaction.hash,
      txRaw: transaction.raw,
      blockTimeSeconds: Math.floor(Date.now() / 1000),
    });
    await journal.close();
    await first.close();

    const { chain } = await openChainHome(home);
    expect(await chain.lookUp(transaction.hash)).toMatchObject({ state: 'mined' });
    expect(await chain.findValue(cids[0])).toMatchObject({ hash: transaction.hash });
  });

  it('refuses a vault that does not belong to the journal', async () => {
    const home = createChainHome();
    await (await openChainHome(home)).close();
    await expect(openChainHome({ ...home, walletKey: generatePrivateKey() })).rejects.toMatchObject({
      code: 'chain-wallet-mismatch',
    });
  });

  it('leaves no process and no pid file behind after close', async () => {
    const home = createChainHome();
    const { chain, close } = await openChainHome(home);
    const pid = chain.nodePid() as number;
    expect(isAlive(pid)).toBe(true);
    await close();
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(join(home.folder, pidFileName))).toBe(false);
    await expect(chain.reader.getBlockNumber()).rejects.toThrow(/closed/);
    await expect(chain.lookUp(`0x${'ab'.repeat(32)}`)).rejects.toMatchObject({ code: 'chain-unavailable' });
  });
});

describe('a node that dies', () => {
  it('is rebuilt with the same blocks, and callers wait for it', async () => {
    const { chain } = await openChainHome();
    const written = await writeValue(chain, cids[0]);
    const pid = chain.nodePid() as number;
    process.kill(pid, 'SIGKILL');
    expect(await chain.findValue(cids[0])).toEqual(written);
    await eventually('a new node', () => chain.nodePid() !== undefined && chain.nodePid() !== pid);
    expect((await writeValue(chain, cids[1])).blockNumber).toBe(written.blockNumber + 1n);
  });

  it('loses no write that is under way', async () => {
    const { chain } = await openChainHome();
    for (let round = 0; round < 8; round++) {
      const transaction = await chain.prepare(`${cids[0]}-${round}`);
      const broadcast = chain.broadcast(transaction);
      const pid = chain.nodePid();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
      await broadcast;
      expect(await chain.lookUp(transaction.hash)).toMatchObject({
        state: 'mined',
        blockNumber: chain.startBlock + 1n + BigInt(round),
      });
    }
  });

  it('is not in the way of closing when it hangs', async () => {
    const { chain, close } = await openChainHome();
    const pid = chain.nodePid() as number;
    process.kill(pid, 'SIGSTOP');
    const asked = chain.lookUp(`0x${'ab'.repeat(32)}`);
    const startedAt = performance.now();
    await Promise.all([close(), expect(asked).rejects.toMatchObject({ code: 'chain-unavailable' })]);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(isAlive(pid)).toBe(false);
  });

  it('is replaced when it hangs', async () => {
    const patience = { requestMs: 500, probeMs: 300, callerMs: 10_000 };
    const { chain } = await openChainHome(createChainHome(), { patience });
    const written = await writeValue(chain, cids[0]);
    const pid = chain.nodePid() as number;
    process.kill(pid, 'SIGSTOP');
    expect(await chain.findValue(cids[0])).toEqual(written);
    expect(isAlive(pid)).toBe(false);
  });

  it('is replaced when somebody else wrote to it, before the forgery reaches a reader', async () => {
    const { chain } = await openChainHome();
    const written = await writeValue(chain, cids[0]);
    const url = chain.nodeUrl() as string;
    const forge = async (method: string, params: unknown[]) =>
      (await askJsonRpc(url, method, params, 5_000)) as Hex;
    const data = encodeFunctionData({ abi: registryAbi, functionName: 'updateMapping', args: ['forged'] });
    await forge('anvil_impersonateAccount', [chain.wallet]);
    const forgery = await forge('eth_sendTransaction', [
      { from: chain.wallet, to: chain.contract, data, gas: '0x30d40', gasPrice: '0x0' },
    ]);
    await forge('evm_mine', []);
    expect(await askJsonRpc(url, 'eth_getTransactionReceipt', [forgery], 5_000)).toMatchObject({
      status: '0x1',
    });

    const logs = await chain.reader.getContractEvents({
      address: chain.contract,
      abi: registryAbi,
      eventName: 'MappingUpdated',
      fromBlock: chain.startBlock,
    });
    expect(logs.map(({ args, blockHash }) => [args.value, blockHash])).toEqual([
      [cids[0], written.blockHash],
    ]);
    expect(await chain.lookUp(forgery)).toEqual({ state: 'missing' });
    expect((await writeValue(chain, cids[1])).blockNumber).toBe(written.blockNumber + 1n);
  });

  it('is replaced when somebody else reset it', async () => {
    const { chain } = await openChainHome();
    const written = await writeValue(chain, cids[0]);
    await askJsonRpc(chain.nodeUrl() as string, 'anvil_reset', [], 5_000);
    expect(await chain.findValue(cids[0])).toEqual(written);
  });

  it('answers readers and writers at once', async () => {
    const { chain } = await openChainHome();
    const pid = chain.nodePid();
    const reads = Array.from({ length: 200 }, () => chain.reader.getBlockNumber());
    for (const cid of cids) await writeValue(chain, cid);
    const seen = await Promise.all(reads);
    expect(seen.every((number) => number >= chain.startBlock)).toBe(true);
    expect(chain.nodePid(), 'no false alarm').toBe(pid);
  });
});

describe('an orphan', () => {
  it('is ended by the next start', async () => {
    const home = createChainHome();
    const { close } = await openChainHome(home);
    await close();
    const orphan = await startAnvil({
      chainId: home.chainId,
      genesisTimeSeconds: 1_700_000_000,
      folder: home.folder,
    });
    onTestFinished(orphan.kill);
    await openChainHome(home);
    await orphan.exited;
    expect(isAlive(orphan.pid)).toBe(false);
  });

  it('is not seen in a process that only has its old pid', async () => {
    const home = createChainHome();
    const innocent = spawn('sleep', ['60'], { stdio: 'ignore' });
    onTestFinished(() => void innocent.kill('SIGKILL'));
    const pid = innocent.pid as number;
    writeFileSync(join(home.folder, pidFileName), JSON.stringify({ pid, chainId: home.chainId }));
    await openChainHome(home);
    expect(isAlive(pid)).toBe(true);
  });

  it('does not outlive a killed companion', async () => {
    const home = createChainHome();
    const holder = spawn(
      process.execPath,
      [
        '--input-type=module-typescript',
        '--eval',
        `import { startAnvil } from ${JSON.stringify(new URL('../../../companion/chain/anvil-process.ts', import.meta.url).href)};
         const { pid } = await startAnvil(${JSON.stringify({ chainId: home.chainId, genesisTimeSeconds: 1_700_000_000, folder: home.folder })});
         console.log(pid);
         setInterval(() => undefined, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    onTestFinished(() => void holder.kill('SIGKILL'));
    const [line] = (await holder.stdout.take(1).toArray()) as [Buffer];
    const pid = Number(line.toString());
    expect(isAlive(pid)).toBe(true);
    holder.kill('SIGKILL');
    await eventually('the node ends with its companion', () => !isAlive(pid));
  });
});
