import { HashmarkError, toErrorData } from '../../../shared/errors.ts';
import { createPool } from '../../../shared/pool.ts';
import type { JobView } from '../../messages.ts';
import type { Captured } from '../capture/capture-in-tab.ts';
import type { Method } from '../method.ts';
import type { Privacy } from '../privacy.ts';
import {
  isCancellable,
  isCancelled,
  isEnded,
  isOnItsWay,
  type Job,
  type JobProgress,
  needsNoBytes,
  toJobView,
} from './job.ts';
import { phaseToRetry, type StepDeps, stepOf } from './job-steps.ts';
import type { JobStore } from './job-store.ts';
import { waitBeforeRetry } from './retry.ts';

export interface JobRunnerDeps extends StepDeps {
  store: JobStore;
  createId: () => string;
  /** Saves a job's file to the downloads. */
  saveFile: (job: Job) => Promise<void>;
  /** Tells the user that a job has ended well or failed; told twice, it must show once. */
  notify: (job: Job) => Promise<void>;
  /** Called after every change, with all jobs that are not dismissed. */
  onChange: (jobs: Job[]) => void;
  /** Calls {@link JobRunner.resume} at that time (Unix milliseconds), even if the worker has ended by then; undefined: not at all. */
  wakeAt: (timeMs: number | undefined) => void;
  /** Gets the bytes of a job whose capture failed once more. */
  recapture: (job: Job) => Promise<Captured>;
  log: (message: string, error: unknown) => void;
}

/** What is fixed when a job is made. */
export interface JobTerms {
  /** Upload when absent. */
  method?: Method;
  /** Of an upload: id or name of a group; the day's own when absent. */
  groupId?: string;
  /** Of an upload: private when absent. */
  privacy?: Privacy;
}

export interface JobRunner {
  /** Resolves when the job is on disk; the work goes on by itself. */
  add(captured: Captured, terms?: JobTerms): Promise<Job>;
  /** Records a capture that failed, so that it is seen and can be tried again. */
  addFailed(
    attempt: Pick<Captured, 'kind' | 'name' | 'title' | 'sourceUrl'>,
    error: unknown,
    terms?: JobTerms,
  ): Promise<Job>;
  /** Goes on with every job that is due. Call it when the worker starts and when the alarm rings. */
  resume(): Promise<void>;
  /** The same for jobs that wait as well: the companion is back, or an event says that something happened. */
  resumeNow(matches?: (job: Job) => boolean): Promise<void>;
  /** A service said that it could not stamp a group. */
  reportStampFailure(groupId: string, message: string): Promise<void>;
  views(): Promise<JobView[]>;
  retry(id: string): Promise<void>;
  cancel(id: string): Promise<void>;
  dismiss(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  /** Resolves when nothing is running: for tests and for an orderly end. */
  idle(): Promise<void>;
  stop(): void;
}

/** Steps at once: the browser opens six connections to one host, and one of them is the event stream. */
const parallelSteps = 3;
/** Progress is announced this often from beginning to end: each time all jobs are read. */
const shownSteps = 50;
/** A dismissed job can be restored for this long, then its record and bytes go; so long a saved file can be saved once more. */
const keptForMs = 24 * 60 * 60_000;

/** Runs jobs step by step, each result on disk before the next step, so that one can end at any point and go on later. */
export function createJobRunner(deps: JobRunnerDeps): JobRunner {
  const { store, now, log } = deps;
  const running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  const progress = new Map<string, JobProgress>();
  const inTurn = createPool(parallelSteps);
  let isStopped = false;

  async function changed(): Promise<void> {
    const jobs = await store.list();
    deps.onChange(jobs.filter((job) => job.dismissedAtMs === undefined));
    const times = jobs.filter((job) => !isEnded(job) && !running.has(job.id)).map((job) => job.nextTryAtMs);
    if (!isStopped) deps.wakeAt(times.length > 0 ? Math.min(...times) : undefined);
  }

  function run(id: string): Promise<void> {
    const current = running.get(id);
    if (current) return current.done;
    const abort = new AbortController();
    const done = drive(id, abort.signal)
      .catch((error) => log(`Job ${id} stopped`, error))
      .finally(async () => {
        running.delete(id);
        progress.delete(id);
        await changed();
      })
      .catch((error) => log('The list of jobs could not be read', error));
    running.set(id, { abort, done });
    return done;
  }

  async function drive(id: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      let job = await store.get(id);
      if (!job || isStopped || signal.aborted) return;
      if (isEnded(job)) return announceEnd(job);
      if (job.nextTryAtMs > now()) return;
      if (job.fingerprint && !job.isSaved && !isCancelled(job)) job = await save(job);
      await takeStep(job, signal);
      await changed();
    }
  }

  async function takeStep(job: Job, signal: AbortSignal): Promise<void> {
    const step = stepOf(job);
    const stillThere = (now: Job) => now.phase === job.phase && !signal.aborted;
    try {
      const context = {
        job,
        signal,
        bytes: () => bytesOf(job),
        onProgress: (value: JobProgress) => showProgress(job.id, value),
        jobs: () => store.list(),
        note: async (change: Partial<Job>) => {
          await store.update(job.id, change, stillThere);
        },
      };
      const change = await inTurn(() => step(context, deps));
      const isNewPhase = change.phase !== undefined;
      const reset = isNewPhase ? { attempts: 0, nextTryAtMs: 0, message: undefined } : { message: undefined };
      await store.update(job.id, { ...reset, ...change }, stillThere);
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = toErrorData(error);
      const waitMs = waitBeforeRetry(error, job.attempts);
      if (waitMs === undefined) log(`Job ${job.id} failed in phase ${job.phase} (${code})`, error);
      await store.update(
        job.id,
        waitMs === undefined
          ? {
              phase: 'failed',
              failedIn: phaseToRetry(code, job.phase),
              message,
              isNotified: false,
              isSeen: false,
            }
          : { message, attempts: job.attempts + 1, nextTryAtMs: now() + waitMs },
        stillThere,
      );
    } finally {
      progress.delete(job.id);
    }
  }

  async function bytesOf(job: Job): Promise<Blob> {
    const bytes = await store.bytes(job.id);
    if (bytes) return bytes;
    throw new HashmarkError(
      'bytes-gone',
      `The bytes of ${job.name} are no longer in the browser's storage. Stamp it again.`,
    );
  }

  function showProgress(id: string, value: JobProgress): void {
    const stepOf = ({ progress = 0 }: JobProgress) => Math.floor(progress * shownSteps);
    const isFurther = stepOf(value) > stepOf(progress.get(id) ?? {});
    progress.set(id, value);
    if (isFurther) changed().catch((error) => log('Progress is not shown', error));
  }

  /** A proof without the file is useless, so the file goes to the downloads; a full disk there must not cost the stamp. */
  async function save(job: Job): Promise<Job> {
    try {
      await deps.saveFile(job);
      return (await store.update(job.id, { isSaved: true })) ?? job;
    } catch (error) {
      log(`${job.name} could not be saved to the downloads`, error);
      return job;
    }
  }

  async function announceEnd(job: Job): Promise<void> {
    if (job.isNotified || job.phase === 'cancelled') return;
    await deps.notify(job);
    // A retry may have come while the user was told: how that ends is not told yet.
    await store.update(job.id, { isNotified: true }, (it) => it.phase === job.phase);
  }

  async function addJob(job: Job, bytes: Blob | undefined): Promise<Job> {
    await store.add(job, bytes);
    await changed();
    void run(job.id);
    return job;
  }

  async function required(id: string): Promise<Job> {
    const job = await store.get(id);
    if (job) return job;
    throw new HashmarkError('no-such-job', `There is no job ${id}: it may have been dismissed a while ago.`);
  }

  return {
    add({ bytes, ...captured }, terms) {
      return addJob({ ...emptyJob(terms), ...captured }, bytes);
    },

    addFailed(attempt, error, terms) {
      const { message } = toErrorData(error);
      return addJob(
        {
          ...emptyJob(terms),
          ...attempt,
          phase: 'failed',
          failedIn: 'captured',
          message,
        },
        undefined,
      );
    },

    async resume() {
      const jobs = await store.list();
      const due = jobs.filter((job) =>
        isEnded(job) ? !job.isNotified && job.phase !== 'cancelled' : job.nextTryAtMs <= now(),
      );
      const isLongAgo = (timeMs = Number.POSITIVE_INFINITY) => timeMs < now() - keptForMs;
      const expired = jobs.filter((job) => isEnded(job) && isLongAgo(job.dismissedAtMs));
      const released = jobs.filter((job) => needsNoBytes(job) && isLongAgo(job.createdAtMs));
      await Promise.all([
        ...expired.map((job) => store.remove(job.id)),
        ...released.map((job) => store.releaseBytes(job.id)),
      ]);
      await changed();
      for (const job of due) void run(job.id);
    },

    async resumeNow(matches = () => true) {
      const waiting = (await store.list()).filter((job) => !isEnded(job) && matches(job));
      await Promise.all(waiting.map((job) => store.update(job.id, { nextTryAtMs: 0 }, (it) => !isEnded(it))));
      for (const job of waiting) void run(job.id);
    },

    async reportStampFailure(groupId, message) {
      const hit = (await store.list()).filter((job) => job.phase === 'waiting' && job.groupId === groupId);
      for (const job of hit) {
        await store.update(
          job.id,
          {
            phase: 'failed',
            failedIn: 'stamping',
            message: `The service could not stamp group "${groupId}": ${message || 'it did not say why'}. Retry to ask again.`,
            isNotified: false,
            isSeen: false,
          },
          (it) => it.phase === 'waiting',
        );
        void run(job.id);
      }
    },

    async views() {
      const jobs = (await store.list()).filter((job) => job.dismissedAtMs === undefined);
      const news = jobs.filter((job) => job.phase === 'failed' && !job.isSeen);
      await Promise.all(news.map((job) => store.update(job.id, { isSeen: true })));
      if (news.length > 0) await changed();
      return jobs.map((job) => toJobView(job, progress.get(job.id)));
    },

    async retry(id) {
      const job = await required(id);
      if (job.phase !== 'failed' && isEnded(job))
        throw new HashmarkError(
          'job-ended',
          `${job.name} has ended (${job.phase}): there is nothing to retry.`,
        );
      if (job.phase === 'failed' && !(await store.bytes(id))) {
        const { bytes, ...captured } = await deps.recapture(job);
        await store.putBytes(id, bytes);
        await store.update(id, captured);
      }
      const again =
        job.phase === 'failed' ? { phase: job.failedIn ?? ('captured' as const), isNotified: false } : {};
      await store.update(id, { ...again, attempts: 0, nextTryAtMs: 0, message: undefined });
      await changed();
      void run(id);
    },

    async cancel(id) {
      const job = await store.update(
        id,
        { phase: 'cancelling', attempts: 0, nextTryAtMs: 0, message: undefined },
        (it) => isCancellable(it) || it.phase === 'failed',
      );
      if (!job || !isCancelled(job)) {
        const { name } = await required(id);
        throw new HashmarkError(
          'too-late',
          `${name} can no longer be cancelled: its stamp was already asked for, and a stamp cannot be taken back.`,
        );
      }
      running.get(id)?.abort.abort(new DOMException('cancelled', 'AbortError'));
      await running.get(id)?.done;
      await run(id);
    },

    async dismiss(id) {
      const job = await required(id);
      if (isOnItsWay(job))
        throw new HashmarkError('job-at-work', `${job.name} is still in work. Cancel it first.`);
      await store.update(id, { dismissedAtMs: now() });
      await changed();
    },

    async restore(id) {
      await required(id);
      await store.update(id, { dismissedAtMs: undefined });
      await changed();
    },

    async idle() {
      while (running.size > 0) await Promise.all([...running.values()].map(({ done }) => done));
    },

    stop() {
      isStopped = true;
      for (const { abort } of running.values()) abort.abort(new DOMException('stopped', 'AbortError'));
    },
  };

  function emptyJob({ method = 'upload', groupId, privacy = 'private' }: JobTerms = {}) {
    return {
      method,
      ...(method === 'upload' ? { groupId: groupId || groupOfDay(now(), privacy), privacy } : {}),
      id: deps.createId(),
      type: 'application/octet-stream',
      missing: [],
      createdAtMs: now(),
      phase: 'captured' as const,
      hasUploaded: false,
      attempts: 0,
      nextTryAtMs: 0,
      isSaved: false,
      isNotified: false,
      isSeen: false,
    };
  }
}

/**
 * A group for each day: stamping one more file makes a new bundle of its whole group, so a group without end would make
 * every stamp larger than the one before. Public files have one of their own, named as the field does it: a group has one
 * setting that all its files show.
 */
export function groupOfDay(timeMs: number, privacy: Privacy): string {
  const date = new Date(timeMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return privacy === 'public' ? `Stamped ${day} (Public)` : `Stamped ${day}`;
}
