import { type Browser, browser } from 'wxt/browser';

import { HashmarkError } from '../../shared/errors.ts';
import { createChainletterClient } from '../../shared/wire/chainletter.ts';
import type { ChainletterEvent } from '../../shared/wire/event-stream.ts';
import { announce, onChange } from '../changes.ts';
import { companion } from '../companion/companion.ts';
import { onCompanionAllowed } from '../companion/loopback-permission.ts';
import { fetchPlain } from '../fetch-plain.ts';
import { log } from '../log.ts';
import type { ResourceKind } from '../menus.ts';
import type { Handlers } from '../messaging.ts';
import { notifyJob, notifyProblem } from '../notifications.ts';
import { accountClient, accountSeeds, fetchAccountProof } from '../proofs/account-proofs.ts';
import { openProofStore } from '../proofs/proof-store.ts';
import { setWorkBadge } from '../toolbar-badge.ts';
import {
  type Captured,
  capturePage,
  captureResource,
  captureSelection,
  readResource,
} from './capture/capture-in-tab.ts';
import { readEventCursor } from './event-cursor.ts';
import { createEventFollower } from './events.ts';
import { fingerprintBlob } from './fingerprint-blob.ts';
import { createGroupHandlers } from './groups.ts';
import { fingerprintJob } from './hidden-document/fingerprint-job.ts';
import { isOnItsWay, type Job, methodOf } from './jobs/job.ts';
import { createJobRunner } from './jobs/job-runner.ts';
import { openJobStore } from './jobs/job-store.ts';
import { type Method, methodHandlers, readMethod } from './method.ts';
import { privacyHandlers, readPrivacy } from './privacy.ts';
import { saveFile } from './save/save-file.ts';

const jobsAlarm = 'hashmark-jobs';
const eventsAlarm = 'hashmark-events';
/** A browser rings no alarm earlier than this, in milliseconds. */
const shortestAlarmMs = 30_000;
/** How often a worker that was put to sleep is woken to open the event stream again. */
const eventsAlarmMinutes = 1;
/** A job that waits longer than this for its chain counts no more among those at work. */
const longWaitMs = 60_000;

type Attempt = Pick<Captured, 'kind' | 'name' | 'title' | 'sourceUrl'>;

/** What pages may show anew after a stamp. Neither throws. */
export interface StampingListeners {
  /** A group was stamped: the chain holds something new. */
  onStamped: () => Promise<void>;
  /** A proof was checked and kept. */
  onProof: () => Promise<void>;
}

/** The whole of stamping in the background. */
export function createStamping({ onStamped, onProof }: StampingListeners) {
  const store = openJobStore();
  const proofs = openProofStore();
  const client = async () =>
    createChainletterClient({
      baseUrl: await companion().accountBaseUrl(),
      fetch: (url, init) => companion().signedFetch(url, init),
    });
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** The pairing whose events are followed. */
  let followed: string | undefined;

  const runner = createJobRunner({
    store,
    client,
    uploadFetch: fetchPlain,
    hashOnly: {
      client: accountClient,
      seeds: accountSeeds,
      fetchProof: fetchAccountProof,
      async keepProof(proof) {
        await proofs.add([proof]);
        announce('proofs');
        void onProof();
      },
    },
    fingerprint: fingerprintJob,
    now: Date.now,
    createId: () => crypto.randomUUID(),
    saveFile: (job) => saveFile(job, store),
    async notify(job) {
      await notifyJob(job);
      if (job.phase === 'done' && methodOf(job) === 'upload') void onStamped();
    },
    recapture,
    log,
    onChange(jobs) {
      announce('jobs');
      const failed = jobs.filter((job) => job.phase === 'failed' && !job.isSeen).length;
      const atWork = jobs.filter((job) => isOnItsWay(job) && !waitsLong(job, Date.now())).length;
      void setWorkBadge('jobs', atWork, failed).catch((error) => log('The badge could not be set', error));
    },
    wakeAt(timeMs) {
      clearTimeout(timer);
      if (timeMs === undefined) {
        void browser.alarms.clear(jobsAlarm);
        return;
      }
      // The timer is exact and dies with the worker, the alarm is late and does not.
      const waitMs = Math.max(0, timeMs - Date.now());
      timer = setTimeout(() => void runner.resume(), waitMs);
      void browser.alarms.create(jobsAlarm, { when: Date.now() + Math.max(shortestAlarmMs, waitMs) });
    },
  });

  const events = createEventFollower({
    open: (options) => companion().openEvents(options),
    async readCursor() {
      followed = await companion().pairingName();
      return readEventCursor(followed ?? '');
    },
    handle: handleEvent,
    onOpen() {
      announce('companion');
      void runner.resumeNow();
    },
    // An extension call at each tick resets the worker's idle timer, which reading does not.
    onTick: () => void browser.runtime.getPlatformInfo(),
    wait: (ms, signal) =>
      new Promise((resolve) => {
        const done = setTimeout(resolve, ms);
        signal.addEventListener('abort', () => {
          clearTimeout(done);
          resolve();
        });
      }),
    log,
  });

  async function handleEvent({ type, data }: ChainletterEvent): Promise<void> {
    const groupId = typeof data.group_id === 'string' ? data.group_id : undefined;
    if (/^(file|group|collection)\./.test(type)) announce('groups');
    if (groupId === undefined) return;
    if (type === 'collection.stamped')
      await runner.resumeNow((job) => job.phase === 'waiting' && methodOf(job) === 'upload');
    if (type === 'collection.stamp_failed') {
      const message = typeof data.message === 'string' ? data.message : '';
      // A job may know its group by name only.
      const group = (await (await client()).listGroups()).find(({ id }) => id === groupId);
      for (const known of new Set([groupId, group?.name ?? groupId]))
        await runner.reportStampFailure(known, message);
    }
  }

  async function companionChanged(): Promise<void> {
    // It may also say something new of itself, for instance of its issuers.
    await companion().state();
    const next = await companion().pairingName();
    if (next === followed) return;
    followed = next;
    if (next === undefined) return events.stop();
    events.restart();
    await runner.resumeNow();
  }

  /**
   * Captures, and makes a job of it. The failure to read a file becomes a job as well, so that it can be tried again
   * once its site is allowed; a page can only be captured where it is shown, so there the caller hears of it.
   */
  async function stamp(
    attempt: Attempt,
    capture: () => Promise<Captured>,
    { method: asked, ...options }: { method?: Method | undefined; groupId?: string } = {},
  ): Promise<Job> {
    // As it was when the user asked, however long the capture takes.
    const [method, privacy] = await Promise.all([asked ?? readMethod(), readPrivacy()]);
    const terms = { ...options, method, privacy };
    let captured: Captured;
    try {
      captured = await capture();
    } catch (error) {
      if (attempt.kind !== 'page' && attempt.kind !== 'selection')
        return runner.addFailed(attempt, error, terms);
      throw error;
    }
    return runner.add(captured, terms);
  }

  /** For menus, where only a notification can say that it did not work. */
  async function stampOrNotify(
    attempt: Attempt,
    capture: () => Promise<Captured>,
    method: Method | undefined,
  ): Promise<void> {
    try {
      await stamp(attempt, capture, { method });
    } catch (error) {
      await notifyProblem(`Not stamped: ${attempt.title}`, error);
    }
  }

  async function tabAttempt(tabId: number, kind: Captured['kind']) {
    const { title = '', url = '' } = await browser.tabs.get(tabId);
    return { kind, name: title || url || 'page', title: title || url || 'page', sourceUrl: url };
  }

  const openReport = (query: string) =>
    browser.tabs.create({ url: browser.runtime.getURL(`/report.html?${query}` as '/') });

  const actions = {
    stampPage: async (tabId: number, method?: Method) =>
      stampOrNotify(await tabAttempt(tabId, 'page'), () => capturePage(tabId), method),
    stampSelection: async (tabId: number, frameId: number, method?: Method) =>
      stampOrNotify(await tabAttempt(tabId, 'selection'), () => captureSelection({ tabId, frameId }), method),
    stampResource: async (kind: ResourceKind, url: string, tabId: number, frameId: number, method?: Method) =>
      stampOrNotify(
        { ...(await tabAttempt(tabId, kind)), sourceUrl: url },
        () => captureResource(kind, url, { tabId, frameId }),
        method,
      ),
    verifyResource: async (kind: ResourceKind, url: string, tabId: number, frameId: number) => {
      try {
        const { bytes } = await captureResource(kind, url, { tabId, frameId });
        const { cid, digest } = await fingerprintBlob(bytes);
        return await openReport(new URLSearchParams({ hash: cid, digest }).toString());
      } catch (error) {
        return notifyProblem(`This ${kind} could not be verified`, error);
      }
    },
  };

  const handlers: Handlers = {
    ...createGroupHandlers(client),
    ...methodHandlers,
    ...privacyHandlers,
    'stamp.page': async ({ tabId, groupId, method }) => {
      const attempt = await tabAttempt(tabId, 'page');
      const terms = { method, ...(groupId ? { groupId } : {}) };
      const job = await stamp(attempt, () => capturePage(tabId), terms);
      return { jobId: job.id };
    },
    'jobs.list': () => runner.views(),
    'job.retry': ({ jobId }) => runner.retry(jobId).then(() => undefined),
    'job.cancel': ({ jobId }) => runner.cancel(jobId).then(() => undefined),
    'job.dismiss': ({ jobId }) => runner.dismiss(jobId).then(() => undefined),
    'job.restore': ({ jobId }) => runner.restore(jobId).then(() => undefined),
    'job.save-file': async ({ jobId }) => {
      const job = await store.get(jobId);
      if (!job) throw new HashmarkError('no-such-job', `There is no job ${jobId}.`);
      await saveFile(job, store);
      await store.update(jobId, { isSaved: true });
      announce('jobs');
      return undefined;
    },
  };

  return {
    handlers,
    actions,
    openJobReport: (jobId: string) => openReport(new URLSearchParams({ job: jobId }).toString()),

    /** Attaches what wakes the worker and goes on with whatever was interrupted. */
    start(): void {
      browser.alarms.onAlarm.addListener(({ name }: Browser.alarms.Alarm) => {
        if (name === jobsAlarm) void runner.resume();
        if (name === eventsAlarm) events.ensure();
      });
      browser.runtime.onStartup.addListener(() => undefined); // So that the browser's start wakes us.
      onChange(
        ['companion'],
        () => void companionChanged().catch((error) => log('The pairing could not be read', error)),
      );
      onCompanionAllowed(() => events.restart());
      void browser.alarms.create(eventsAlarm, { periodInMinutes: eventsAlarmMinutes });
      void runner.resume().catch((error) => log('The jobs could not be resumed', error));
      events.ensure();
    },
  };
}

/** A chain that costs money takes its time: until it is done, the toolbar shows what it shows for the page. */
function waitsLong({ phase, createdAtMs }: Job, nowMs: number): boolean {
  return phase === 'waiting' && nowMs - createdAtMs > longWaitMs;
}

/** Bytes for a job whose capture failed: a resource can be read again, a page only where it is shown. */
async function recapture({ kind, sourceUrl, title }: Job): Promise<Captured> {
  if (kind === 'page' || kind === 'selection') {
    throw new HashmarkError(
      'open-the-page',
      `Open ${sourceUrl} and stamp it there: what it shows was not captured.`,
    );
  }
  return readResource(kind, sourceUrl, title);
}
