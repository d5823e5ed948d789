import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { type Ledger, openLedger } from '../../../../../companion/service/ledger/database.ts';
import { insertDigest } from '../../../../../companion/service/ledger/digests.ts';
import {
  insertNotification,
  releaseNotifications,
} from '../../../../../companion/service/ledger/notifications.ts';
import { putTenant } from '../../../../../companion/service/ledger/tenants.ts';
import {
  createMailQueue,
  type MailQueue,
} from '../../../../../companion/service/originstamp/notifications/mail-queue.ts';
import type { MailServer } from '../../../../../companion/service/originstamp/notifications/mail-server.ts';
import { describeChain } from '../../../../../companion/service/public/chain-facts.ts';
import { eventually } from '../../../../helpers/eventually.ts';
import { type MailHost, mailUser, startMailHost } from '../../../../helpers/mail-host.ts';

const ethereum = 1;
const trusted = getCACertificates('default');
/** Two seeds: digests 1 to 1000, and 1001 to 1010. */
const seeds = [
  { seedId: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10', currencyId: ethereum, firstSeq: 1, lastSeq: 1_000 },
  { seedId: 'b1c2d3e4-1111-4222-8333-944455566677', currencyId: ethereum, firstSeq: 1_001, lastSeq: 1_010 },
];

let ledger: Ledger;
let host: MailHost;
let server: MailServer | string;
let nowMs: number;
let logged: string[];
let queues: MailQueue[];
let isFinal: boolean;

beforeAll(async () => {
  host = await startMailHost();
  setDefaultCACertificates([...trusted, host.certificate]);
});
afterAll(async () => {
  setDefaultCACertificates(trusted);
  await host.close();
});
beforeEach(async () => {
  ledger = openLedger(':memory:');
  host.mails.length = 0;
  host.refuse(undefined);
  server = {
    host: 'localhost',
    port: host.port,
    tls: 'starttls',
    login: mailUser,
    from: 'stamps@mail.example',
  };
  nowMs = 1_000_000;
  logged = [];
  queues = [];
  isFinal = true;
  await ledger.write((db) => {
    putTenant(db, { id: 'acme', name: 'Acme', apiKey: 'a', secretKey: 's' }, 0);
    putTenant(db, { id: 'other', name: 'Other', apiKey: 'b', secretKey: 't' }, 0);
    for (let seq = 1; seq <= 1_010; seq++) {
      const digest = seq.toString(16).padStart(64, '0');
      insertDigest(db, { digest, comment: `no. ${seq}`, tenantId: 'acme', createdAtMs: 0 });
    }
    for (const { seedId, firstSeq, lastSeq } of seeds) {
      db.prepare(
        'INSERT INTO seeds (seed_id, currency_id, first_seq, last_seq, opened_at) VALUES (?, ?, ?, ?, 0)',
      ).run(seedId, ethereum, firstSeq, lastSeq);
    }
  });
});
afterEach(async () => {
  await Promise.all(queues.map((queue) => queue.stop()));
  await ledger.close();
});

function start(): MailQueue {
  const queue = createMailQueue({
    ledger,
    mailServer: () => server,
    findFinal(digestSeq) {
      const seed = seeds.find(({ firstSeq, lastSeq }) => digestSeq >= firstSeq && digestSeq <= lastSeq);
      return seed && isFinal
        ? {
            seedId: seed.seedId,
            currencyId: ethereum,
            status: 3,
            root: 'ab'.repeat(32),
            transaction: `0x${'cd'.repeat(32)}`,
            timestampMs: 1_767_225_600_000,
            chainId: 8453,
            blockNumber: 7,
            blockHash: `0x${'cd'.repeat(32)}`,
            wallet: `0x${'ef'.repeat(20)}`,
          }
        : undefined;
    },
    describeChain: (id) => describeChain(id),
    log: (level, message, data) => logged.push(`${level} ${message} ${JSON.stringify(data)}`),
    now: () => nowMs,
  });
  queues.push(queue);
  queue.start();
  return queue;
}

function ask(address: string, digestSeqs: number[], tenantId = 'acme'): Promise<void> {
  return ledger.write((db) => {
    for (const digestSeq of digestSeqs) {
      insertNotification(
        db,
        {
          tenantId,
          digestSeq,
          currencyId: ethereum,
          type: 0,
          target: address,
          lane: address,
          nextTryAtMs: null,
        },
        nowMs,
      );
    }
  });
}

function release(limit = 10_000): Promise<void> {
  return ledger.write((db) => {
    for (const seed of seeds) releaseNotifications(db, seed, limit, nowMs);
  });
}

const rows = () =>
  ledger.db
    .prepare('SELECT tries, next_try_at AS next, ended_at AS ended, success FROM notifications ORDER BY ref')
    .all() as { tries: number; next: number | null; ended: number | null; success: number }[];
const allEnded = () => eventually('all have ended', () => rows().every(({ ended }) => ended !== null));

describe('createMailQueue', () => {
  it('sends one mail for each seed and address', async () => {
    await ask('a@mail.example', [1, 2, 3, 1_001]);
    await ask('a@mail.example', [2, 4], 'other');
    await ask('b@mail.example', [1]);
    await release();
    start();
    await allEnded();
    const told = host.mails.map(({ to, headers }) => `${to} ${headers.subject}`).sort();
    expect(told).toEqual([
      'a@mail.example 4 stamps are final',
      'a@mail.example A stamp is final',
      'b@mail.example A stamp is final',
    ]);
    const large = host.mails.find(({ headers }) => headers.subject === '4 stamps are final');
    for (const seq of [1, 2, 3, 4]) {
      expect(large?.text.split(`${seq.toString(16).padStart(64, '0')}  “no. ${seq}”`)).toHaveLength(2);
    }
    expect(new Set(host.mails.map(({ headers }) => headers['message-id'])).size).toBe(3);
    expect(rows().every(({ success, tries }) => success === 1 && tries === 1)).toBe(true);
  });

  it('lists the first of many, and counts all', async () => {
    const all = Array.from({ length: 1_000 }, (_, index) => index + 1);
    await ask('a@mail.example', all);
    await release();
    start();
    await allEnded();
    expect(host.mails).toHaveLength(1);
    expect(host.mails[0]?.headers.subject).toBe('1000 stamps are final');
    expect(host.mails[0]?.text).toContain('and 700 more');
  });

  it('waits until all of a seed is released', async () => {
    await ask('a@mail.example', [1, 2, 3]);
    await release(2);
    const queue = start();
    await ask('b@mail.example', [1_001]);
    await ledger.write((db) => {
      const [, second] = seeds;
      if (second) releaseNotifications(db, second, 10, nowMs);
    });
    queue.wake();
    await eventually('the other seed is told', () => host.mails.length === 1);
    expect(host.mails[0]?.to).toEqual(['b@mail.example']);
    await release();
    queue.wake();
    await allEnded();
    expect(host.mails.map(({ headers }) => headers.subject)).toEqual([
      'A stamp is final',
      '3 stamps are final',
    ]);
  });

  it('gives up an address that is refused for good', async () => {
    await ask('gone@mail.example', [1]);
    await release();
    host.refuse('550 no such user');
    start();
    await allEnded();
    expect(rows()).toMatchObject([{ tries: 1, success: 0 }]);
    expect(logged.join()).toContain('no such user');
  });

  it('tries again later what is not taken now, and for two days', async () => {
    await ask('a@mail.example', [1]);
    await release();
    host.refuse('450 greylisted');
    const queue = start();
    for (let tries = 1; tries < 20; tries++) {
      const row = await eventually('a try', () => rows().find((each) => each.tries === tries && each.next));
      expect(row.ended).toBeNull();
      nowMs = row.next as number;
      queue.wake();
    }
    await allEnded();
    expect(rows()).toMatchObject([{ tries: 20, success: 0 }]);
    expect(nowMs - 1_000_000).toBeGreaterThan(36 * 3_600_000);
    expect(nowMs - 1_000_000).toBeLessThan(72 * 3_600_000);
  });

  it('arrives at the second try, with the same id', async () => {
    await ask('a@mail.example', [1]);
    await release();
    host.refuse('450 greylisted');
    const queue = start();
    const { next } = await eventually('a try', () => rows().find((each) => each.tries === 1 && each.next));
    host.refuse(undefined);
    nowMs = next as number;
    queue.wake();
    await allEnded();
    expect(rows()).toMatchObject([{ tries: 2, success: 1 }]);
  });

  it('keeps mails while the server cannot be used, without counting tries', async () => {
    await ask('a@mail.example', [1]);
    await release();
    const good = server as MailServer;
    server = { ...good, login: { user: 'stamps', password: 'wrong and secret' } };
    const queue = start();
    await eventually('said so', () => logged.some((line) => line.startsWith('warn Mails wait.')));
    expect(logged.join()).not.toContain('wrong and secret');
    expect(rows()).toMatchObject([{ tries: 0, ended: null }]);
    // A corrected setting is tried at once.
    server = good;
    queue.wake();
    await allEnded();
    expect(host.mails).toHaveLength(1);
  });

  it('keeps mails while no server is configured, and says so once', async () => {
    await ask('a@mail.example', [1]);
    await release();
    const good = server;
    server = 'Mail is not configured: smtpHost is not set.';
    const queue = start();
    await eventually('said so', () => logged.length > 0);
    queue.wake();
    server = good;
    queue.wake();
    await allEnded();
    expect(logged).toEqual([expect.stringContaining('smtpHost is not set')]);
    expect(rows()).toMatchObject([{ tries: 1, success: 1 }]);
  });

  it('sends nothing that the chain has taken back', async () => {
    await ask('a@mail.example', [1, 2]);
    await release();
    isFinal = false;
    const queue = start();
    await eventually('held back', () => rows().every(({ next }) => next === null));
    expect(host.mails).toEqual([]);
    isFinal = true;
    await release();
    queue.wake();
    await allEnded();
    expect(host.mails).toHaveLength(1);
  });
});
