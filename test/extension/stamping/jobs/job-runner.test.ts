// @vitest-environment node
import 'fake-indexeddb/auto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Captured } from '../../../../extension/stamping/capture/capture-in-tab.ts';
import { fingerprintBlob } from '../../../../extension/stamping/fingerprint-blob.ts';
import type { Job } from '../../../../extension/stamping/jobs/job.ts';
import {
  createJobRunner,
  groupOfDay,
  type JobRunner,
} from '../../../../extension/stamping/jobs/job-runner.ts';
import type { StepDeps } from '../../../../extension/stamping/jobs/job-steps.ts';
import { type JobStore, openJobStore } from '../../../../extension/stamping/jobs/job-store.ts';
import { HashmarkError } from '../../../../shared/errors.ts';
import { createChainletterClient } from '../../../../shared/wire/chainletter.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { startWireUpstream, type WireCall, type WireUpstream } from '../../../helpers/wire-upstream.ts';

let upstream: WireUpstream;
let store: JobStore;
let runners: JobRunner[];
let saved: string[];
let notified: string[];
let clockMs: number;
let wakeAtMs: number | undefined;
let isPaired: boolean;
let count = 0;

beforeEach(async () => {
  upstream = await startWireUpstream();
  store = openJobStore(`jobs-${++count}`);
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
  await store.close();
  await upstream.close();
});

/** A worker's life: the store outlives it. */
function startRunner(
  given: {
    store?: JobStore;
    recapture?: (job: Job) => Promise<Captured>;
    notify?: (job: Job) => Promise<void>;
  } = {},
): JobRunner {
  const runner = createJobRunner({
    store: given.store ?? store,
    client: async () => {
      if (!isPaired) throw new HashmarkError('not-paired', 'Not paired.');
      return createChainletterClient({ baseUrl: upstream.baseUrl, fetch });
    },
    uploadFetch: fetch,
    hashOnly: unusedHashOnly,
    fingerprint: (_job, bytes, options) => fingerprintBlob(bytes, options),
    now: () => clockMs,
    createId: () => crypto.randomUUID(),
    saveFile: async ({ name }) => void saved.push(name),
    async notify(job) {
      notified.push(`${job.phase} ${job.id}`);
      await given.notify?.(job);
    },
    onChange: () => undefined,
    wakeAt(timeMs) {
      wakeAtMs = timeMs;
    },
    recapture: given.recapture ?? (async () => captured()),
    log: () => undefined,
  });
  runners.push(runner);
  return runner;
}

/** Files that are uploaded have nothing to do with seeds: see hash-only.test.ts. */
const unusedHashOnly = {} as StepDeps['hashOnly'];

const captured = (text = 'hello world', overrides: Partial<Captured> = {}): Captured => ({
  kind: 'page',
  name: 'Hello.html',
  title: 'Hello',
  type: 'text/html',
  bytes: new Blob([text]),
  sourceUrl: 'https://example.org/',
  missing: [],
  ...overrides,
});

/** Lets the alarm ring whenever one is set, until the job has ended. */
async function runToEnd(runner: JobRunner, id: string): Promise<Job> {
  return eventually('the job ends', async () => {
    await runner.idle();
    const job = await store.get(id);
    if (job && ['done', 'failed', 'cancelled'].includes(job.phase)) return job;
    if (wakeAtMs !== undefined) clockMs = Math.max(clockMs, wakeAtMs);
    await runner.resume();
    return undefined;
  });
}

const effectsOf = (call: WireCall) => upstream.effects.filter((effect) => effect === call).length;

describe('createJobRunner', () => {
  it('uploads, stamps, saves and notifies, each once', async () => {
    const runner = startRunner();
    const job = await runToEnd(runner, (await runner.add(captured())).id);
    expect(job).toMatchObject({
      phase: 'done',
      transaction: `0x${'1'.padStart(64, '0')}`,
      blockTimeSeconds: 1_772_355_660,
      isSaved: true,
      isNotified: true,
      fingerprint: { cid: 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD' },
    });
    expect([effectsOf('upload'), effectsOf('stamp')]).toEqual([1, 1]);
    expect(saved).toEqual(['Hello.html']);
    expect(notified).toEqual([`done ${job.id}`]);
    await runner.resume();
    await runner.idle();
    expect(notified).toHaveLength(1);
  });

  it.each([
    [undefined, 'private', 'Stamped 2026-11-22'],
    ['private', 'private', 'Stamped 2026-11-22'],
    ['public', 'public', 'Stamped 2026-11-22 (Public)'],
  ] as const)('sends what was begun as %s to the %s network', async (privacy, network, group) => {
    const runner = startRunner();
    const { id } = await runner.add(captured(), privacy ? { privacy } : {});
    expect(await runToEnd(runner, id)).toMatchObject({ phase: 'done', privacy: network, groupId: group });
    expect(upstream.networks).toEqual([network, network]);
  });

  it('keeps the privacy that a job began with, through a failed capture too', async () => {
    const runner = startRunner();
    const attempt = {
      kind: 'link',
      name: 'a.pdf',
      title: 'A',
      sourceUrl: 'https://example.org/a.pdf',
    } as const;
    const { id } = await runner.addFailed(attempt, new Error('no'), { privacy: 'public', groupId: 'G' });
    await runner.retry(id);
    expect(await runToEnd(runner, id)).toMatchObject({ phase: 'done', privacy: 'public', groupId: 'G' });
    expect(upstream.networks).toEqual(['public', 'public']);
  });

  it('has record and bytes on disk before anything leaves the machine', async () => {
    const runner = startRunner();
    let wasThere = false;
    upstream.fault = () => {
      wasThere ||= true;
      return undefined;
    };
    const { id } = await runner.add(captured());
    expect(wasThere).toBe(false);
    expect(await (await store.bytes(id))?.text()).toBe('hello world');
    await runToEnd(runner, id);
  });

  const calls: WireCall[] = ['list', 'link', 'upload', 'stamp', 'verify'];
  const moments = ['drop-before', 'drop-after'] as const;
  it.each(calls.flatMap((call) => moments.map((moment) => [call, moment] as const)))(
    'gets over a connection that breaks at %s (%s), and sends nothing twice',
    async (broken, moment) => {
      let isBroken = false;
      upstream.fault = (call) => {
        if (call !== broken || isBroken) return undefined;
        isBroken = true;
        return moment;
      };
      const runner = startRunner();
      const job = await runToEnd(runner, (await runner.add(captured())).id);
      expect(isBroken).toBe(true);
      expect(job.phase).toBe('done');
      expect(effectsOf('upload')).toBe(1);
      // A stamp whose answer was lost is looked for before it is asked for again.
      expect(effectsOf('stamp')).toBe(1);
      expect(notified).toHaveLength(1);
    },
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'goes on after the worker died at its write number %i',
    async (deadline) => {
      let writes = 0;
      const dying: JobStore = {
        ...store,
        async update(...args) {
          writes += 1;
          // Dead: the write never happens, and nothing after it does.
          if (writes >= deadline) return new Promise(() => undefined);
          return store.update(...args);
        },
      };
      const first = startRunner({ store: dying });
      const { id } = await first.add(captured());
      await eventually('the worker has died or finished', async () => {
        const job = await store.get(id);
        return writes >= deadline || (job?.phase === 'done' && job.isNotified);
      });
      runners.pop(); // It will never be idle.
      first.stop();
      const job = await runToEnd(startRunner(), id);
      expect(job.phase).toBe('done');
      expect([effectsOf('upload'), effectsOf('stamp')]).toEqual([1, 1]);
    },
  );

  it('refuses a service that stored other bytes, and stamps nothing', async () => {
    upstream.lyingCid = 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ';
    const runner = startRunner();
    const job = await runToEnd(runner, (await runner.add(captured())).id);
    expect(job.phase).toBe('failed');
    expect(job.message).toContain('QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ');
    expect(job.message).toContain('Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD');
    expect(effectsOf('stamp')).toBe(0);
    expect(notified).toEqual([`failed ${job.id}`]);
  });

  it('refuses empty content before anything is sent', async () => {
    const runner = startRunner();
    const job = await runToEnd(runner, (await runner.add(captured(''))).id);
    expect(job).toMatchObject({ phase: 'failed', failedIn: 'captured' });
    expect(upstream.effects).toEqual([]);
  });

  it('waits for a pairing and goes on when there is one', async () => {
    isPaired = false;
    const runner = startRunner();
    const { id } = await runner.add(captured());
    await runner.idle();
    expect(await store.get(id)).toMatchObject({ phase: 'uploading', message: 'Not paired.' });
    isPaired = true;
    await runner.resumeNow();
    expect((await runToEnd(runner, id)).phase).toBe('done');
  });

  it('keeps to the wait that a busy service asks for', async () => {
    let isBusy = true;
    upstream.fault = (call) =>
      call === 'link' && isBusy ? { status: 429, message: 'slow down', retryAfter: '90' } : undefined;
    const runner = startRunner();
    const { id } = await runner.add(captured());
    await runner.idle();
    expect((await store.get(id))?.nextTryAtMs).toBe(clockMs + 90_000);
    expect(wakeAtMs).toBe(clockMs + 90_000);
    isBusy = false;
    expect((await runToEnd(runner, id)).phase).toBe('done');
  });

  it('gives up on a service that keeps failing, and a retry goes on where it stood', async () => {
    let isDown = true;
    upstream.fault = (call) => (call === 'stamp' && isDown ? { status: 500, message: 'boom' } : undefined);
    const runner = startRunner();
    const { id } = await runner.add(captured());
    const failed = await runToEnd(runner, id);
    expect(failed).toMatchObject({ phase: 'failed', failedIn: 'stamping' });
    expect(failed.message).toContain('boom');
    isDown = false;
    await runner.retry(id);
    expect((await runToEnd(runner, id)).phase).toBe('done');
    expect(effectsOf('upload')).toBe(1);
    // Who was told that it failed is told that it went well after all.
    expect(notified).toEqual([`failed ${id}`, `done ${id}`]);
  });

  it('tells how a retry ended that came while the failure was still being told', async () => {
    let isDown = true;
    upstream.fault = (call) => (call === 'stamp' && isDown ? { status: 500, message: 'boom' } : undefined);
    let retried: Promise<void> | undefined;
    const runner = startRunner({
      async notify({ id, phase }) {
        if (phase !== 'failed') return;
        isDown = false;
        retried ??= runner.retry(id);
        await retried;
      },
    });
    const { id } = await runner.add(captured());
    await runToEnd(runner, id);
    await eventually('it is stamped', async () => (await store.get(id))?.phase === 'done');
    await runner.idle();
    expect(notified).toEqual([`failed ${id}`, `done ${id}`]);
  });

  it('finishes on the event when the stamp takes long', async () => {
    upstream.minesAtOnce = false;
    const runner = startRunner();
    const { id } = await runner.add(captured());
    await runner.idle();
    expect((await store.get(id))?.phase).toBe('waiting');
    upstream.mine();
    await runner.resumeNow((job) => job.phase === 'waiting');
    await runner.idle();
    expect((await store.get(id))?.phase).toBe('done');
  });

  it('fails with the words of the service when the stamp failed, and can ask again', async () => {
    upstream.minesAtOnce = false;
    const runner = startRunner();
    const { id, groupId = '' } = await runner.add(captured());
    await runner.idle();
    await runner.reportStampFailure(groupId, 'out of gas');
    await runner.idle();
    expect((await store.get(id))?.message).toContain('out of gas');
    upstream.minesAtOnce = true;
    await runner.retry(id);
    expect((await runToEnd(runner, id)).phase).toBe('done');
  });

  it('takes a file that the group holds already, also under its CIDv1', async () => {
    const runner = startRunner();
    const group = groupOfDay(clockMs, 'private');
    upstream.groups.set(group, [
      {
        cid: 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa',
        name: 'there.txt',
        transaction: null,
      },
    ]);
    const { id } = await runner.add(captured());
    await runner.idle();
    expect(effectsOf('upload')).toBe(0);
    expect(effectsOf('stamp')).toBe(1);
    await runner.cancel(id).catch(() => undefined);
  });

  it('takes a cancelled file out of its group again, and leaves one that was there before', async () => {
    const runner = startRunner();
    upstream.fault = (call) =>
      call === 'list' && upstream.effects.includes('upload') ? { status: 503, message: 'busy' } : undefined;
    const { id, groupId = '' } = await runner.add(captured());
    await runner.idle();
    expect((await store.get(id))?.phase).toBe('uploaded');
    await runner.cancel(id);
    expect(upstream.groups.get(groupId)).toEqual([]);
    expect(await store.get(id)).toMatchObject({ phase: 'cancelled' });
    expect(notified).toEqual([]);
  });

  /** A file that was sent, while its group says that it is busy: it can still be cancelled. */
  async function sendAndHold(runner: JobRunner): Promise<Job> {
    upstream.fault = (call) =>
      call === 'list' && upstream.effects.includes('upload') ? { status: 503, message: 'busy' } : undefined;
    const { id } = await runner.add(captured());
    await runner.idle();
    const job = (await store.get(id)) as Job;
    expect(job.phase).toBe('uploaded');
    return job;
  }

  it.each([1, 2])(
    'takes a cancelled file out of its group though the worker died at its write number %i',
    async (deadline) => {
      const { id, groupId = '' } = await sendAndHold(startRunner());
      let writes = 0;
      const dying: JobStore = {
        ...store,
        async update(...args) {
          const done = await store.update(...args);
          writes += 1;
          // Dead: what is on disk is there, and nothing after it happens.
          return writes >= deadline ? new Promise(() => undefined) : done;
        },
      };
      upstream.fault = (call) => (call === 'delete' && writes < deadline ? 'drop-before' : undefined);
      const first = startRunner({ store: dying });
      void first.cancel(id);
      await eventually('the worker has died', () => writes >= deadline || undefined);
      runners.pop(); // It will never be idle.
      first.stop();
      upstream.fault = () => undefined;
      expect((await runToEnd(startRunner(), id)).phase).toBe('cancelled');
      expect(upstream.groups.get(groupId)).toEqual([]);
      expect(notified).toEqual([]);
    },
  );

  it('takes a cancelled file out once the service is there again, off the list or not', async () => {
    const runner = startRunner();
    const { id, groupId = '' } = await sendAndHold(runner);
    isPaired = false;
    await runner.cancel(id);
    expect(await runner.views()).toMatchObject([
      { phase: 'cancelling', message: 'Not paired.', canCancel: false },
    ]);
    await runner.dismiss(id);
    clockMs += 48 * 60 * 60_000;
    await runner.resume();
    await runner.idle();
    isPaired = true;
    upstream.fault = () => undefined;
    await runner.resumeNow();
    expect((await runToEnd(runner, id)).phase).toBe('cancelled');
    expect(upstream.groups.get(groupId)).toEqual([]);
  });

  it('says what is left to do when the service does not give a cancelled file back', async () => {
    const runner = startRunner();
    const { id } = await sendAndHold(runner);
    upstream.fault = (call) => (call === 'delete' ? { status: 400, message: 'It is stamped' } : undefined);
    await runner.cancel(id);
    const { phase, message } = (await store.get(id)) as Job;
    expect(phase).toBe('cancelled');
    expect(message).toMatch(
      /^Cancelled, but group "Stamped 2026-11-22" still holds the file: delete it there.*It is stamped/,
    );
  });

  it('leaves a cancelled file to another job of the same content that knows the group by name only', async () => {
    const group = groupOfDay(clockMs, 'private');
    upstream.names.set('id-1', group);
    const runner = startRunner();
    const first = await sendAndHold(runner);
    expect(first.groupId).toBe('id-1');
    isPaired = false;
    const second = await runner.add(captured());
    await runner.idle();
    expect(await store.get(second.id)).toMatchObject({ phase: 'uploading', groupId: group });
    isPaired = true;
    upstream.fault = () => undefined;
    await runner.cancel(first.id);
    expect(await store.get(first.id)).toMatchObject({ phase: 'cancelled' });
    expect(upstream.groups.get(group)).toHaveLength(1);
    await runner.resumeNow();
    expect((await runToEnd(runner, second.id)).phase).toBe('done');
    expect(effectsOf('upload')).toBe(1);
  });

  it('sends a file again on a retry when its group has lost it', async () => {
    const runner = startRunner();
    const { id, groupId = '' } = await sendAndHold(runner);
    upstream.groups.set(groupId, []);
    upstream.fault = () => undefined;
    expect(await runToEnd(runner, id)).toMatchObject({ phase: 'failed', failedIn: 'uploading' });
    await runner.retry(id);
    expect((await runToEnd(runner, id)).phase).toBe('done');
    expect(effectsOf('upload')).toBe(2);
  });

  it('does not cancel what can no longer be taken back', async () => {
    upstream.minesAtOnce = false;
    const runner = startRunner();
    const { id } = await runner.add(captured());
    await runner.idle();
    await expect(runner.cancel(id)).rejects.toMatchObject({ code: 'too-late' });
  });

  it('takes an ended job off the list and puts it back', async () => {
    const runner = startRunner();
    const { id } = await runToEnd(runner, (await runner.add(captured())).id);
    await runner.dismiss(id);
    expect(await runner.views()).toEqual([]);
    await runner.restore(id);
    expect(await runner.views()).toMatchObject([{ id, phase: 'done', isSaved: true }]);
    await runner.dismiss(id);
    clockMs += 48 * 60 * 60_000;
    await runner.resume();
    expect(await store.get(id)).toBeUndefined();
  });

  it('frees the room of what was stamped a day after it was saved, and of nothing else', async () => {
    const runner = startRunner();
    const done = await runToEnd(runner, (await runner.add(captured())).id);
    const unsaved = await runToEnd(runner, (await runner.add(captured('two'))).id);
    await store.update(unsaved.id, { isSaved: false });
    upstream.fault = (call) => (call === 'link' ? { status: 400, message: 'no' } : undefined);
    const failed = await runToEnd(runner, (await runner.add(captured('three'))).id);
    expect(failed.phase).toBe('failed');
    const kept = async () =>
      Promise.all([done, unsaved, failed].map(async ({ id }) => (await store.bytes(id)) !== undefined));
    await runner.resume();
    expect(await kept()).toEqual([true, true, true]);
    clockMs += 25 * 60 * 60_000;
    await runner.resume();
    expect(await kept()).toEqual([false, true, true]);
    const views = await runner.views();
    expect(views.filter(({ isReleased }) => isReleased).map(({ id }) => id)).toEqual([done.id]);
  });

  it('shows a capture that failed as a job, and captures anew on retry', async () => {
    const runner = startRunner();
    const attempt = {
      kind: 'image' as const,
      name: 'a.png',
      title: 'A',
      sourceUrl: 'https://example.org/a.png',
    };
    const { id } = await runner.addFailed(
      attempt,
      new HashmarkError('resource-not-readable', 'Not allowed.'),
    );
    await runner.idle();
    expect(await runner.views()).toMatchObject([{ id, phase: 'failed', message: 'Not allowed.' }]);
    await runner.retry(id);
    expect((await runToEnd(runner, id)).phase).toBe('done');
  });

  it('stamps many jobs at once, each file once', async () => {
    const runner = startRunner();
    const jobs = await Promise.all(
      Array.from({ length: 12 }, (_, index) => runner.add(captured(`content ${index}`))),
    );
    for (const { id } of jobs) expect((await runToEnd(runner, id)).phase).toBe('done');
    expect(effectsOf('upload')).toBe(12);
    expect(new Set(notified).size).toBe(12);
    expect(notified).toHaveLength(12);
  });
});
