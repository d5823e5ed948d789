import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey } from 'viem/accounts';

import { dropCheckpoint } from '../../companion/chain/checkpoint.ts';
import { ensureContract } from '../../companion/chain/contract/compile.ts';
import { openLocalChain } from '../../companion/chain/local-chain.ts';
import { openJournal } from '../../companion/service/ledger/journal.ts';
import { table } from './measure.ts';

const writes = 3_000;
const cid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';

/**
 * The local chain with its journal on disk: values written one after another (signed, journaled, mined, looked up), and
 * how long the next start takes with a checkpoint and by replaying everything. One run: it is seconds long.
 */
export async function runChainBench(): Promise<string> {
  await ensureContract();
  const folder = mkdtempSync(join(tmpdir(), 'hashmark-bench-'));
  const walletKey = generatePrivateKey();
  const chainId = 4_774_000_000;
  const journal = openJournal(join(folder, 'journal.sqlite'), chainId);
  const open = () =>
    openLocalChain({
      journal,
      walletKey,
      chainId,
      folder,
      log: () => undefined,
    });
  try {
    const chain = await open();
    const latenciesMs: number[] = [];
    for (let index = 0; index < writes; index++) {
      const startedAt = performance.now();
      const transaction = await chain.prepare(`${cid.slice(0, 40)}${index.toString().padStart(6, '0')}`);
      await chain.broadcast(transaction);
      await chain.lookUp(transaction.hash);
      latenciesMs.push(performance.now() - startedAt);
    }
    await chain.close();
    const withCheckpointMs = await timeOpen(open);
    dropCheckpoint(folder);
    const byReplayMs = await timeOpen(open);

    latenciesMs.sort((a, b) => a - b);
    const at = (share: number) => (latenciesMs[Math.floor(share * (writes - 1))] ?? 0).toFixed(1);
    const perSecond = (1000 * writes) / latenciesMs.reduce((sum, ms) => sum + ms, 0);
    return table(
      ['what', 'result'],
      [
        [
          `${writes} values, one writer`,
          `${perSecond.toFixed(0)} a second, median ${at(0.5)} ms, p99 ${at(0.99)} ms`,
        ],
        ['next start, with the checkpoint', `${withCheckpointMs.toFixed(0)} ms`],
        ['next start, replaying the journal', `${byReplayMs.toFixed(0)} ms`],
      ],
    );
  } finally {
    await journal.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timeOpen(open: () => ReturnType<typeof openLocalChain>): Promise<number> {
  const startedAt = performance.now();
  const chain = await open();
  const ms = performance.now() - startedAt;
  await chain.close();
  return ms;
}
