import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';

import { eventually } from '../../helpers/eventually.ts';
import {
  type RunningService,
  type RunningServiceOptions,
  readEvents,
  startService,
} from '../../helpers/running-service.ts';
import { sendHttp } from '../../helpers/send-http.ts';

let running: RunningService | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(options: RunningServiceOptions = {}): Promise<RunningService> {
  running = await startService(options);
  return running;
}

const dayMs = 24 * 60 * 60_000;

describe('file size', () => {
  it('answers 413 for more, on the webhook and on a link, and keeps nothing of it', async () => {
    const service = await start({ settings: { maxFileBytes: 1_000 } });
    const group = { 'group-id': 'Sizes', network: 'public' };
    expect((await service.upload(group, 'x'.repeat(1_000))).status).toBe(201);
    const refused = await service.upload(group, 'x'.repeat(1_001));
    expect(refused).toMatchObject({
      status: 413,
      body: { success: false, message: expect.stringContaining('1000 bytes') },
    });
    const { url } = (await service.json('GET', {}, undefined, '/upload-link?max_file_size=999999')).body;
    const form = new FormData();
    form.append('file', new Blob(['y'.repeat(1_001)]), 'y.txt');
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(413);
    expect((await service.json('GET', { 'group-id': 'Sizes' })).body.files).toHaveLength(1);
    expect(await service.incomingFiles()).toEqual([]);
  });

  it('follows the setting while the service runs', async () => {
    const settings: RunningServiceOptions['settings'] = { maxFileBytes: 10 };
    const service = await start({ settings });
    expect((await service.upload({ 'group-id': 'Grows' }, 'eleven bytes')).status).toBe(413);
    settings.maxFileBytes = 20;
    expect((await service.upload({ 'group-id': 'Grows' }, 'eleven bytes')).status).toBe(201);
  });
});

describe('total storage', () => {
  it('answers 507 when there is no room, keeps what there is, and goes on when there is room again', async () => {
    const settings: RunningServiceOptions['settings'] = { maxStorageBytes: 1_000 };
    const service = await start({ settings });
    const group = { 'group-id': 'Full', network: 'public' };
    const first = await service.upload(group, 'a'.repeat(600), 'a.txt');
    expect(first.status).toBe(201);
    const refused = await service.upload(group, 'b'.repeat(401), 'b.txt');
    expect(refused).toMatchObject({
      status: 507,
      body: { success: false, message: expect.stringMatching(/^Storage limit reached: .* 1000 bytes/) },
    });
    expect(await service.incomingFiles()).toEqual([]);
    expect((await service.json('GET', { 'group-id': 'Full' })).body.files).toHaveLength(1);
    expect((await fetch(first.body.gatewayurl)).status).toBe(200);
    expect((await service.upload(group, 'b'.repeat(400), 'b.txt')).status).toBe(201);
    settings.maxStorageBytes = null;
    expect((await service.upload(group, 'c'.repeat(401), 'c.txt')).status).toBe(201);
  });

  it('counts content once, however many groups hold it, and across restarts', async () => {
    const settings: RunningServiceOptions['settings'] = { maxStorageBytes: 1_000 };
    let service = await start({ settings });
    await service.upload({ 'group-id': 'One' }, 'a'.repeat(300));
    await service.upload({ 'group-id': 'Two' }, 'a'.repeat(300));
    expect((await service.upload({ 'group-id': 'Three' }, 'b'.repeat(600))).status).toBe(201);
    const { folder } = service;
    await service.stop({ keepFolder: true });
    service = await start({ settings, folder });
    expect((await service.upload({ 'group-id': 'Four' }, 'c'.repeat(101))).status).toBe(507);
    expect((await service.upload({ 'group-id': 'Four' }, 'c'.repeat(100))).status).toBe(201);
  });

  it('cannot be passed by uploads at once', async () => {
    const service = await start({ settings: { maxStorageBytes: 100_000 } });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, i) => service.upload({ 'group-id': 'Rush' }, String(i).repeat(30_000))),
    );
    const stored = answers.filter(({ status }) => status === 201);
    expect(answers.every(({ status }) => status === 201 || status === 507)).toBe(true);
    expect(stored.length).toBeLessThanOrEqual(3);
    const { body } = await service.json('GET', { 'group-id': 'Rush' }).catch(() => ({ body: { files: [] } }));
    expect(body.files ?? []).toHaveLength(stored.length);
    // Nothing stays reserved: there is room for whatever fits.
    const room = 100_000 - stored.length * 30_000;
    expect((await service.upload({ 'group-id': 'Rest' }, 'z'.repeat(room))).status).toBe(201);
  });

  it('says so before gigabytes are sent in vain', async () => {
    const service = await start({ settings: { maxStorageBytes: 1_000_000 } });
    const boundary = 'b';
    const status = await new Promise((resolve, reject) => {
      const sending = httpRequest(
        service.webhook,
        {
          method: 'POST',
          headers: {
            'secret-key': service.secretKey,
            'group-id': 'Vast',
            'content-type': `multipart/form-data; boundary=${boundary}`,
            'content-length': 5_000_000_000,
          },
        },
        (response) => {
          resolve(response.statusCode);
          sending.destroy();
        },
      );
      sending.on('error', reject);
      sending.write(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="v"\r\n\r\n`);
    });
    expect(status).toBe(507);
    expect(await service.incomingFiles()).toEqual([]);
  });

  it('lets a full service stamp what it holds', async () => {
    const service = await start({ chain: true, settings: { maxStorageBytes: 10 } });
    await service.upload({ 'group-id': 'Stampable' }, '12345', 'a.txt');
    await service.upload({ 'group-id': 'Stampable' }, '67890', 'b.txt');
    expect((await service.json('PATCH', { 'group-id': 'Stampable' }, '{}')).body).toMatchObject({
      files_stamped: 2,
      pending: false,
    });
  });
});

describe('requests per minute', () => {
  /** As a proxy on this computer passes a stranger's request on. */
  const stranger = (address: string) => ({ 'x-forwarded-for': `10.0.0.1, ${address}` });

  it('are not limited on this computer', async () => {
    const service = await start({ settings: { requestsPerMinute: 2 } });
    for (let i = 0; i < 10; i++) expect((await service.request('GET')).status).toBe(200);
    expect((await service.request('GET', { 'x-forwarded-for': '127.0.0.1' })).status).toBe(200);
    expect((await service.request('GET', { 'x-forwarded-for': '[::1]:80' })).status).toBe(200);
  });

  it('are limited per address, with 429 and Retry-After, until time has passed', async () => {
    let nowMs = Date.now();
    const service = await start({ settings: { requestsPerMinute: 3 }, now: () => nowMs });
    const call = (address: string) => service.request('GET', stranger(address));
    for (let i = 0; i < 3; i++) expect((await call('203.0.113.7')).status).toBe(200);
    const limited = await call('203.0.113.7');
    expect(limited.status).toBe(429);
    expect(limited.headers.get('retry-after')).toBe('20');
    expect(limited.headers.get('access-control-allow-origin')).toBe('*');
    expect(limited.headers.get('access-control-expose-headers')).toContain('Retry-After');
    expect(await limited.json()).toEqual({
      success: false,
      message: 'Too many requests: at most 3 a minute are allowed. Try again in 20 s.',
    });
    expect((await call('203.0.113.8')).status).toBe(200);
    nowMs += 19_000;
    expect((await call('203.0.113.7')).headers.get('retry-after')).toBe('1');
    nowMs += 1_000;
    expect((await call('203.0.113.7')).status).toBe(200);
    expect((await call('203.0.113.7')).status).toBe(429);
    // A clock that is set back locks nobody out for as long as it was wrong.
    nowMs -= 3_600_000;
    expect((await call('203.0.113.7')).status).toBe(200);
  });

  it('are limited for whoever has no readable address, too', async () => {
    const service = await start({ settings: { requestsPerMinute: 1 }, now: () => 0 });
    const status = async (address: string) => (await service.request('GET', stranger(address))).status;
    expect([await status('unknown'), await status('unknown')]).toEqual([200, 429]);
  });

  it('allow exactly so many at once, whatever the number', async () => {
    const service = await start({ settings: { requestsPerMinute: 7 } });
    const statuses: number[] = [];
    for (let i = 0; i < 9; i++)
      statuses.push((await service.request('GET', stranger('203.0.113.99'))).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 429, 429]);
  });

  it('count a whole IPv6 network, and IPv4 in either form, as one', async () => {
    const service = await start({ settings: { requestsPerMinute: 1 }, now: () => 0 });
    const status = async (address: string) => (await service.request('GET', stranger(address))).status;
    expect(await status('2001:db8:1:2::1')).toBe(200);
    expect(await status('2001:db8:1:2:ffff::9')).toBe(429);
    expect(await status('2001:0db8:0001:0002:0:0:0:5')).toBe(429);
    expect(await status('2001:db8:1:3::1')).toBe(200);
    expect(await status('[2001:db8:1:3::2]:443')).toBe(429);
    expect(await status('198.51.100.1')).toBe(200);
    expect(await status('198.51.100.1:9999')).toBe(429);
    expect(await status('::ffff:198.51.100.1')).toBe(429);
  });

  it('leave more room for public reads, and none for preflights and health checks to run into', async () => {
    const service = await start({ settings: { requestsPerMinute: 1 }, now: () => 0 });
    const { body } = await service.upload({ 'group-id': 'Read', network: 'public' }, 'read me');
    const headers = stranger('203.0.113.9');
    const statuses: number[] = [];
    for (let i = 0; i < 11; i++) statuses.push((await fetch(body.gatewayurl, { headers })).status);
    expect(statuses).toEqual([...Array<number>(10).fill(200), 429]);
    expect((await service.request('GET', headers)).status).toBe(200);
    for (let i = 0; i < 5; i++) {
      expect((await fetch(`${service.url}/healthcheck`, { headers })).status).toBe(200);
      expect((await service.request('OPTIONS', headers)).status).toBe(204);
    }
  });

  it('lose nothing: what is refused was not begun, and the same request passes later', async () => {
    let nowMs = Date.now();
    const service = await start({ settings: { requestsPerMinute: 1 }, now: () => nowMs });
    const headers = { ...stranger('203.0.113.10'), 'group-id': 'Limited', network: 'public' };
    expect((await service.upload(headers, 'one')).status).toBe(201);
    expect((await service.upload(headers, 'two')).status).toBe(429);
    expect((await service.json('GET', { 'group-id': 'Limited' })).body.files).toHaveLength(1);
    nowMs += 60_000;
    expect((await service.upload(headers, 'two')).status).toBe(201);
  });
});

describe('event history', () => {
  it('forgets what is older than allowed at the next start, and goes on counting', async () => {
    let nowMs = Date.now() - 40 * dayMs;
    let service = await start({ now: () => nowMs });
    for (const content of ['old one', 'old two']) await service.upload({ 'group-id': 'History' }, content);
    nowMs += 40 * dayMs;
    await service.upload({ 'group-id': 'History' }, 'new');
    const ids = () =>
      service.ledger.db
        .prepare('SELECT id FROM events ORDER BY id')
        .all()
        .map(({ id }) => Number(id));
    const before = ids();
    const { folder } = service;
    await service.stop({ keepFolder: true });

    service = await start({ folder, now: () => nowMs, settings: { eventHistoryDays: 30 } });
    await eventually('old events are forgotten', () => ids().length < before.length);
    const [firstKept] = ids();
    expect(before.slice(-ids().length)).toEqual(ids());
    const reader = await readEvents(service, { 'last-event-id': '0' });
    await eventually('the replay', () => reader.events.length > ids().length);
    expect(reader.events[1]?.id).toBe(String(firstKept));
    await service.upload({ 'group-id': 'History' }, 'newest');
    await eventually('the news', () => reader.events.some(({ id }) => Number(id) > Math.max(...before)));
    await reader.stop();
  });

  it('keeps the newest event whatever its age, so that numbers never start again', async () => {
    const old = await start({ now: () => Date.now() - 400 * dayMs });
    await old.upload({ 'group-id': 'Long ago' }, 'once');
    const newest = Number(old.ledger.db.prepare('SELECT max(id) AS id FROM events').get()?.id);
    const { folder } = old;
    await old.stop({ keepFolder: true });
    const service = await start({ folder });
    const left = () => service.ledger.db.prepare('SELECT id FROM events').all();
    await eventually('old events are forgotten', () => left().length === 1);
    expect(left()).toEqual([{ id: newest }]);
  });
});

it('counts requests by the address of the connection, not by what a stranger says of himself', async () => {
  // Loopback is all a test has: what it can show is that only the last address, the one a proxy saw, counts.
  const service = await start({ settings: { requestsPerMinute: 1 }, now: () => 0 });
  const status = async (forwarded: string) => {
    const headers = { 'secret-key': service.secretKey, 'X-FORWARDED-FOR': forwarded };
    return (await sendHttp(service.url, `/webhook/${service.apiKey}`, { headers })).status;
  };
  expect(await status('1.1.1.1, 203.0.113.11')).toBe(200);
  expect(await status('2.2.2.2, 203.0.113.11')).toBe(429);
});
