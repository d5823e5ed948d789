import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { decodeFunctionData, type Hex } from 'viem';
import { describe, expect, it } from 'vitest';

import type { Chain } from '../../companion/chain/chain.ts';
import { registryAbi } from '../../companion/chain/contract/abi.ts';
import { ensureContract } from '../../companion/chain/contract/compile.ts';
import { createService } from '../../companion/service/service.ts';
import { eventually } from '../helpers/eventually.ts';
import { createChainHome, openChainHome } from '../helpers/local-chain.ts';

/** What the stamper printed for one request that got its answer. */
interface Answer {
  status: number;
  text: string;
  cid: string;
  transaction: Hex | null;
}

type Line = { kind: 'ready' } | { kind: 'node'; pid: number | null } | ({ kind: 'answer' } & Answer);

const stamperPath = join(import.meta.dirname, 'stamper.ts');
const rounds = 9;
const shortestLifeMs = 50;
const longestLifeMs = 900;
const victims = ['companion', 'node', 'both'] as const;

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It died by itself a moment ago.
  }
}

/** Lets a stamper live for a moment, kills it or its node, and returns what it had answered. */
async function runAndKill(home: object, victim: (typeof victims)[number]): Promise<Answer[]> {
  const child = spawn(process.execPath, [stamperPath, JSON.stringify(home)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const answers: Answer[] = [];
  let isReady = false;
  let nodePid: number | null = null;
  createInterface({ input: child.stdout }).on('line', (text) => {
    let line: Line;
    try {
      line = JSON.parse(text) as Line;
    } catch {
      return; // The kill cut this line off, so nobody was answered.
    }
    if (line.kind === 'ready') isReady = true;
    else if (line.kind === 'node') nodePid = line.pid;
    else answers.push(line);
  });
  try {
    await eventually('the stamper is ready', () => isReady);
    const lifeMs = shortestLifeMs + Math.random() * (longestLifeMs - shortestLifeMs);
    await delay(lifeMs);
    if (victim !== 'companion' && nodePid !== null) killNow(nodePid);
    // After its node died the companion goes on: it must get over that by itself.
    if (victim === 'node') {
      const before = answers.length;
      await eventually('answers after the death of the node', () => answers.length > before + 4);
    }
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
  return answers;
}

async function expectOnChain(chain: Chain, transaction: Hex): Promise<string> {
  const receipt = await chain.reader.getTransactionReceipt({ hash: transaction });
  expect(receipt.status).toBe('success');
  const { input } = await chain.reader.getTransaction({ hash: transaction });
  const { args } = decodeFunctionData({ abi: registryAbi, data: input });
  return String(args?.[0]);
}

describe('kill -9', () => {
  it('of companion and node at any moment loses no answered stamp', async () => {
    await ensureContract();
    const chainHome = createChainHome();
    const home = { ...chainHome, contentFolder: join(chainHome.folder, 'content') };
    const answers: Answer[] = [];
    for (let round = 0; round < rounds; round++) {
      answers.push(...(await runAndKill(home, victims[round % victims.length] ?? 'both')));
    }
    expect(answers.length).toBeGreaterThan(rounds * 5);
    expect([...new Set(answers.map(({ status }) => status))]).toEqual([201]);

    const { ledger, chain } = await openChainHome(home);
    const service = createService({
      ledger,
      contentFolder: home.contentFolder,
      chain,
      publicUrl: () => 'http://127.0.0.1:4774',
      linkSigningKey: new Uint8Array(32).fill(7),
      log: () => undefined,
    });
    await service.start();
    try {
      for (const { cid, text, transaction } of answers) {
        const content = await service.app.request(`/ipfs/${cid}`);
        expect(await content.text()).toBe(text);
        const verification = await service.app.request('/webhook/test-key', {
          headers: { 'secret-key': 'test-secret', hash: cid },
        });
        expect(verification.status).toBe(200);
        const { allResults } = (await verification.json()) as {
          allResults: { foreign_tx_id: Hex; is_bulk: string | null }[];
        };
        const stamps = new Map(allResults.map((result) => [result.foreign_tx_id, result]));
        // What the client was told still stands, and every transaction that is reported exists and says so.
        if (transaction) expect(stamps.has(transaction), `${cid} in ${transaction}`).toBe(true);
        for (const [hash, { is_bulk }] of stamps)
          expect(await expectOnChain(chain, hash)).toBe(is_bulk ?? cid);
      }
      const values = await chain.reader.getContractEvents({
        address: chain.contract,
        abi: registryAbi,
        eventName: 'MappingUpdated',
        fromBlock: chain.startBlock,
      });
      const written = values.map(({ args }) => args.value);
      expect(new Set(written).size, 'no value was written twice').toBe(written.length);
    } finally {
      await service.stop();
    }
  });
});
