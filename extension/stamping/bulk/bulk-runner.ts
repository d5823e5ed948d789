import { HashmarkError, toErrorData } from '../../../shared/errors.ts';
import { finalStatus, type OriginstampClient } from '../../../shared/wire/originstamp.ts';
import { waitBeforeNextLook, waitBeforeRetry } from '../jobs/retry.ts';
import type { SeedWatch } from '../seeds/seed-watch.ts';
import { type Bulk, type FollowedSeed, isOpen, phaseOf } from './bulk.ts';
import type { BulkStore } from './bulk-store.ts';
import { inParallel } from './in-parallel.ts';
import { type ProveDeps, proveRows } from './prove-rows.ts';
import { createRootChecks, type RootCheckDeps } from './root-checks.ts';
import { sendPart } from './send-part.ts';

export interface BulkRunnerDeps
  extends Pick<ProveDeps, 'downloadFetch' | 'keepProofs'>,
    Pick<RootCheckDeps, 'checkProof'> {
  store: BulkStore;
  client: () => Promise<Pick<OriginstampClient, 'stampAll' | 'proofLink'>>;
  watch: SeedWatch;
  now: () => number;
  /** Called after every change of a list. */
  onChange: () => void;
  /** Tells the user that nothing of a list is open any more; told twice, it must show once. */
  notify: (bulk: Bulk) => Promise<void>;
  /** Calls {@link BulkRunner.resume} at that time (Unix milliseconds), even if the worker has ended by then; undefined: not at all. */
  wakeAt: (timeMs: number | undefined) => void;
  /** Called at every sign of progress. In a worker it must call an extension API: requests alone do not keep it alive. */
  onTick: () => void;
  log: (message: string, error: unknown) => void;
}

/** Sends lists, follows their seeds and proves their digests; each answer is on disk before the next question. */
export interface BulkRunner {
  start(id: string): Promise<void>;
  stop(id: string): Promise<void>;
  retry(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  restore(id: string): Promise<void>;
  /** Goes on with every list that is due. Call it when the worker starts and when the alarm rings. */
  resume(): Promise<void>;
  /** The same for lists that wait as well: the companion is back. */
  resumeNow(): Promise<void>;
  /** Resolves when nothing is running: for tests and for an orderly end. */
  idle(): Promise<void>;
  end(): void;
}

/** Requests of 100 digests at once: the browser opens six connections to one host, and one of them is the event stream. */
const parallelRequests = 3;
/** Parts taken from disk at once. */
const partsAtOnce = 30;
/** A removed list can be restored for this long; then its rows go. */
const removedForMs = 24 * 60 * 60_000;

/** Nothing of it is settled yet, and asking again costs little. */
const stillOpen = new Set(['root-unchecked', 'proof-unavailable', 'seed-gone']);

export function createBulkRunner(deps: BulkRunnerDeps): BulkRunner {
  const { store, now, log, downloadFetch, keepProofs } = deps;
  const roots = createRootChecks(deps);
  const running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  let isEnded = false;

  function run(id: string): Promise<void> {
    const current = running.get(id);
    if (current) return current.done;
    const abort = new AbortController();
    const done = drive(id, abort.signal)
      .catch((error) => log(`List ${id} stopped`, error))
      .finally(async () => {
        running.delete(id);
        await changed();
      })
      .catch((error) => log('The lists could not be read', error));
    running.set(id, { abort, done });
    return done;
  }

  async function changed(): Promise<void> {
    deps.onChange();
    if (isEnded) return;
    const times = (await store.list())
      .filter((bulk) => isOpen(bulk) && !running.has(bulk.id))
      .map(({ nextTryAtMs }) => nextTryAtMs);
    deps.wakeAt(times.length > 0 ? Math.min(...times) : undefined);
  }

  async function drive(id: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const bulk = await store.get(id);
      if (!bulk || bulk.removedAtMs !== undefined) return;
      if (phaseOf(bulk) === 'done') return announceEnd(bulk);
      if (!isOpen(bulk) || bulk.nextTryAtMs > now()) return;
      try {
        const nextLookAtMs = (await sendSome(bulk, signal)) ? 0 : await proveSome(bulk, signal);
        await store.update(id, () => ({ attempts: 0, message: undefined, nextTryAtMs: nextLookAtMs }));
      } catch (error) {
        if (signal.aborted) return;
        await noteFailure(bulk, error);
      }
      deps.onChange();
    }
  }

  /** True when there was something to send. */
  async function sendSome(bulk: Bulk, signal: AbortSignal): Promise<boolean> {
    if (bulk.isStopped || bulk.counts.queued === 0) return false;
    const parts = await store.partsAt(bulk.id, 'queued', partsAtOnce);
    const client = await deps.client();
    await inParallel(parts, parallelRequests, signal, async (part) => {
      await sendPart(part, { store, client });
      progressed();
    });
    return parts.length > 0;
  }

  /** Follows the list's seeds and proves what is final. Returns when to come back, Unix milliseconds; 0 for at once. */
  async function proveSome(bulk: Bulk, signal: AbortSignal): Promise<number> {
    const seeds = await follow(bulk.seedIds);
    const client = await deps.client();
    const proving = { store, client, downloadFetch, roots, keepProofs, onProgress: progressed };
    await proveRows(bulk.id, seeds, proving, signal);
    if (signal.aborted) return 0;
    const open = [...seeds.values()].filter(({ status }) => status !== finalStatus);
    // Never at once: a service that says nothing new would be asked without end.
    return open.length > 0 ? Math.max(now() + 1, Math.min(...open.map((seed) => seed.nextLookAtMs))) : 0;
  }

  async function follow(seedIds: readonly string[]): Promise<Map<string, FollowedSeed>> {
    const wanted = new Set(seedIds);
    const followed = new Map<string, FollowedSeed>();
    for (const seed of await store.seeds()) {
      if (wanted.has(seed.seedId)) followed.set(seed.seedId, await look(seed));
    }
    return followed;
  }

  async function look(seed: FollowedSeed): Promise<FollowedSeed> {
    if (seed.nextLookAtMs > now()) return seed;
    const { seed: seen, nextLookAtMs } = await deps.watch.look(seed.seedId);
    const { status, root, transaction, timestampMs } = seen;
    const next = {
      ...seed,
      status,
      root,
      transaction,
      timestampMs,
      // What is final is not asked about again until it is contradicted; a number that can be stored says so.
      nextLookAtMs: Number.isFinite(nextLookAtMs) ? nextLookAtMs : Number.MAX_SAFE_INTEGER,
    };
    await store.putSeed(next);
    progressed();
    return next;
  }

  function progressed(): void {
    deps.onTick();
    deps.onChange();
  }

  async function noteFailure({ id, attempts }: Bulk, error: unknown): Promise<void> {
    const { code, message } = toErrorData(error);
    const waitMs = stillOpen.has(code) ? waitBeforeNextLook(attempts) : waitBeforeRetry(error, attempts);
    if (waitMs === undefined) log(`List ${id} halted (${code})`, error);
    await store.update(id, () =>
      waitMs === undefined
        ? { isHalted: true, message }
        : { message, attempts: attempts + 1, nextTryAtMs: now() + waitMs },
    );
  }

  async function announceEnd(bulk: Bulk): Promise<void> {
    if (bulk.isNotified) return;
    await deps.notify(bulk);
    await store.update(bulk.id, () => ({ isNotified: true, message: undefined }));
  }

  async function change(id: string, edit: (bulk: Bulk) => Partial<Bulk>): Promise<Bulk> {
    const bulk = await store.update(id, edit);
    if (bulk) return bulk;
    throw new HashmarkError('no-such-list', `There is no list ${id}: it may have been removed a while ago.`);
  }

  const again = { isHalted: false, attempts: 0, nextTryAtMs: 0, message: undefined, isNotified: false };

  return {
    async start(id) {
      await change(id, () => ({ ...again, isStopped: false }));
      void run(id);
    },

    async stop(id) {
      await change(id, ({ counts }) => (counts.queued > 0 ? { isStopped: true, message: undefined } : {}));
      // What is under way is awaited: its answers say what was sent.
      const current = running.get(id);
      current?.abort.abort(new DOMException('stopped', 'AbortError'));
      await current?.done;
      void run(id);
    },

    async retry(id) {
      await store.retryFailed(id);
      await change(id, () => ({ ...again, isStopped: false }));
      void run(id);
    },

    async remove(id) {
      await change(id, () => ({ removedAtMs: now() }));
      running.get(id)?.abort.abort(new DOMException('removed', 'AbortError'));
      await running.get(id)?.done;
      await changed();
    },

    async restore(id) {
      await change(id, () => ({ removedAtMs: undefined }));
      void run(id);
    },

    async resume() {
      for (const bulk of await store.list()) {
        if (bulk.removedAtMs !== undefined && bulk.removedAtMs < now() - removedForMs)
          await store.remove(bulk.id);
        else if (isOpen(bulk) || (phaseOf(bulk) === 'done' && !bulk.isNotified)) void run(bulk.id);
      }
      await changed();
    },

    async resumeNow() {
      const waiting = (await store.list()).filter(isOpen);
      await Promise.all(waiting.map(({ id }) => store.update(id, () => ({ nextTryAtMs: 0 }))));
      for (const { id } of waiting) void run(id);
    },

    async idle() {
      while (running.size > 0) await Promise.all([...running.values()].map(({ done }) => done));
    },

    end() {
      isEnded = true;
      for (const { abort } of running.values()) abort.abort(new DOMException('ended', 'AbortError'));
    },
  };
}
