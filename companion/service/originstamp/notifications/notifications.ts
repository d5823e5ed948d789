import type { DatabaseSync } from 'node:sqlite';

import { messageOf } from '../../../../shared/errors.ts';
import { finalStatus } from '../../../../shared/wire/originstamp.ts';
import type { Log } from '../../../log.ts';
import { mailAddressExpected, readMailAddress } from '../../../mail-address.ts';
import type { ServiceSettings } from '../../context.ts';
import type { Ledger } from '../../ledger/database.ts';
import {
  countOpenNotifications,
  countOpenOfTenant,
  findNewestWebhook,
  insertNotification,
  notificationTypes,
} from '../../ledger/notifications.ts';
import { describeChain, type KnownChain } from '../../public/chain-facts.ts';
import type { Seeds } from '../seeds/seeds.ts';
import { createMailQueue } from './mail-queue.ts';
import { findMailServer } from './mail-server.ts';
import { createWebhookPoster } from './post-webhook.ts';
import { createRelease } from './release.ts';
import { createWebhookQueue } from './webhook-queue.ts';
import { laneOf, refuseTarget } from './webhook-target.ts';

/** What a request asks to be told, as on the wire once numbers that came as text are numbers. */
export interface WantedNotification {
  /** Currency id. */
  currency: number;
  /** 0 mail, 1 webhook; anything else is refused. */
  notification_type: number;
  /** Mail address or URL. */
  target: string;
}

/** Why a request cannot be taken, in the words of the answer's envelope. */
export interface RefusedNotification {
  /** 9003 bad notification, 9006 not final yet, 9007 too many that wait, 9008 unsupported currency, 9009 too many at once. */
  code: 9003 | 9006 | 9007 | 9008 | 9009;
  /** For people; without an error id. */
  message: string;
}

/** Whom a notification is about, and who asked for it. */
export interface NotificationOwner {
  tenantId: string;
  /** Number of the digest, as the ledger counts them. */
  digestSeq: number;
}

/** How far the newest webhook of a digest, a currency and a target is. */
export interface WebhookState {
  /** Whether it has ended: delivered, or given up after the last try. */
  executed: boolean;
  success: boolean;
  tries: number;
}

/** Tells people and programs that a digest's anchor is final: durably, at least once, and again after a restart. */
export interface Notifications {
  /**
   * Whether these can be taken: known type, offered currency, a target that we may send to, mail only with a mail server.
   * Ask before anything is stored: nothing is accepted and then dropped. Undefined when all is well.
   */
  check(wanted: readonly WantedNotification[]): RefusedNotification | undefined;
  /**
   * Whether a tenant may have so many more that wait: asked in the transaction that adds them.
   * @param count with those of the same transaction that are not added yet
   */
  checkRoom(db: DatabaseSync, tenantId: string, count: number): RefusedNotification | undefined;
  /** Stores checked ones for a new digest, in the transaction that accepts it and puts it in its seeds. Duplicates count once. */
  add(db: DatabaseSync, owner: NotificationOwner, wanted: readonly WantedNotification[]): void;
  /**
   * Stores a webhook for a digest that is known already; one that is final is told at once: call {@link wake} after the commit.
   * @returns why not, or undefined.
   */
  register(
    db: DatabaseSync,
    owner: NotificationOwner,
    webhook: Pick<WantedNotification, 'currency' | 'target'>,
  ): RefusedNotification | undefined;
  /** Looks for what is due now. */
  wake(): void;
  /** The newest webhook of that tenant, digest, currency and target (letter by letter); undefined when there is none. */
  find(
    owner: NotificationOwner,
    webhook: Pick<WantedNotification, 'currency' | 'target'>,
  ): WebhookState | undefined;
  /**
   * Sends a digest's webhook now, once, and keeps no record of it.
   * @returns why it was not delivered, or undefined when the target answered 2xx.
   */
  sendNow(digestSeq: number, target: string): Promise<RefusedNotification | undefined>;
  /** Takes up what an earlier run left open. */
  start(): void;
  /** Cuts off what is under way; it is told again by the next start. */
  stop(): Promise<void>;
}

export interface NotificationsDependencies {
  ledger: Ledger;
  seeds: Pick<Seeds, 'currencies' | 'statesOf' | 'onFinal'>;
  /** The digest's bare TimestampResponse as a status call answers it now: `created` is false. Undefined: no such digest. */
  describe(digestSeq: number): object | undefined;
  settings: ServiceSettings;
  /** Password of the mail server's user; undefined when none is stored. Asked for every batch of mails. */
  mailPassword?: () => string | undefined;
  /** Names and explorers of chains, for the text of mails. */
  knownChain?: (chainId: number) => KnownChain | undefined;
  log: Log;
  /** Unix milliseconds. */
  now: () => number;
  /** What tests make smaller. */
  maxOpenPerTenant?: number;
  /** What tests make shorter. */
  timing?: Partial<NotificationTiming>;
}

/** How patiently webhooks are delivered. */
export interface NotificationTiming {
  /** Wait after each failed try but the last; one more try than entries. */
  webhookPausesMs: readonly number[];
  /** How long a target may take, name resolution included. */
  webhookTimeoutMs: number;
}

/** The published behaviour is three tries of 10 s; a receiver that restarts is back for the last. */
const usualTiming: NotificationTiming = { webhookPausesMs: [30_000, 300_000], webhookTimeoutMs: 10_000 };
const maxPerHost = 4;
/** Webhooks that are sent by hand at once. */
const maxSending = 8;
/** What one digest may hold of notifications that have not ended: nobody needs more, and each is a request to a stranger. */
const maxOpenPerDigest = 1_000;
/** What one tenant may hold of them, if not told otherwise: each stays on disk until it has ended. */
const defaultMaxOpenPerTenant = 100_000;
const { mail, webhook: webhookType } = notificationTypes;

/** Does nothing before it is started. */
export function createNotifications(deps: NotificationsDependencies): Notifications {
  const { ledger, seeds, describe, settings, knownChain, log, now } = deps;
  const { webhookPausesMs, webhookTimeoutMs } = { ...usualTiming, ...deps.timing };
  const maxOpenPerTenant = deps.maxOpenPerTenant ?? defaultMaxOpenPerTenant;
  const allowsPrivate = () => settings.webhookPrivateTargets;
  const mailServer = () => findMailServer(settings, deps.mailPassword ?? (() => undefined));
  const findFinal = (digestSeq: number, currencyId: number) =>
    seeds
      .statesOf(digestSeq)
      .find((state) => state.currencyId === currencyId && state.status === finalStatus);

  const poster = createWebhookPoster({ allowsPrivate, timeoutMs: webhookTimeoutMs, maxPerHost });
  const webhooks = createWebhookQueue({
    ledger,
    poster,
    describe,
    isFinal: (digestSeq, currencyId) => findFinal(digestSeq, currencyId) !== undefined,
    pausesMs: webhookPausesMs,
    maxPerHost,
    log,
    now,
  });
  const mails = createMailQueue({
    ledger,
    mailServer,
    findFinal,
    describeChain: (chainId) => describeChain(chainId, knownChain),
    log,
    now,
  });
  const wake = () => {
    webhooks.wake();
    mails.wake();
  };
  const release = createRelease({ ledger, settings, findFinal, onReleased: wake, log, now });
  const stopping = new AbortController();
  const sending = new Set<Promise<void>>();

  function checkOne({
    currency,
    notification_type,
    target,
  }: WantedNotification): RefusedNotification | undefined {
    if (notification_type !== mail && notification_type !== webhookType) {
      return bad(`There is no notification_type ${notification_type}; expected 0 (mail) or 1 (webhook).`);
    }
    const offered = seeds.currencies();
    if (!offered.some(({ id }) => id === currency)) {
      const names = offered.map(({ id, name }) => `${id} (${name})`).join(', ') || 'none';
      return { code: 9008, message: `Nothing is stamped on currency ${currency}. Offered: ${names}.` };
    }
    if (notification_type === mail) {
      const server = mailServer();
      if (typeof server === 'string') return bad(server);
      if (readMailAddress(target) === undefined) {
        return bad(`The target is no mail address. Expected ${mailAddressExpected}.`);
      }
      return undefined;
    }
    const refused = refuseTarget(target, allowsPrivate());
    return refused === undefined ? undefined : bad(refused);
  }

  function checkRoom(db: DatabaseSync, tenantId: string, count: number): RefusedNotification | undefined {
    if (count === 0 || countOpenOfTenant(db, tenantId) + count <= maxOpenPerTenant) return undefined;
    return {
      code: 9007,
      message: `This key may have at most ${maxOpenPerTenant} notifications that wait. Try again when some were told.`,
    };
  }

  async function send(digestSeq: number, target: string): Promise<RefusedNotification | undefined> {
    const body = describe(digestSeq);
    try {
      if (body) await poster.post(target, JSON.stringify(body), stopping.signal);
      return undefined;
    } catch (error) {
      return bad(`The webhook was not delivered. ${messageOf(error)}`);
    }
  }

  return {
    check(wanted) {
      for (const each of wanted) {
        const refused = checkOne(each);
        if (refused) return refused;
      }
      return wanted.length <= maxOpenPerDigest
        ? undefined
        : bad(
            `${wanted.length} notifications are too many for one hash; expected at most ${maxOpenPerDigest}.`,
          );
    },
    checkRoom,
    add(db, { tenantId, digestSeq }, wanted) {
      for (const { currency: currencyId, notification_type, target } of wanted) {
        const of = { tenantId, digestSeq, currencyId, nextTryAtMs: null };
        if (notification_type === mail) {
          const address = readMailAddress(target) ?? target;
          insertNotification(db, { ...of, type: mail, target: address, lane: address }, now());
        } else {
          insertNotification(db, { ...of, type: webhookType, target, lane: laneOf(target) }, now());
        }
      }
    },
    register(db, { tenantId, digestSeq }, { currency, target }) {
      const refused = checkOne({ currency, notification_type: webhookType, target });
      if (refused) return refused;
      const state = seeds.statesOf(digestSeq).find(({ currencyId }) => currencyId === currency);
      if (!state) return { code: 9008, message: `This hash is not stamped on currency ${currency}.` };
      if (countOpenNotifications(db, digestSeq) >= maxOpenPerDigest) {
        return bad(`This hash has ${maxOpenPerDigest} notifications that wait already; expected fewer.`);
      }
      const isFull = checkRoom(db, tenantId, 1);
      if (isFull) return isFull;
      const nextTryAtMs = state.status === finalStatus ? now() : null;
      const of = { tenantId, digestSeq, currencyId: currency, type: webhookType, target };
      insertNotification(db, { ...of, lane: laneOf(target), nextTryAtMs }, now());
      return undefined;
    },
    wake,
    find({ tenantId, digestSeq }, { currency: currencyId, target }) {
      const found = findNewestWebhook(ledger.db, { tenantId, digestSeq, currencyId, target });
      return found && { executed: found.hasEnded, success: found.success, tries: found.tries };
    },
    async sendNow(digestSeq, target) {
      const refused = refuseTarget(target, allowsPrivate());
      if (refused !== undefined) return bad(refused);
      if (!seeds.statesOf(digestSeq).some(({ status }) => status === finalStatus)) {
        return {
          code: 9006,
          message: 'This hash is not final on any currency yet: there is nothing to tell.',
        };
      }
      if (sending.size >= maxSending) {
        return {
          code: 9009,
          message: `${maxSending} webhooks are being sent by hand already. Try again soon.`,
        };
      }
      const result = send(digestSeq, target);
      const ended = result.then(() => void sending.delete(ended));
      sending.add(ended);
      return result;
    },
    start() {
      seeds.onFinal(() => release.wake());
      release.start();
      webhooks.start();
      mails.start();
    },
    async stop() {
      stopping.abort();
      await Promise.all([release.stop(), webhooks.stop(), mails.stop(), ...sending]);
      poster.close();
    },
  };
}

function bad(message: string): RefusedNotification {
  return { code: 9003, message };
}
