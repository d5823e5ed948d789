import { createHash } from 'node:crypto';

import { HashmarkError, toErrorData } from '../../../../shared/errors.ts';
import type { Log } from '../../../log.ts';
import type { Ledger } from '../../ledger/database.ts';
import {
  findNextLane,
  findNextTry,
  findSeedRange,
  holdBackNotifications,
  isSeedReleased,
  listDue,
  listMailedDigests,
  type Notification,
  type NotificationProgress,
  notificationTypes,
  recordMailTry,
  type SeedRange,
} from '../../ledger/notifications.ts';
import type { ChainFacts } from '../../public/chain-facts.ts';
import type { SeedState } from '../seeds/seeds.ts';
import type { MailServer } from './mail-server.ts';
import { writeSeedMail } from './mail-text.ts';
import { type Mailer, openMailer } from './mailer.ts';
import { record } from './record.ts';
import { createTicker } from './ticker.ts';

/** Sends the mails that are due, one after the other: one for each seed and address. */
export interface MailQueue {
  start(): void;
  /** Looks for due mails now. */
  wake(): void;
  /** Cuts off the mail that is under way: it is sent again by the next start. */
  stop(): Promise<void>;
}

export interface MailQueueDependencies {
  ledger: Ledger;
  /** The mail server as it is configured now, or what is missing, for people. */
  mailServer(): MailServer | string;
  /** The digest's seed for that currency, when its anchor is final. */
  findFinal(digestSeq: number, currencyId: number): SeedState | undefined;
  describeChain(chainId: number): ChainFacts;
  log: Log;
  now: () => number;
}

/** Digests that a mail lists: it stays below 100 kB. */
const maxListed = 300;
/** A mail that is not taken now is tried again for about two days: greylisting takes minutes, a full mailbox days. */
const maxTries = 20;
const firstPauseMs = 60_000;
const longestPauseMs = 4 * 3_600_000;
/** Without a usable server no mail is tried, and none is given up. */
const longestServerPauseMs = 15 * 60_000;
const lookAgainMs = 1_000;
const rowsPerWrite = 2_000;
const { mail } = notificationTypes;

/** A server that is down or not configured keeps mails waiting, however long that is. */
export function createMailQueue(deps: MailQueueDependencies): MailQueue {
  const { ledger, mailServer, findFinal, describeChain, log, now } = deps;
  let mailer: Mailer | undefined;
  const stopping = new AbortController();
  let serverFailures = 0;
  /** The server that failed, and until when it is left alone: a changed setting is tried at once. */
  let paused: { server: string; untilMs: number } | undefined;
  let saidMissing = '';

  const ticker = createTicker({ work: sendDue, log, label: 'Mails', now });

  /** @returns when to look again, Unix milliseconds. */
  async function sendDue(): Promise<number | undefined> {
    const next = findNextTry(ledger.db, mail);
    if (next === undefined || next > now()) return next;
    const server = mailServer();
    if (typeof server === 'string') {
      if (saidMissing !== server) log('warn', `Mails wait. ${server}`);
      saidMissing = server;
      return now() + firstPauseMs;
    }
    saidMissing = '';
    const sameServer = JSON.stringify(server);
    if (paused?.server === sameServer && paused.untilMs > now()) return paused.untilMs;
    mailer = openMailer(server);
    try {
      await sendAll(mailer, server);
      serverFailures = 0;
      paused = undefined;
    } catch (error) {
      if (stopping.signal.aborted) return undefined;
      if (!(error instanceof HashmarkError) || error.code !== 'mail-server') throw error;
      const pauseMs = pauseAfter(++serverFailures, longestServerPauseMs);
      paused = { server: sameServer, untilMs: now() + pauseMs };
      log('warn', `Mails wait. ${error.message}`, { triesAgainInMs: pauseMs });
      return paused.untilMs;
    } finally {
      mailer.close();
      mailer = undefined;
    }
    const after = findNextTry(ledger.db, mail);
    // What is due by now and was not sent waits for the rest of its seed, which is being released.
    return after === undefined ? undefined : Math.max(after, now() + lookAgainMs);
  }

  /** @throws HashmarkError `mail-server`: the server is the trouble, not a mail. */
  async function sendAll(open: Mailer, server: MailServer): Promise<void> {
    for (let lane = ''; !stopping.signal.aborted; ) {
      const found = findNextLane(ledger.db, mail, lane);
      if (!found) return;
      let except = new Set<number>();
      for (;;) {
        const [due] = listDue(ledger.db, { type: mail, lane: found.lane, limit: 1, except }, now());
        if (!due || stopping.signal.aborted) break;
        if (!(await sendOne(open, server, due))) except = new Set([...except, due.ref]);
      }
      lane = found.lane;
    }
  }

  /** @returns whether the mail is no longer due. */
  async function sendOne(open: Mailer, server: MailServer, due: Notification): Promise<boolean> {
    const { currencyId, digestSeq, target } = due;
    const range = findSeedRange(ledger.db, currencyId, digestSeq);
    if (!range || !isSeedReleased(ledger.db, range)) return false;
    const seed = findFinal(digestSeq, currencyId);
    if (!seed || seed.chainId === null) {
      // A reorganisation of the chain has taken it back.
      await record(deps, (db) => holdBackNotifications(db, range), stopping.signal);
      return true;
    }
    const about = listMailedDigests(ledger.db, target, range, maxListed);
    const id = createHash('sha256').update(`${seed.seedId} ${target}`).digest('hex').slice(0, 32);
    const text = writeSeedMail({ ...about, seed, chain: describeChain(seed.chainId) });
    const tries = due.tries + 1;
    let progress: NotificationProgress = { tries, nextTryAtMs: null, success: true, failure: null };
    try {
      await open.send({ ...text, to: target, messageId: `${id}@${server.from.split('@')[1]}` });
    } catch (error) {
      const { code, message } = toErrorData(error);
      if (stopping.signal.aborted || code === 'mail-server') throw error;
      const mayRetry = code !== 'mail-refused' && tries < maxTries;
      const nextTryAtMs = mayRetry ? now() + pauseAfter(tries, longestPauseMs) : null;
      progress = { tries, nextTryAtMs, success: false, failure: message };
      log(mayRetry ? 'info' : 'warn', `A mail was not delivered. ${message}`, { seed: seed.seedId, tries });
    }
    await recordAll(target, range, progress);
    return true;
  }

  async function recordAll(address: string, range: SeedRange, progress: NotificationProgress): Promise<void> {
    const of = { address, range, limit: rowsPerWrite };
    const atMs = now();
    for (let recorded: number | undefined = rowsPerWrite; recorded === rowsPerWrite; ) {
      recorded = await record(deps, (db) => recordMailTry(db, of, progress, atMs), stopping.signal);
    }
  }

  return {
    start: ticker.start,
    wake: ticker.wake,
    async stop() {
      stopping.abort();
      mailer?.close();
      await ticker.stop();
    },
  };
}

/** Doubles with each failure. */
function pauseAfter(failures: number, longestMs: number): number {
  return Math.min(firstPauseMs * 2 ** Math.min(failures - 1, 20), longestMs);
}
