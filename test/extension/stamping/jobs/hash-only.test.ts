// @vitest-environment node
import 'fake-indexeddb/auto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { fetchProof } from '../../../../extension/proofs/fetch-proof.ts';
import { openProofStore, type ProofStore } from '../../../../extension/proofs/proof-store.ts';
import type { Captured } from '../../../../extension/stamping/capture/capture-in-tab.ts';
import { fingerprintBlob } from '../../../../extension/stamping/fingerprint-blob.ts';
import type { Job } from '../../../../extension/stamping/jobs/job.ts';
import { createJobRunner, type JobRunner } from '../../../../extension/stamping/jobs/job-runner.ts';
import { type JobStore, openJobStore } from '../../../../extension/stamping/jobs/job-store.ts';
import { createSeedWatch } from '../../../../extension/stamping/seeds/seed-watch.ts';
import { HashmarkError } from '../../../../shared/errors.ts';
import { createOriginstampClient } from '../../../../shared/wire/originstamp.ts';
import { eventually } from '../../../helpers/eventually.ts';
import {
  type OriginstampUpstream,
  startOriginstampUpstream,
  success,
  upstreamKey,
} from '../../../helpers/originstamp-upstream.ts';
import { seedChain, seedIssuer, seedTimeSeconds } from '../../../helpers/seed-chain.ts';
import { digestOf } from '../../proofs/sample-proofs.ts';

let upstream: OriginstampUpstream;
let store: JobStore;
let proofs: ProofStore;
let chain: ReturnType<typeof seedChain>;
let runners: JobRunner[];
let saved: string[];
let notified: string[];
let clockMs: number;
let wakeAtMs: number | undefined;
let isPaired: boolean;
let count = 0;

beforeEach(async () => {
  upstream = await startOriginstampUpstream();
  store = openJobStore(`hash-only-jobs-${++count}`);
  proofs = openProofStore(`hash-only-proofs-${count}`);
  chain = seedChain();
  runners = [];
  saved = [];
  notified = [];
  clockMs = Date.UTC(2026, 10, 22, 12);
  wakeAtMs = undefined;
  isPaired = true;
});
afterEach(async () => {
  for (const runner of runners) {
    runner.stop();
    await runner.idle();
  }
  await Promise.all([store.close(), proofs.close()]);
  await upstream.close();
});

/** A worker's life: the stores outlive it, the watch does not. */
function startRunner(): JobRunner {
  const client = async () => {
    if (!isPaired) throw new HashmarkError('not-paired', 'Not paired.');
    return createOriginstampClient({
      baseUrl: upstream.baseUrl,
      fetch,
      headers: { authorization: upstreamKey },
    });
  };
  const runner = createJobRunner({
    store,
    client: () => Promise.reject(new Error('Chainletter has no part in this.')),
    uploadFetch: () => Promise.reject(new Error('Nothing is uploaded.')),
    hashOnly: {
      client,
      seeds: createSeedWatch({ client, now: () => clockMs }),
      fetchProof: async (stamped, options) =>
        fetchProof(
          stamped,
          {
            client: await client(),
            downloadFetch: fetch,
            issuers: async () => [seedIssuer()],
            esplora: async () => [],
            fetch: chain.fetch,
          },
          options,
        ),
      keepProof: (proof) => proofs.add([proof]),
    },
    fingerprint: (_job, bytes, options) => fingerprintBlob(bytes, options),
    now: () => clockMs,
    createId: () => crypto.randomUUID(),
    saveFile: async ({ name }) => void saved.push(name),
    notify: async ({ id, phase }) => void notified.push(`${phase} ${id}`),
    onChange: () => undefined,
    wakeAt(timeMs) {
      wakeAtMs = timeMs;
    },
    recapture: () => Promise.reject(new Error('Nothing is captured anew.')),
    log: () => undefined,
  });
  runners.push(runner);
  return runner;
}

const captured = (text: string): Captured => ({
  kind: 'page',
  name: 'Secret plans.html',
  title: 'Secret plans',
  type: 'text/html',
  bytes: new Blob([text]),
  sourceUrl: 'https://intranet.example.org/plans?session=1',
  missing: [],
});
const add = (runner: JobRunner, text = 'hello world') =>
  runner.add(captured(text), { method: 'hash-only', privacy: 'public' });

/** Takes every seed to its end, with its root on the chain. */
function anchor(): void {
  upstream.transactionOf = ({ root }) => chain.write(root ?? '');
  upstream.advance(3);
}

/** Lets the alarm ring whenever one is set, until the job is in one of the phases. */
async function runTo(runner: JobRunner, id: string, ...phases: Job['phase'][]): Promise<Job> {
  return eventually(`the job is ${phases.join(' or ')}`, async () => {
    await runner.idle();
    const job = await store.get(id);
    if (job && phases.includes(job.phase)) return job;
    if (wakeAtMs !== undefined) clockMs = Math.max(clockMs, wakeAtMs);
    await runner.resume();
    return undefined;
  });
}
const runToEnd = (runner: JobRunner, id: string) => runTo(runner, id, 'done', 'failed', 'cancelled');
const creates = () => upstream.calls.filter(({ path }) => path === '/v4/timestamp/create');
const polls = () => upstream.calls.filter(({ path }) => path.startsWith('/v4/timestamp/status/seed/'));

describe('a hash-only job', () => {
  it('follows its seed, checks the proof against the chain and keeps it', async () => {
    const runner = startRunner();
    const { id } = await add(runner);
    const waiting = await runTo(runner, id, 'waiting');
    const [seed] = upstream.seeds;
    expect(waiting).toMatchObject({ seed: { seedId: seed?.id, currencyId: 1, status: 0 }, isSaved: true });
    expect(waiting).not.toHaveProperty('groupId');
    expect(waiting).not.toHaveProperty('privacy');
    anchor();
    const job = await runToEnd(runner, id);
    expect(job).toMatchObject({
      phase: 'done',
      transaction: chain.write(seed?.root ?? ''),
      blockTimeSeconds: seedTimeSeconds,
      seed: { status: 3, root: seed?.root },
      isNotified: true,
    });
    const digest = digestOf('hello world');
    const [own] = (await proofs.find([digest])).get(digest) ?? [];
    expect(own).toMatchObject({ proof: { leaf: digest, root: seed?.root }, chainId: 4774 });
    expect(saved).toEqual(['Secret plans.html']);
    expect(notified).toEqual([`done ${id}`]);
    expect((await store.stampedFiles([digest])).get(digest)?.cid).toMatch(/^Qm/);
  });

  it('sends nothing but the digest', async () => {
    const runner = startRunner();
    const { id } = await add(runner);
    await runTo(runner, id, 'waiting');
    anchor();
    await runToEnd(runner, id);
    expect(creates().map(({ body }) => body)).toEqual([{ hash: digestOf('hello world') }]);
    const sent = JSON.stringify(upstream.calls);
    expect(sent).not.toMatch(/secret|plans|intranet|session|hello/i);
  });

  const moments = ['drop-before', 'drop-after'] as const;
  const paths = ['/v4/timestamp/create', '/v4/timestamp/status/seed/', '/v3/timestamp/proof/url'];
  it.each(paths.flatMap((path) => moments.map((moment) => [path, moment] as const)))(
    'gets over a connection that breaks at %s (%s)',
    async (path, moment) => {
      let isBroken = false;
      upstream.fault = (call) => {
        if (!call.path.startsWith(path) || isBroken) return undefined;
        isBroken = true;
        return moment;
      };
      const runner = startRunner();
      const { id } = await add(runner);
      await runTo(runner, id, 'waiting', 'proving');
      anchor();
      expect((await runToEnd(runner, id)).phase).toBe('done');
      expect(upstream.digests.size).toBe(1);
      expect(notified).toEqual([`done ${id}`]);
    },
  );

  it('goes on in another life of the worker, from wherever it stood', async () => {
    const first = startRunner();
    const { id } = await add(first);
    await runTo(first, id, 'waiting');
    first.stop();
    await first.idle();
    anchor();
    expect((await runToEnd(startRunner(), id)).phase).toBe('done');
    expect(creates()).toHaveLength(1);
  });

  it('asks once about a seed that many jobs wait for', async () => {
    const runner = startRunner();
    const jobs = await Promise.all(Array.from({ length: 8 }, (_, index) => add(runner, `text ${index}`)));
    for (const { id } of jobs) await runTo(runner, id, 'waiting');
    const before = polls().length;
    for (let round = 1; round <= 3; round += 1) {
      clockMs = Math.max(clockMs, wakeAtMs ?? 0);
      await runner.resume();
      await runner.idle();
      expect(polls()).toHaveLength(before + round);
    }
    anchor();
    for (const { id } of jobs) expect((await runToEnd(runner, id)).phase).toBe('done');
    expect(notified).toHaveLength(8);
  });

  it('waits for a companion that is not there, and for a chain that cannot be read', async () => {
    isPaired = false;
    const runner = startRunner();
    const { id } = await add(runner);
    await runTo(runner, id, 'submitting');
    expect((await store.get(id))?.message).toBe('Not paired.');
    isPaired = true;
    await runner.resumeNow();
    await runTo(runner, id, 'waiting');
    anchor();
    chain.chain.isDown = true;
    await runTo(runner, id, 'proving');
    await eventually('it says why it waits', async () => (await store.get(id))?.message);
    expect((await store.get(id))?.message).toMatch(/is stamped, but its proof could not be checked/);
    chain.chain.isDown = false;
    expect((await runToEnd(runner, id)).phase).toBe('done');
  });

  it('fails with the failing step when the chain does not hold the root, and keeps no proof', async () => {
    const runner = startRunner();
    const { id } = await add(runner);
    await runTo(runner, id, 'waiting');
    anchor();
    upstream.transactionOf = () => chain.write('f'.repeat(64));
    const job = await runToEnd(runner, id);
    expect(job).toMatchObject({ phase: 'failed', failedIn: 'waiting' });
    expect(job.message).toMatch(/does not hold.*do not trust this service/s);
    expect((await proofs.find([digestOf('hello world')])).size).toBe(0);
    anchor();
    // The service names another transaction now: a retry asks, in the same worker too.
    await runner.retry(id);
    expect((await runToEnd(runner, id)).phase).toBe('done');
    expect(creates()).toHaveLength(1);
  });

  it('hands the digest in again when the service has forgotten its seed', async () => {
    const runner = startRunner();
    const { id } = await add(runner);
    await runTo(runner, id, 'waiting');
    upstream.seeds.length = 0;
    upstream.digests.clear();
    const failed = await runToEnd(runner, id);
    expect(failed).toMatchObject({ phase: 'failed', failedIn: 'submitting' });
    await runner.retry(id);
    await runTo(runner, id, 'waiting');
    anchor();
    expect((await runToEnd(runner, id)).phase).toBe('done');
  });

  it('says that nothing anchors digests there', async () => {
    upstream.fault = ({ path }) =>
      path === '/v4/timestamp/create'
        ? {
            body: success({
              created: true,
              date_created: 1,
              comment: null,
              hash_string: digestOf('hello world'),
              timestamps: [],
            }),
          }
        : undefined;
    const runner = startRunner();
    const job = await runToEnd(runner, (await add(runner)).id);
    expect(job).toMatchObject({ phase: 'failed', failedIn: 'submitting' });
    expect(job.message).toMatch(/no chain to stamp it on/);
  });

  it('is cancelled before its digest left, and says so when it may have', async () => {
    isPaired = false;
    const runner = startRunner();
    const first = await add(runner);
    await runTo(runner, first.id, 'submitting');
    await runner.cancel(first.id);
    expect(await store.get(first.id)).toMatchObject({ phase: 'cancelled', message: undefined });

    isPaired = true;
    upstream.fault = () => 'drop-after';
    const second = await add(runner);
    await eventually('it was tried', async () => (await store.get(second.id))?.attempts);
    await runner.cancel(second.id);
    expect((await store.get(second.id))?.message).toMatch(/may have reached the service/);
    upstream.fault = () => undefined;

    const third = await add(runner);
    await runTo(runner, third.id, 'waiting');
    await expect(runner.cancel(third.id)).rejects.toMatchObject({ code: 'too-late' });
  });
});
