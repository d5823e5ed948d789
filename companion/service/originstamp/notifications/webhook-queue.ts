import { HashmarkError, messageOf } from '../../../../shared/errors.ts';
import type { Log } from '../../../log.ts';
import type { Ledger } from '../../ledger/database.ts';
import {
  findNextLane,
  findNextTry,
  findSeedRange,
  holdBackNotifications,
  listDue,
  type Notification,
  notificationTypes,
  recordTry,
} from '../../ledger/notifications.ts';
import type { WebhookPoster } from './post-webhook.ts';
import { record } from './record.ts';
import { createTicker } from './ticker.ts';

/** Delivers the webhooks that are due, fairly: a host that is slow, or that many wait for, does not hold up the others. */
export interface WebhookQueue {
  start(): void;
  /** Looks for due webhooks now. */
  wake(): void;
  /** Cuts off what is under way: it is delivered again by the next start. */
  stop(): Promise<void>;
}

export interface WebhookQueueDependencies {
  ledger: Ledger;
  poster: Pick<WebhookPoster, 'post'>;
  /** The body for a digest; undefined when there is no such digest. */
  describe(digestSeq: number): object | undefined;
  /** Whether the digest's anchor for that currency is final; a reorganisation of the chain may have taken it back. */
  isFinal(digestSeq: number, currencyId: number): boolean;
  /** Wait after each failed try but the last. */
  pausesMs: readonly number[];
  /** At once, to one host. */
  maxPerHost: number;
  log: Log;
  now: () => number;
}

/** Deliveries at once, to all hosts. */
const maxAtOnce = 32;
/** How often what is due is looked for while deliveries are under way: each of them looks at its end, too. */
const lookAgainMs = 1_000;
/** Lanes that are looked at before others get their turn on the event loop, and how long that turn is. */
const lanesPerLook = 1_000;
const nextLanesMs = 50;
const { webhook } = notificationTypes;

/** Only as much of the queue as is being delivered is in memory. */
export function createWebhookQueue(deps: WebhookQueueDependencies): WebhookQueue {
  const { ledger, poster, describe, isFinal, pausesMs, maxPerHost, log, now } = deps;
  const stopping = new AbortController();
  const delivering = new Set<Promise<void>>();
  /** What is being delivered, by lane. */
  const busy = new Map<string, Set<number>>();
  /** The lane that was served last: the next round begins behind it. */
  let servedLast = '';

  const ticker = createTicker({ work: deliverDue, log, label: 'Webhooks', now });

  /** Fills the free places, one lane after the other. @returns when to look again, Unix milliseconds. */
  function deliverDue(): number | undefined {
    const next = findNextTry(ledger.db, webhook);
    if (next === undefined || next > now()) return next;
    const roundBegan = servedLast;
    let hasWrapped = false;
    for (let looks = 0; looks < lanesPerLook; looks++) {
      // Whatever is due and has no place is looked at when a delivery ends.
      if (delivering.size >= maxAtOnce) return now() + lookAgainMs;
      const found = findNextLane(ledger.db, webhook, servedLast);
      if (!found || (hasWrapped && found.lane > roundBegan)) {
        if (hasWrapped) return now() + lookAgainMs;
        hasWrapped = true;
        servedLast = '';
        continue;
      }
      servedLast = found.lane;
      if (found.nextTryAtMs > now()) continue;
      const except = busy.get(found.lane) ?? new Set<number>();
      const limit = Math.min(maxPerHost - except.size, maxAtOnce - delivering.size);
      if (limit <= 0) continue;
      for (const due of listDue(ledger.db, { type: webhook, lane: found.lane, limit, except }, now())) {
        begin(due, found.lane);
      }
    }
    return now() + nextLanesMs;
  }

  function begin(due: Notification, lane: string): void {
    const ofLane = busy.get(lane) ?? new Set();
    busy.set(lane, ofLane.add(due.ref));
    const delivery = deliver(due)
      .catch((error) => log('error', 'A webhook could not be looked after.', { error }))
      .finally(() => {
        delivering.delete(delivery);
        ofLane.delete(due.ref);
        if (ofLane.size === 0) busy.delete(lane);
        ticker.wake();
      });
    delivering.add(delivery);
  }

  async function deliver(due: Notification): Promise<void> {
    if (!isFinal(due.digestSeq, due.currencyId)) {
      const range = findSeedRange(ledger.db, due.currencyId, due.digestSeq);
      if (range) await record(deps, (db) => holdBackNotifications(db, range), stopping.signal);
      return;
    }
    const tries = due.tries + 1;
    const failure = await attempt(due);
    if (stopping.signal.aborted) return;
    const pauseMs = failure === null ? undefined : pausesMs[tries - 1];
    if (failure !== null) {
      log(pauseMs === undefined ? 'warn' : 'info', `A webhook was not delivered: ${failure}`, {
        host: new URL(due.target).host,
        tries,
        triesAgainInMs: pauseMs ?? null,
      });
    }
    const nextTryAtMs = pauseMs === undefined ? null : now() + pauseMs;
    const progress = { tries, nextTryAtMs, success: failure === null, failure };
    await record(deps, (db) => recordTry(db, due.ref, progress, now()), stopping.signal);
  }

  /** @returns why it failed, for people, or null. */
  async function attempt(due: Notification): Promise<string | null> {
    try {
      const body = describe(due.digestSeq);
      if (!body) return 'The digest is not in the ledger.';
      await poster.post(due.target, JSON.stringify(body), stopping.signal);
      return null;
    } catch (error) {
      if (!stopping.signal.aborted && !(error instanceof HashmarkError)) {
        log('error', 'A webhook failed in a way that nobody foresaw.', { error });
      }
      return messageOf(error).slice(0, 300);
    }
  }

  return {
    start: ticker.start,
    wake: ticker.wake,
    async stop() {
      stopping.abort();
      await ticker.stop();
      await Promise.all(delivering);
    },
  };
}
