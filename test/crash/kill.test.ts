import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { decodeFunctionData, type Hex } from 'viem';
import { describe, expect, it } from 'vitest';

import type { Chain } from '../../companion/chain/chain.ts';
import { registryAbi } from '../../companion/chain/contract/abi.ts';
import { ensureContract } from '../../companion/chain/contract/compile.ts';
import { fingerprintFile } from '../../companion/fingerprint/fingerprint-file.ts';
import type { Service } from '../../companion/service/service.ts';
import { eventually } from '../helpers/eventually.ts';
import { killInRounds, openSurvivor, patienceMs } from './kill-rounds.ts';
import { type Answer, type Line, type ToldEvent, tasks, tenant } from './lines.ts';

/** More of them look longer: `HASHMARK_CRASH_ROUNDS=200 vitest run test/crash`. */
const rounds = Number(process.env.HASHMARK_CRASH_ROUNDS ?? 12);
const mostAnswersOfARound = 30;
/** What was acknowledged so far, over all rounds. */
interface Acknowledged {
  answers: Answer[];
  events: ToldEvent[];
}

/** The stamper's rounds: what it acknowledged, and what it has to do in each before it is killed. */
function roundsOf({ answers, events }: Acknowledged) {
  return {
    program: 'stamper.ts',
    rounds,
    onLine(line: Line) {
      if (line.kind === 'answer') answers.push(line);
      else events.push(line);
    },
    beginRound() {
      const before = answers.length;
      /** Waits for so many more answers, and for at least one of each kind. */
      const moreAnswers = (count: number) => {
        const from = answers.length;
        return eventually(
          `${count} answers more`,
          () =>
            answers.length >= from + count &&
            tasks.every((task) => answers.slice(before).some((answer) => answer.task === task)),
          patienceMs,
        );
      };
      return {
        work: () => moreAnswers(Math.floor(Math.random() * mostAnswersOfARound)),
        recover: () => moreAnswers(5),
      };
    },
  };
}

/** What a transaction wrote, from the transaction itself. */
async function readWrittenValue(chain: Chain, transaction: Hex): Promise<string> {
  const receipt = await chain.reader.getTransactionReceipt({ hash: transaction });
  expect(receipt.status).toBe('success');
  const { input } = await chain.reader.getTransaction({ hash: transaction });
  const { args } = decodeFunctionData({ abi: registryAbi, data: input });
  return String(args?.[0]);
}

async function expectAnswer(service: Service, chain: Chain, answer: Answer): Promise<void> {
  const { task, text, cid, transaction } = answer;
  const verification = await service.app.request(`/webhook/${tenant.apiKey}`, {
    headers: { 'secret-key': tenant.secretKey, hash: cid ?? '' },
  });
  if (task === 'delete') {
    expect(verification.status, `${cid} stays deleted`).toBe(404);
    return;
  }
  if (task === 'register') {
    expect(verification.status, `${cid} is known`).toBe(400);
    return;
  }
  const content = await service.app.request(`/ipfs/${cid}`);
  expect(await content.text(), `${cid} has its bytes`).toBe(text);
  if (task === 'upload' && verification.status === 400) return; // Known and, as nobody asked for it, not stamped.
  expect(verification.status, `${cid} is stamped`).toBe(200);
  const { allResults } = (await verification.json()) as {
    allResults: { foreign_tx_id: Hex; is_bulk: string | null }[];
  };
  const stamps = new Map(allResults.map((result) => [result.foreign_tx_id, result]));
  // What the client was told still stands, and every transaction that is reported exists and says so.
  if (transaction) expect(stamps.has(transaction), `${cid} in ${transaction}`).toBe(true);
  for (const [hash, { is_bulk }] of stamps) expect(await readWrittenValue(chain, hash)).toBe(is_bulk ?? cid);
}

/** Every event that was told is there under its number, and every change has exactly one. */
function expectEvents(service: Service, { answers, events }: Acknowledged): void {
  const kept = service.events.replay(tenant.id, 0, Number.MAX_SAFE_INTEGER);
  const byId = new Map(kept.map((event) => [event.id, event]));
  for (const { id, type, data } of events) expect(byId.get(id)).toMatchObject({ id, type, data });

  const count = (type: string, name: string) => {
    const counts = new Map<unknown, number>();
    for (const event of kept) {
      if (event.type !== type) continue;
      counts.set(event.data[name], (counts.get(event.data[name]) ?? 0) + 1);
    }
    return counts;
  };
  const uploaded = count('file.uploaded', 'hash');
  const deleted = count('file.deleted', 'hash');
  for (const { task, cid } of answers) {
    expect(uploaded.get(cid), `one event of ${cid}`).toBe(1);
    expect(deleted.get(cid) ?? 0).toBe(task === 'delete' ? 1 : 0);
  }
  const stamped = [...count('collection.stamped', 'transaction_id').values()];
  expect(new Set(stamped), 'one event per stamp').toEqual(new Set([1]));
}

/** A name holds all of its bytes, and nothing half received is left. */
async function expectWholeFiles(contentFolder: string): Promise<void> {
  const entries = await readdir(contentFolder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const { parentPath, name } = entry;
    expect(basename(parentPath), `${name} lies among whole files`).toBe(name.slice(-2));
    expect((await fingerprintFile(join(parentPath, name))).cid).toBe(name);
  }
}

async function expectNoValueTwice(chain: Chain): Promise<void> {
  const logs = await chain.reader.getContractEvents({
    address: chain.contract,
    abi: registryAbi,
    eventName: 'MappingUpdated',
    fromBlock: chain.startBlock,
  });
  const values = logs.map(({ args }) => args.value);
  expect(new Set(values).size, 'no value was written twice').toBe(values.length);
}

describe('kill -9', () => {
  it('of companion and node at any moment loses nothing that was acknowledged', {
    timeout: rounds * patienceMs,
  }, async () => {
    await ensureContract();
    const acknowledged: Acknowledged = { answers: [], events: [] };
    const home = await killInRounds(roundsOf(acknowledged));
    for (const { task, status } of acknowledged.answers)
      expect(status, task).toBe(task === 'delete' ? 200 : 201);

    const { service, chain } = await openSurvivor(home, tenant.id);
    try {
      for (const answer of acknowledged.answers) await expectAnswer(service, chain, answer);
      expectEvents(service, acknowledged);
      await expectWholeFiles(home.contentFolder);
      await expectNoValueTwice(chain);
    } finally {
      await service.stop();
    }
  });
});
