import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey } from 'viem/accounts';

import { dropCheckpoint } from '../../../companion/chain/checkpoint.ts';
import { ensureContract } from '../../../companion/chain/contract/compile.ts';
import { openLocalChain } from '../../../companion/chain/local-chain.ts';
import { openJournal } from '../../../companion/service/ledger/journal.ts';
import { spreadOf } from '../harness/measure.ts';
import { type Figure, formatNumber } from '../harness/report.ts';

const cid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';

/**
 * The local chain with its journal on disk: values written one after another (signed, journaled, mined, looked up), and
 * how long the next start takes with a checkpoint and by replaying everything.
 */
export async function measureLocalChain(writes: number): Promise<Figure[]> {
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

    const total = latenciesMs.reduce((sum, ms) => sum + ms, 0);
    const perSecond = formatNumber((1000 * writes) / total);
    const median = formatNumber(spreadOf(latenciesMs)?.median ?? Number.NaN);
    return [
      {
        what: `${writes.toLocaleString('en')} values on the local chain, one by one`,
        value: `${perSecond}/s, median ${median} ms`,
      },
      { what: 'its next start, with the checkpoint', value: `${formatNumber(withCheckpointMs)} ms` },
      { what: 'its next start, replaying the journal', value: `${formatNumber(byReplayMs)} ms` },
    ];
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
