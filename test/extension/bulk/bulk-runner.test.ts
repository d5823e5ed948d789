// @vitest-environment node
import 'fake-indexeddb/auto';

import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openProofStore, type ProofStore } from '../../../extension/proofs/proof-store.ts';
import { type Bulk, type BulkRow, phaseOf } from '../../../extension/stamping/bulk/bulk.ts';
import { type BulkRunner, createBulkRunner } from '../../../extension/stamping/bulk/bulk-runner.ts';
import { type BulkStore, openBulkStore } from '../../../extension/stamping/bulk/bulk-store.ts';
import { createSeedWatch } from '../../../extension/stamping/seeds/seed-watch.ts';
import { HashmarkError } from '../../../shared/errors.ts';
import type { Outcome, Verdict } from '../../../shared/evidence/verdict.ts';
import { createOriginstampClient } from '../../../shared/wire/originstamp.ts';
import { eventually } from '../../helpers/eventually.ts';
import {
  failure,
  type OriginstampUpstream,
  startOriginstampUpstream,
  upstreamKey,
} from '../../helpers/originstamp-upstream.ts';

const bulkPath = '/v4/timestamp/bulk/create';
const digestOf = (text: string | number) => createHash('sha256').update(String(text)).digest('hex');

let upstream: OriginstampUpstream;
let store: BulkStore;
let proofs: ProofStore;
let runners: BulkRunner[];
let notified: string[];
let clockMs: number;
let wakeAtMs: number | undefined;
let isPaired: boolean;
/** What the chain is said to hold of a root. */
let chainSays: Outcome;
let chainReads: number;
let count = 0;

beforeEach(async () => {
  upstream = await startOriginstampUpstream();
  count += 1;
  store = openBulkStore(`bulk-${count}`);
  proofs = openProofStore(`bulk-proofs-${count}`);
  runners = [];
  notified = [];
  clockMs = Date.UTC(2026, 10, 22, 12);
  wakeAtMs = undefined;
  isPaired = true;
  chainSays = 'confirmed';
  chainReads = 0;
});
afterEach(async () => {
  for (const runner of runners) {
    runner.end();
    await runner.idle();
  }
  await store.close();
  await proofs.close();
  await upstream.close();
});

const client = async () => {
  if (!isPaired) throw new HashmarkError('not-paired', 'Not paired.');
  return createOriginstampClient({
    baseUrl: upstream.baseUrl,
    fetch,
    headers: { authorization: upstreamKey },
  });
};

/** A worker's life: the stores outlive it. */
function startRunner(): BulkRunner {
  const runner = createBulkRunner({
    store,
    client,
    watch: createSeedWatch({ client, now: () => clockMs }),
    downloadFetch: fetch,
    async checkProof(proof, { transaction = '' }): Promise<Verdict> {
      chainReads += 1;
      return {
        outcome: chainSays,
        hash: { kind: 'digest', value: proof.leaf },
        reason: `The chain says ${chainSays}.`,
        steps: [],
        believed: [],
        checkedAtMs: clockMs,
        seed: {
          method: 'evm-input',
          chainId: 1,
          chainName: 'Ethereum',
          isLocal: false,
          proof,
          transaction,
          blockNumber: 7,
          blockHash: '0x00',
          blockTimeSeconds: 1_772_355_660,
        },
      };
    },
    keepProofs: (kept) => proofs.add(kept),
    now: () => clockMs,
    onChange: () => undefined,
    notify: async ({ id }) => void notified.push(id),
    wakeAt(timeMs) {
      wakeAtMs = timeMs;
    },
    onTick: () => undefined,
    log: () => undefined,
  });
  runners.push(runner);
  return runner;
}

const rowsOf = (length: number) =>
  Array.from({ length }, (_, index) => ({ digest: digestOf(index), name: `file ${index}` }));

const addList = async (rows = rowsOf(250), id = 'list-1') => {
  await store.add({ id, name: 'SHA256SUMS', createdAtMs: clockMs, rows });
  return id;
};

const get = async (id = 'list-1') => (await store.get(id)) as Bulk;

async function allRows(id = 'list-1'): Promise<BulkRow[]> {
  const parts = await store.changedParts(id, undefined, 1_000_000);
  return parts.toSorted((a, b) => a.index - b.index).flatMap(({ rows }) => rows);
}

/** Lets the alarm ring whenever one is set, until the list is in that phase. */
async function runUntil(runner: BulkRunner, phase: ReturnType<typeof phaseOf>, id = 'list-1'): Promise<Bulk> {
  return eventually(`the list is ${phase}`, async () => {
    await runner.idle();
    const bulk = await get(id);
    if (phaseOf(bulk) === phase) return bulk;
    if (wakeAtMs !== undefined) {
      clockMs = Math.max(clockMs, wakeAtMs);
      await runner.resume();
    }
    return undefined;
  });
}

const sentDigests = () =>
  upstream.calls
    .filter(({ path }) => path === bulkPath)
    .flatMap(({ body }) => (body as { timestamps: { hash: string }[] }).timestamps.map(({ hash }) => hash));

describe('sending', () => {
  it('should send bulks of at most 100, each digest once, and nothing but digests', async () => {
    const id = await addList();
    const runner = startRunner();
    await runner.start(id);
    await runUntil(runner, 'waiting');
    const bulks = upstream.calls.filter(({ path }) => path === bulkPath);
    expect(bulks.map(({ body }) => (body as { timestamps: unknown[] }).timestamps.length).toSorted()).toEqual(
      [100, 100, 50],
    );
    expect(sentDigests().toSorted()).toEqual(
      rowsOf(250)
        .map(({ digest }) => digest)
        .toSorted(),
    );
    expect(JSON.stringify(bulks.map(({ body }) => body))).not.toContain('file ');
    expect((await allRows()).map(({ digest }) => digest)).toEqual(rowsOf(250).map(({ digest }) => digest));
  });

  it('should tell which digests the service knew before', async () => {
    await (await client()).stamp({ digest: digestOf(3) });
    const runner = startRunner();
    await runner.start(await addList(rowsOf(5)));
    const bulk = await runUntil(runner, 'waiting');
    expect(bulk.knownCount).toBe(1);
    expect((await allRows()).map(({ isNew }) => isNew)).toEqual([true, true, true, false, true]);
  });

  it('should note what fails alone, and retry only that', async () => {
    const bad = digestOf(1);
    upstream.fault = ({ path, body }) => {
      if (path !== bulkPath) return undefined;
      const { timestamps } = body as { timestamps: { hash: string }[] };
      if (!timestamps.some(({ hash }) => hash === bad)) return undefined;
      const body_ = timestamps.map(({ hash }) =>
        hash === bad
          ? failure(9001, 'This one is refused.')
          : {
              data: {
                created: true,
                date_created: 1,
                comment: null,
                hash_string: hash,
                timestamps: [
                  {
                    seed_id: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10',
                    currency_id: 1,
                    transaction: null,
                    private_key: null,
                    timestamp: null,
                    submit_status: 0,
                  },
                ],
              },
              error_code: 0,
              error_message: null,
            },
      );
      return { body: body_ };
    };
    const runner = startRunner();
    await runner.start(await addList(rowsOf(3)));
    await runUntil(runner, 'waiting');
    expect(await allRows()).toMatchObject([
      { state: 'sent' },
      { state: 'failed', message: expect.stringContaining('This one is refused') },
      { state: 'sent' },
    ]);
    upstream.fault = () => undefined;
    upstream.calls.length = 0;
    await runner.retry('list-1');
    await eventually('it is sent', async () => (await get()).counts.sent === 3);
    expect(sentDigests()).toEqual([bad]);
  });

  it('should wait as long as the service asks, and go on where it stopped', async () => {
    upstream.fault = ({ path }) =>
      path === bulkPath ? { status: 429, body: {}, headers: { 'retry-after': '120' } } : undefined;
    const runner = startRunner();
    await runner.start(await addList());
    await runner.idle();
    const waiting = await get();
    expect(waiting.message).toMatch(/429/);
    expect(waiting.nextTryAtMs - clockMs).toBeGreaterThanOrEqual(120_000);
    expect(wakeAtMs).toBe(waiting.nextTryAtMs);
    upstream.fault = () => undefined;
    await runUntil(runner, 'waiting');
    expect((await get()).counts.sent).toBe(250);
  });

  it('should not be lost when an answer is lost, nor be sent as two', async () => {
    let drops = 2;
    upstream.fault = ({ path }) => (path === bulkPath && drops-- > 0 ? 'drop-after' : undefined);
    const runner = startRunner();
    await runner.start(await addList());
    await runUntil(runner, 'waiting');
    expect(upstream.digests.size).toBe(250);
    expect((await get()).counts).toEqual({ queued: 0, sent: 250, proven: 0, failed: 0 });
  });

  it('should go on after the worker ended in the middle, without what was answered', async () => {
    const id = await addList(rowsOf(2_000));
    const first = startRunner();
    await first.start(id);
    await eventually('some is sent', async () => (await get()).counts.sent > 0);
    first.end();
    await first.idle();
    const before = await get();
    expect(before.counts.queued).toBeGreaterThan(0);
    const again = startRunner();
    await again.resume();
    await runUntil(again, 'waiting');
    expect(upstream.digests.size).toBe(2_000);
    expect(sentDigests()).toHaveLength(2_000);
  });

  it('should stop when the user says so, and go on when the user says so', async () => {
    const id = await addList(rowsOf(3_000));
    const runner = startRunner();
    await runner.start(id);
    await eventually('some is sent', async () => (await get()).counts.sent > 0);
    await runner.stop(id);
    await runner.idle();
    const stopped = await get();
    expect(phaseOf(stopped)).toBe('stopped');
    expect(stopped.counts.sent).toBe(upstream.digests.size);
    await runner.resume();
    await runner.idle();
    expect((await get()).counts.queued).toBe(stopped.counts.queued);
    await runner.start(id);
    await runUntil(runner, 'waiting');
    expect(upstream.digests.size).toBe(3_000);
  });

  it('should halt, with the reason, at what does not pass by itself', async () => {
    upstream.fault = ({ path }) =>
      path === bulkPath ? { body: [failure(3201, 'You do not have a valid API key.')] } : undefined;
    const runner = startRunner();
    await runner.start(await addList(rowsOf(2)));
    const halted = await runUntil(runner, 'halted');
    expect(halted.message).toMatch(/valid API key/);
    expect(halted.counts.queued).toBe(2);
    upstream.fault = () => undefined;
    await runner.start('list-1');
    await runUntil(runner, 'waiting');
  });

  it('should wait for the companion for as long as it takes', async () => {
    isPaired = false;
    const runner = startRunner();
    await runner.start(await addList(rowsOf(2)));
    await runner.idle();
    expect(phaseOf(await get())).toBe('sending');
    isPaired = true;
    await runner.resumeNow();
    await runUntil(runner, 'waiting');
  });
});

describe('proving', () => {
  it('should ask once per seed however many digests wait, and read the chain once', async () => {
    const runner = startRunner();
    await runner.start(await addList());
    await runUntil(runner, 'waiting');
    await runner.idle();
    const looks = () => upstream.calls.filter(({ path }) => path.includes('/status/seed/')).length;
    expect(upstream.seeds).toHaveLength(1);
    expect(looks()).toBe(1);
    upstream.advance(3);
    const done = await runUntil(runner, 'done');
    expect(done.counts).toEqual({ queued: 0, sent: 0, proven: 250, failed: 0 });
    expect(looks()).toBe(2);
    expect(chainReads).toBe(1);
    expect(notified).toEqual(['list-1']);
    const kept = await proofs.find(rowsOf(250).map(({ digest }) => digest));
    expect(kept.size).toBe(250);
    expect(kept.get(digestOf(17))?.[0]).toMatchObject({
      proof: { leaf: digestOf(17), root: upstream.seeds[0]?.root },
      seedId: upstream.seeds[0]?.id,
      chainId: 1,
      blockTimeSeconds: 1_772_355_660,
    });
  });

  it('should fetch each proof once, and call no row proven whose proof is not kept', async () => {
    const rows = rowsOf(600);
    const runner = startRunner();
    await runner.start(await addList(rows));
    await runUntil(runner, 'waiting');
    upstream.advance(3);
    await runUntil(runner, 'done');
    expect((await proofs.find(rows.map(({ digest }) => digest))).size).toBe(600);
    expect(upstream.calls.filter(({ path }) => path.endsWith('/proof/url'))).toHaveLength(600);
  });

  it('should keep what was fetched when the service fails in the middle, and go on from there', async () => {
    const rows = rowsOf(120);
    const runner = startRunner();
    await runner.start(await addList(rows));
    await runUntil(runner, 'waiting');
    upstream.advance(3);
    let links = 0;
    upstream.fault = ({ path }) =>
      path.endsWith('/proof/url') && links++ >= 60 ? { status: 503, body: {} } : undefined;
    clockMs += 60_000;
    await runner.resume();
    await runner.idle();
    const { proven, sent } = (await get()).counts;
    expect(proven).toBe(60);
    expect(sent).toBe(60);
    upstream.fault = () => undefined;
    upstream.calls.length = 0;
    await runUntil(runner, 'done');
    expect(upstream.calls.filter(({ path }) => path.endsWith('/proof/url'))).toHaveLength(60);
  });

  it('should fail the one digest whose proof does not hold, and prove the others', async () => {
    const forged = digestOf(1);
    upstream.forge = (xml, digest) =>
      digest === forged
        ? xml.replace(
            /"([0-9a-f])([0-9a-f]{63})" type="mesh"/,
            (_, first, rest) => `"${first === '0' ? '1' : '0'}${rest}" type="mesh"`,
          )
        : xml;
    const runner = startRunner();
    await runner.start(await addList(rowsOf(5)));
    await runUntil(runner, 'waiting');
    upstream.advance(3);
    const done = await runUntil(runner, 'done');
    expect(done.counts).toMatchObject({ proven: 4, failed: 1 });
    expect((await allRows())[1]).toMatchObject({
      state: 'failed',
      message: expect.stringMatching(/does not hold|leads to/),
    });
    expect(await proofs.find([forged])).toEqual(new Map());

    upstream.forge = (xml) => xml;
    await runner.retry('list-1');
    await runUntil(runner, 'done');
    expect((await get()).counts.proven).toBe(5);
    expect(sentDigests()).toHaveLength(5);
  });

  it('should fail what the chain contradicts, and keep no proof of it', async () => {
    chainSays = 'contradicted';
    const runner = startRunner();
    await runner.start(await addList(rowsOf(3)));
    await runUntil(runner, 'waiting');
    upstream.advance(3);
    expect((await runUntil(runner, 'done')).counts.failed).toBe(3);
    expect((await proofs.find([digestOf(0)])).size).toBe(0);
  });

  it('should ask the service anew, on a retry, where a seed stands that the chain contradicted', async () => {
    const right = `0x${'ab'.repeat(32)}`;
    chainSays = 'contradicted';
    const runner = startRunner();
    const id = await addList(rowsOf(3));
    await runner.start(id);
    await runUntil(runner, 'waiting');
    upstream.advance(3);
    await runUntil(runner, 'done');
    upstream.transactionOf = () => right;
    chainSays = 'confirmed';
    await runner.retry(id);
    expect((await runUntil(runner, 'done')).counts.proven).toBe(3);
    const [own] = (await proofs.find([digestOf(0)])).get(digestOf(0)) ?? [];
    expect(own?.transaction).toBe(right);
  });

  it('should wait while the chain cannot be read, and never call that proven', async () => {
    chainSays = 'unchecked';
    const runner = startRunner();
    await runner.start(await addList(rowsOf(3)));
    await runUntil(runner, 'waiting');
    upstream.advance(3);
    await eventually('it tried', async () => {
      await runner.idle();
      clockMs += 60_000;
      await runner.resume();
      await runner.idle();
      return chainReads > 1;
    });
    expect((await get()).counts).toMatchObject({ sent: 3, proven: 0, failed: 0 });
    expect((await get()).message).toMatch(/unchecked/);
    chainSays = 'confirmed';
    await runUntil(runner, 'done');
  });
});

describe('removing', () => {
  it('should end the work and can be taken back for a day', async () => {
    const runner = startRunner();
    await runner.start(await addList(rowsOf(500)));
    await runner.remove('list-1');
    await runner.idle();
    const sent = upstream.digests.size;
    await runner.resume();
    await runner.idle();
    expect(upstream.digests.size).toBe(sent);
    await runner.restore('list-1');
    await runUntil(runner, 'waiting');
    expect(upstream.digests.size).toBe(500);
    await runner.remove('list-1');
    clockMs += 25 * 60 * 60_000;
    await runner.resume();
    expect(await store.get('list-1')).toBeUndefined();
    expect(await allRows()).toEqual([]);
  });
});
