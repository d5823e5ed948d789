import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liveSettings, type ServiceSettings } from '../../../../../companion/service/context.ts';
import { type Ledger, openLedger } from '../../../../../companion/service/ledger/database.ts';
import { findDigestBySeq, insertDigest } from '../../../../../companion/service/ledger/digests.ts';
import { putTenant } from '../../../../../companion/service/ledger/tenants.ts';
import {
  createNotifications,
  type Notifications,
  type NotificationsDependencies,
  type WantedNotification,
} from '../../../../../companion/service/originstamp/notifications/notifications.ts';
import type { SeedState } from '../../../../../companion/service/originstamp/seeds/seeds.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { receiveWebhooks, type WebhookReceiver } from '../../../../helpers/webhook-receiver.ts';

const ethereum = 1;
const tenantId = 'acme';
const digestCount = 3_000;

let ledger: Ledger;
let receiver: WebhookReceiver;
let settings: { -readonly [Name in keyof ServiceSettings]?: ServiceSettings[Name] };
let running: Notifications[];
let logged: string[];
/** What the seed of all digests has come to, as the seeds would say. */
let status: SeedState['status'];
let onFinal: (() => void)[];

beforeEach(async () => {
  ledger = openLedger(':memory:');
  receiver = await receiveWebhooks();
  settings = { webhookPrivateTargets: true };
  running = [];
  logged = [];
  onFinal = [];
  status = 0;
  await ledger.write((db) => {
    putTenant(db, { id: tenantId, name: 'Acme', apiKey: 'a', secretKey: 's' }, 0);
    putTenant(db, { id: 'other', name: 'Other', apiKey: 'b', secretKey: 't' }, 0);
    for (let seq = 1; seq <= digestCount; seq++) {
      const digest = seq.toString(16).padStart(64, '0');
      insertDigest(db, { digest, comment: `no. ${seq}`, tenantId, createdAtMs: 1_000 + seq });
    }
    db.prepare(
      'INSERT INTO seeds (seed_id, currency_id, first_seq, last_seq, opened_at) VALUES (?, ?, 1, ?, 0)',
    ).run('0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10', ethereum, digestCount);
  });
});
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop()));
  await receiver.close();
  await ledger.close();
});

function create(options: Partial<NotificationsDependencies> = {}): Notifications {
  const notifications = createNotifications({
    ledger,
    seeds: {
      currencies: () => [{ id: ethereum, name: 'ETHEREUM' }],
      statesOf: () => [
        {
          seedId: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10',
          currencyId: ethereum,
          status,
          root: 'ab'.repeat(32),
          transaction: `0x${'cd'.repeat(32)}`,
          timestampMs: 1_767_225_600_000,
          chainId: 4_774_123_456,
          blockNumber: 7,
          blockHash: `0x${'cd'.repeat(32)}`,
          wallet: `0x${'ef'.repeat(20)}`,
        },
      ],
      onFinal: (listener) => onFinal.push(() => listener({} as never)),
    },
    describe: (seq) => {
      const digest = findDigestBySeq(ledger.db, seq);
      return digest && { created: false, hash_string: digest.digest };
    },
    settings: liveSettings(() => settings),
    log: (level, message) => logged.push(`${level} ${message}`),
    now: Date.now,
    timing: { webhookPausesMs: [5, 5], webhookTimeoutMs: 2_000 },
    ...options,
  });
  running.push(notifications);
  return notifications;
}

function becomeFinal(): void {
  status = 3;
  for (const tell of onFinal) tell();
}

const webhook = (path: string, digestSeq = 1) => ({
  owner: { tenantId, digestSeq },
  wanted: [{ currency: ethereum, notification_type: 1, target: `${receiver.url}${path}` }],
});

function add(notifications: Notifications, ...all: ReturnType<typeof webhook>[]): Promise<void> {
  return ledger.write((db) => {
    for (const { owner, wanted } of all) notifications.add(db, owner, wanted);
  });
}

const stateOf = (notifications: Notifications, { owner, wanted }: ReturnType<typeof webhook>) =>
  notifications.find(owner, wanted[0] as WantedNotification);
const ended = (notifications: Notifications, of: ReturnType<typeof webhook>) =>
  eventually('the webhook has ended', () => {
    const state = stateOf(notifications, of);
    return state?.executed && state;
  });

describe('check', () => {
  const good = { currency: ethereum, notification_type: 1, target: 'https://hooks.example/' };

  it.each([
    ['a type that is none', { notification_type: 2 }, 9003, 'notification_type 2'],
    ['a currency that is not offered', { currency: 0 }, 9008, '1 (ETHEREUM)'],
    ['a target that is no URL', { target: 'hooks.example' }, 9003, 'http or https'],
    [
      'mail without a mail server',
      { notification_type: 0, target: 'a@mail.example' },
      9003,
      'Mail is not configured',
    ],
  ])('refuses %s', (_what, change, code, message) => {
    expect(create().check([good, { ...good, ...change }])).toEqual({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('refuses a private target when the settings do not allow it, and follows them', () => {
    const notifications = create();
    const local = { ...good, target: receiver.url };
    expect(notifications.check([local])).toBeUndefined();
    settings.webhookPrivateTargets = false;
    expect(notifications.check([local])).toMatchObject({ code: 9003 });
    expect(notifications.check([good])).toBeUndefined();
  });

  it('takes mail with a mail server, to one address', () => {
    Object.assign(settings, { smtpHost: 'smtp.mail.example', smtpFrom: 'stamps@mail.example' });
    const notifications = create();
    const mail = { ...good, notification_type: 0 };
    expect(notifications.check([{ ...mail, target: 'a@mail.example' }])).toBeUndefined();
    for (const target of [
      'a@mail.example, b@mail.example',
      'A <a@mail.example>',
      'a@mail.example\r\nBcc: b@mail.example',
    ])
      expect(notifications.check([{ ...mail, target }])).toMatchObject({ code: 9003 });
    settings.smtpUser = 'stamps';
    expect(notifications.check([{ ...mail, target: 'a@mail.example' }])).toEqual({
      code: 9003,
      message: expect.stringContaining('hashmark mail password'),
    });
  });

  it('refuses more than anybody needs', () => {
    expect(create().check(Array.from({ length: 1_001 }, () => good))).toMatchObject({ code: 9003 });
  });
});

describe('webhooks', () => {
  it('go out when the seed is final, once each, and not before', async () => {
    const notifications = create();
    notifications.start();
    await add(notifications, webhook('/a'), webhook('/a'), webhook('/b', 2));
    expect(stateOf(notifications, webhook('/a'))).toEqual({ executed: false, success: false, tries: 0 });
    notifications.wake();
    expect(receiver.received).toEqual([]);
    becomeFinal();
    for (const each of [webhook('/a'), webhook('/b', 2)])
      expect(await ended(notifications, each)).toEqual({ executed: true, success: true, tries: 1 });
    expect(receiver.received.map(({ url }) => url).sort()).toEqual(['/a', '/b']);
    expect(receiver.received.find(({ url }) => url === '/b')?.json()).toEqual({
      created: false,
      hash_string: '2'.padStart(64, '0'),
    });
  });

  it('are found by tenant, digest, currency and target', async () => {
    const notifications = create();
    await add(notifications, webhook('/a'));
    const { owner, wanted } = webhook('/a');
    const [one] = wanted as [WantedNotification];
    expect(notifications.find({ ...owner, tenantId: 'other' }, one)).toBeUndefined();
    expect(notifications.find({ ...owner, digestSeq: 2 }, one)).toBeUndefined();
    expect(notifications.find(owner, { ...one, currency: 0 })).toBeUndefined();
    expect(notifications.find(owner, { ...one, target: `${one.target}?` })).toBeUndefined();
  });

  it('are tried three times', async () => {
    receiver.answer((_request, response) => response.writeHead(500).end());
    const notifications = create();
    notifications.start();
    await add(notifications, webhook('/fails?token=secret'));
    becomeFinal();
    expect(await ended(notifications, webhook('/fails?token=secret'))).toEqual({
      executed: true,
      success: false,
      tries: 3,
    });
    expect(receiver.received).toHaveLength(3);
    expect(logged.join('\n')).not.toContain('secret');
    expect(logged.filter((line) => line.startsWith('warn'))).toHaveLength(1);
  });

  it('succeed at a later try', async () => {
    receiver.answer((_request, response) =>
      response.writeHead(receiver.received.length < 3 ? 503 : 204).end(),
    );
    const notifications = create();
    notifications.start();
    await add(notifications, webhook('/later'));
    becomeFinal();
    expect(await ended(notifications, webhook('/later'))).toEqual({
      executed: true,
      success: true,
      tries: 3,
    });
  });

  it('wait for their next try over a restart', async () => {
    receiver.answer((_request, response) => response.writeHead(500).end());
    const first = create({ timing: { webhookPausesMs: [3_600_000, 3_600_000] } });
    first.start();
    await add(first, webhook('/restart'));
    becomeFinal();
    await eventually('one try', () => stateOf(first, webhook('/restart'))?.tries === 1);
    await first.stop();
    receiver.answer((_request, response) => response.end());
    const second = create({ now: () => Date.now() + 3_600_001 });
    second.start();
    expect(await ended(second, webhook('/restart'))).toEqual({ executed: true, success: true, tries: 2 });
    expect(receiver.received).toHaveLength(2);
  });

  it('begin with the start, when the seed became final while nobody listened', async () => {
    const notifications = create();
    await add(notifications, webhook('/while-away'));
    status = 3;
    notifications.start();
    expect(await ended(notifications, webhook('/while-away'))).toMatchObject({ success: true });
  });

  it('that a stop cuts off are no try, and go out again', async () => {
    receiver.answer(() => undefined);
    const first = create();
    first.start();
    await add(first, webhook('/cut-off'));
    becomeFinal();
    await eventually('the first request', () => receiver.received.length === 1);
    await first.stop();
    expect(stateOf(first, webhook('/cut-off'))).toEqual({ executed: false, success: false, tries: 0 });
    receiver.answer((_request, response) => response.end());
    const second = create();
    second.start();
    expect(await ended(second, webhook('/cut-off'))).toEqual({ executed: true, success: true, tries: 1 });
  });

  it('are not sent again because the disk was full', async () => {
    let failures = 0;
    const full: Ledger = {
      ...ledger,
      db: ledger.db,
      write: (work) =>
        receiver.received.length > 0 && failures++ < 2
          ? Promise.reject(new Error('database or disk is full'))
          : ledger.write(work),
    };
    const notifications = create({ ledger: full });
    notifications.start();
    await add(notifications, webhook('/full'));
    becomeFinal();
    expect(await ended(notifications, webhook('/full'))).toMatchObject({ success: true, tries: 1 });
    expect(failures).toBeGreaterThan(2);
    expect(receiver.received).toHaveLength(1);
  });

  it('go back to waiting when the chain takes its word back', async () => {
    receiver.answer((_request, response) => {
      status = 1;
      response.writeHead(500).end();
    });
    const notifications = create();
    notifications.start();
    await add(notifications, webhook('/reorg'));
    becomeFinal();
    await eventually('held back', () => {
      const row = ledger.db.prepare('SELECT tries, next_try_at AS next FROM notifications').get();
      return row?.tries === 1 && row.next === null;
    });
    receiver.answer((_request, response) => response.end());
    becomeFinal();
    expect(await ended(notifications, webhook('/reorg'))).toEqual({
      executed: true,
      success: true,
      tries: 2,
    });
  });

  it('fail at a target that has become private since', async () => {
    const notifications = create();
    notifications.start();
    await add(notifications, webhook('/private'));
    settings.webhookPrivateTargets = false;
    becomeFinal();
    expect(await ended(notifications, webhook('/private'))).toEqual({
      executed: true,
      success: false,
      tries: 3,
    });
    expect(receiver.connections()).toBe(0);
  });

  it('of one host never wait for those of another, and come four at a time', async () => {
    const slow = await receiveWebhooks('127.0.0.2');
    const held: (() => void)[] = [];
    slow.answer((_request, response) => held.push(() => response.end()));
    try {
      const notifications = create();
      notifications.start();
      const many = Array.from({ length: 200 }, (_, index) => ({
        ...webhook('', index + 1),
        wanted: [{ currency: ethereum, notification_type: 1, target: `${slow.url}/${index}` }],
      }));
      await add(notifications, ...many, webhook('/quick'));
      becomeFinal();
      await eventually('the slow host is full', () => held.length === 4);
      expect(await ended(notifications, webhook('/quick'))).toMatchObject({ success: true });
      expect(slow.received).toHaveLength(4);
      slow.answer((_request, response) => response.end());
      for (const release of held) release();
      await eventually('all are told', () => slow.received.length === 200);
      expect(slow.mostAtOnce()).toBe(4);
    } finally {
      await slow.close();
    }
  });

  it(`of ${digestCount} digests of one seed all arrive, each once`, async () => {
    const notifications = create();
    notifications.start();
    const all = Array.from({ length: digestCount }, (_, index) => webhook(`/${index}`, index + 1));
    await add(notifications, ...all);
    becomeFinal();
    await eventually('all are told', () => receiver.received.length === digestCount, 30_000);
    expect(new Set(receiver.received.map(({ url }) => url)).size).toBe(digestCount);
    expect(receiver.mostAtOnce()).toBeLessThanOrEqual(4);
    await eventually(
      'all are recorded',
      () =>
        ledger.db.prepare('SELECT count(*) AS n FROM notifications WHERE success = 1').get()?.n ===
        digestCount,
    );
  });
});

const register = (notifications: Notifications, { owner, wanted }: ReturnType<typeof webhook>) =>
  ledger.write((db) => notifications.register(db, owner, wanted[0] as WantedNotification));

describe('register', () => {
  it('tells at once what is final, and again what was told', async () => {
    status = 3;
    const notifications = create();
    notifications.start();
    for (let times = 1; times <= 2; times++) {
      expect(await register(notifications, webhook('/known'))).toBeUndefined();
      notifications.wake();
      await eventually('told', () => receiver.received.length === times);
      await ended(notifications, webhook('/known'));
    }
  });

  it('keeps one of the same that wait', async () => {
    const notifications = create();
    for (let times = 0; times < 3; times++)
      expect(await register(notifications, webhook('/same'))).toBeUndefined();
    expect(ledger.db.prepare('SELECT count(*) AS n FROM notifications').get()).toEqual({ n: 1 });
  });

  it('refuses the one that is too many', async () => {
    const notifications = create();
    await add(notifications, ...Array.from({ length: 1_000 }, (_, index) => webhook(`/${index}`)));
    expect(await register(notifications, webhook('/more'))).toMatchObject({ code: 9003 });
  });
});

describe('checkRoom', () => {
  const room = (notifications: Notifications, count: number, of = tenantId) =>
    notifications.checkRoom(ledger.db, of, count);

  it('refuses what is too many for one tenant, and no other, until some have ended', async () => {
    const notifications = create({ maxOpenPerTenant: 3 });
    await add(notifications, webhook('/1'), webhook('/2'));
    expect(room(notifications, 1)).toBeUndefined();
    expect(room(notifications, 2)).toMatchObject({
      code: 9007,
      message: expect.stringContaining('at most 3'),
    });
    expect(await register(notifications, webhook('/3'))).toBeUndefined();
    expect(await register(notifications, webhook('/4'))).toMatchObject({ code: 9007 });
    expect(room(notifications, 3, 'other')).toBeUndefined();
    expect(room(notifications, 0)).toBeUndefined();
    await ledger.write((db) => db.exec('UPDATE notifications SET ended_at = 1'));
    expect(room(notifications, 3)).toBeUndefined();
  });
});

describe('sendNow', () => {
  it('sends once, without a record', async () => {
    status = 3;
    const notifications = create();
    expect(await notifications.sendNow(1, `${receiver.url}/dev`)).toBeUndefined();
    expect(receiver.received.map(({ url }) => url)).toEqual(['/dev']);
    expect(ledger.db.prepare('SELECT count(*) AS n FROM notifications').get()).toEqual({ n: 0 });
  });

  it('says why it was not delivered', async () => {
    status = 3;
    const notifications = create();
    receiver.answer((_request, response) => response.writeHead(404).end());
    expect(await notifications.sendNow(1, receiver.url)).toEqual({
      code: 9003,
      message: expect.stringContaining('answered 404'),
    });
    settings.webhookPrivateTargets = false;
    expect(await notifications.sendNow(1, receiver.url)).toMatchObject({ code: 9003 });
    expect(receiver.received).toHaveLength(1);
  });

  it('has nothing to tell of what is not final', async () => {
    expect(await create().sendNow(1, receiver.url)).toMatchObject({ code: 9006 });
    expect(receiver.received).toEqual([]);
  });

  it('takes eight at a time', async () => {
    status = 3;
    const notifications = create();
    const held: (() => void)[] = [];
    receiver.answer((_request, response) => held.push(() => response.end()));
    const sent = Array.from({ length: 8 }, () => notifications.sendNow(1, receiver.url));
    expect(await notifications.sendNow(1, receiver.url)).toMatchObject({ code: 9009 });
    await eventually('four are held', () => held.length === 4);
    receiver.answer((_request, response) => response.end());
    for (const release of held) release();
    expect(await Promise.all(sent)).toEqual(Array.from({ length: 8 }, () => undefined));
  });
});

describe('what has ended', () => {
  it('is forgotten with the events', async () => {
    const notifications = create();
    notifications.start();
    await add(notifications, webhook('/old'), webhook('/waits', digestCount));
    becomeFinal();
    await ended(notifications, webhook('/old'));
    await notifications.stop();
    settings.eventHistoryDays = 30;
    const later = create({ now: () => Date.now() + 31 * 86_400_000 });
    later.start();
    await eventually('forgotten', () => stateOf(later, webhook('/old')) === undefined);
  });
});
