import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { eventually } from '../../helpers/eventually.ts';
import { callOriginstamp, digestOf, type OriginstampCaller } from '../../helpers/originstamp-caller.ts';
import {
  type RunningService,
  type RunningServiceOptions,
  startService,
} from '../../helpers/running-service.ts';
import { receiveWebhooks, type WebhookReceiver } from '../../helpers/webhook-receiver.ts';

const ethereum = 1;

let running: RunningService;
let client: OriginstampCaller;
let receiver: WebhookReceiver;
let clockAheadMs = 0;
const settings: RunningServiceOptions['settings'] = { seedCloseSeconds: 1, webhookPrivateTargets: true };
const startOptions = { chain: true, settings, now: () => Date.now() + clockAheadMs };

beforeAll(async () => {
  running = await startService(startOptions);
  client = callOriginstamp(running);
  receiver = await receiveWebhooks();
});
afterAll(async () => {
  expect(running.errors).toEqual([]);
  await running.stop();
  await receiver.close();
});
beforeEach(() => {
  receiver.received.length = 0;
  receiver.answer((_request, response) => response.end());
  settings.webhookPrivateTargets = true;
});

const post = async (path: string, body: unknown) => (await client.call('POST', path, body)).body;
const register = (body: Record<string, unknown>) => post('/v3/webhook/register', body);
const information = (body: Record<string, unknown>) => post('/v3/webhook/information', body);
const ended = (body: Record<string, unknown>) =>
  eventually('the webhook has ended', async () => {
    const answer = await information(body);
    return answer.data?.executed && answer;
  });

describe('a notification of type 1', () => {
  it('is a bare TimestampResponse, sent when the hash is final', async () => {
    const hash = digestOf('notified');
    const target = `${receiver.url}/os?id=17&sign=%2B`;
    const created = await client.create({
      hash: hash.toUpperCase(),
      comment: 'invoice 17 – ü',
      notifications: [{ currency: '1', notification_type: 1, target }],
    });
    expect(created).toMatchObject({ error_code: 0, data: { created: true } });
    expect(await information({ hash, currency: ethereum, target })).toEqual({
      data: { hash, currency: ethereum, executed: false, success: false, tries: 0 },
      error_code: 0,
      error_message: null,
    });
    await eventually('the webhook', () => receiver.received.length === 1);
    const { method, url, headers, json } = receiver.received[0] ?? {};
    expect({ method, url }).toEqual({ method: 'POST', url: '/os?id=17&sign=%2B' });
    expect(headers?.['content-type']).toBe('application/json;charset=UTF-8');
    expect(headers).not.toHaveProperty('authorization');
    const status = (await client.status(hash)).data;
    expect(json?.()).toEqual(status);
    expect(Object.keys(json?.()).sort()).toEqual([
      'comment',
      'created',
      'date_created',
      'hash_string',
      'timestamps',
    ]);
    expect(json?.()).toMatchObject({
      created: false,
      comment: 'invoice 17 – ü',
      hash_string: hash,
      timestamps: [
        { currency_id: ethereum, submit_status: 3, transaction: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
      ],
    });
    expect((await ended({ hash, currency: ethereum, target })).data).toEqual({
      hash,
      currency: ethereum,
      executed: true,
      success: true,
      tries: 1,
    });
  });

  it('is ignored when the hash is known', async () => {
    const hash = digestOf('known');
    await client.create({ hash });
    const target = `${receiver.url}/ignored`;
    const again = await client.create({
      hash,
      notifications: [{ currency: ethereum, notification_type: 1, target }],
    });
    expect(again).toMatchObject({ error_code: 0, data: { created: false } });
    expect(await information({ hash, currency: ethereum, target })).toMatchObject({ error_code: 9005 });
  });

  it('comes for each of a bulk, and is refused item by item', async () => {
    const items = Array.from({ length: 100 }, (_, index) => ({
      hash: digestOf(`bulk ${index}`),
      notifications: [
        {
          currency: ethereum,
          notification_type: 1,
          target: index === 50 ? 'ftp://hooks.example/' : `${receiver.url}/${index}`,
        },
      ],
    }));
    const answers = await client.bulk(items);
    expect(answers[50]).toMatchObject({ data: null, error_code: 9003 });
    expect(answers.filter((each: { error_code: number }) => each.error_code === 0)).toHaveLength(99);
    // Nothing is stored of what is refused.
    expect(await client.status(items[50]?.hash ?? '')).toMatchObject({ error_code: 9005 });
    await eventually('99 webhooks', () => receiver.received.length === 99);
    expect(new Set(receiver.received.map(({ json }) => json().hash_string)).size).toBe(99);
  });

  it.each([
    ['a private address', 9003, { target: 'http://10.0.0.1/' }],
    ['a metadata address', 9003, { target: 'http://169.254.169.254/latest/' }],
    ['this computer', 9003, { target: 'http://localhost:4774/' }],
    ['an address in a number', 9003, { target: 'http://2130706433/' }],
    ['a login', 9003, { target: 'https://user:pass@hooks.example/' }],
    ['another scheme', 9003, { target: 'file:///etc/passwd' }],
    ['another type', 9003, { notification_type: 2 }],
    ['mail without a mail server', 9003, { notification_type: 0, target: 'a@mail.example' }],
    ['a currency that is not offered', 9008, { currency: 0 }],
  ])('is refused for %s', async (what, code, change) => {
    settings.webhookPrivateTargets = false;
    const hash = digestOf(what);
    const good = { currency: ethereum, notification_type: 1, target: 'https://hooks.example/' };
    const answer = await client.create({ hash, notifications: [{ ...good, ...change }] });
    expect(answer).toMatchObject({ data: null, error_code: code });
    expect(answer.error_message).not.toContain('pass@');
    if (what.startsWith('mail')) expect(answer.error_message).toContain('not configured');
    expect(await client.status(hash)).toMatchObject({ error_code: 9005 });
  });
});

describe('POST /v3/webhook/register', () => {
  it('adds one to a hash that waits', async () => {
    const hash = digestOf('waiting');
    await client.create({ hash });
    const body = { hash, currency: ethereum, target: `${receiver.url}/registered` };
    expect(await register(body)).toEqual({ data: null, error_code: 0, error_message: null });
    expect((await ended(body)).data).toMatchObject({ executed: true, success: true, tries: 1 });
    expect(receiver.received).toHaveLength(1);
  });

  it('fires at once for a hash that is final, and again when asked again', async () => {
    const hash = digestOf('final already');
    await client.stamp(hash);
    const body = { hash: hash.toUpperCase(), currency: '1', target: `${receiver.url}/final`, unknown: true };
    for (const count of [1, 2]) {
      expect(await register(body)).toMatchObject({ error_code: 0 });
      await eventually('the webhook', () => receiver.received.length === count);
      await ended(body);
    }
  });

  it.each([
    ['a hash that is none', 9001, { hash: 'not-a-hash' }],
    ['no hash', 9001, { hash: null }],
    ['a hash that nobody submitted', 9005, { hash: digestOf('never submitted') }],
    ['no target', 9003, { target: undefined }],
    ['a target that is none', 9003, { target: 'hooks.example' }],
    ['no currency', 9003, { currency: null }],
    ['a currency that is not offered', 9008, { currency: 0 }],
  ])('refuses %s', async (_what, code, change) => {
    const hash = digestOf('refusals');
    await client.create({ hash });
    const answer = await register({ hash, currency: ethereum, target: 'https://hooks.example/', ...change });
    expect(answer).toEqual({ data: null, error_code: code, error_message: expect.any(String) });
  });

  it('answers 3201 without a key', async () => {
    for (const path of ['register', 'information', 'start']) {
      const { body } = await client.call('POST', `/v3/webhook/${path}`, {}, { authorization: undefined });
      expect(body).toMatchObject({ data: null, error_code: 3201 });
    }
  });
});

describe('POST /v3/webhook/information', () => {
  it('answers 9005 when there is none', async () => {
    const hash = digestOf('nothing registered');
    await client.create({ hash });
    expect(await information({ hash, currency: ethereum, target: 'https://hooks.example/' })).toMatchObject({
      data: null,
      error_code: 9005,
    });
  });

  it('counts three tries, minutes apart, and then gives up', async () => {
    receiver.answer((_request, response) =>
      response.writeHead(302, { location: `${receiver.url}/other` }).end(),
    );
    const hash = digestOf('fails');
    await client.stamp(hash);
    const body = { hash, currency: ethereum, target: `${receiver.url}/fails` };
    await register(body);
    for (const [tries, executed] of [
      [1, false],
      [2, false],
      [3, true],
    ] as const) {
      await eventually(`try ${tries}`, async () => (await information(body)).data.tries === tries);
      expect((await information(body)).data).toEqual({
        hash,
        currency: ethereum,
        executed,
        success: false,
        tries,
      });
      clockAheadMs += 300_001;
    }
    expect(receiver.received.map(({ url }) => url)).toEqual(['/fails', '/fails', '/fails']);
  });

  it('goes on over a restart of the service', async () => {
    receiver.answer((_request, response) => response.writeHead(503).end());
    const hash = digestOf('restart');
    await client.stamp(hash);
    const body = { hash, currency: ethereum, target: `${receiver.url}/restart` };
    await register(body);
    await eventually('a try', async () => (await information(body)).data.tries === 1);
    await running.stop({ keepFolder: true });
    receiver.answer((_request, response) => response.end());
    clockAheadMs += 300_001;
    running = await startService({ ...startOptions, folder: running.folder });
    client = callOriginstamp(running);
    expect((await ended(body)).data).toMatchObject({ success: true, tries: 2 });
  });
});

describe('POST /v3/webhook/start', () => {
  it('sends one now', async () => {
    const hash = digestOf('start');
    const status = await client.stamp(hash);
    const answer = await post('/v3/webhook/start', { hash, webhook_url: `${receiver.url}/dev?x=1` });
    expect(answer).toEqual({ data: 'OK', error_code: 0, error_message: null });
    expect(receiver.received).toHaveLength(1);
    expect(receiver.received[0]?.url).toBe('/dev?x=1');
    expect(receiver.received[0]?.json()).toEqual(status.data);
  });

  it('is counted with the rest', async () => {
    const before = (await client.usage()).data.consumed_credits;
    const hash = digestOf('start and count');
    await client.stamp(hash);
    const stamped = (await client.usage()).data.consumed_credits;
    expect(stamped).toBeGreaterThan(before);
    await post('/v3/webhook/start', { hash, webhook_url: receiver.url });
    const sent = (await client.usage()).data.consumed_credits;
    expect(sent - stamped).toBeCloseTo(0.3);
    await register({ hash, currency: ethereum, target: receiver.url });
    expect((await client.usage()).data.consumed_credits - sent).toBeCloseTo(1.5);
    // It must not come into the next test.
    await eventually('the registered one was told', () => receiver.received.length === 2);
  });

  it('says when it was not delivered, when there is nothing to tell, and when it may not go there', async () => {
    const hash = digestOf('start and fail');
    await client.stamp(hash);
    receiver.answer((_request, response) => response.writeHead(500).end('secret'));
    const body = { hash, webhook_url: receiver.url };
    const failed = await post('/v3/webhook/start', body);
    expect(failed).toMatchObject({ data: null, error_code: 9003 });
    expect(failed.error_message).toContain('500');
    expect(failed.error_message).not.toContain('secret');

    settings.webhookPrivateTargets = false;
    expect(await post('/v3/webhook/start', body)).toMatchObject({ error_code: 9003 });
    expect(receiver.received).toHaveLength(1);

    const waiting = digestOf('start too early');
    settings.webhookPrivateTargets = true;
    settings.seedCloseSeconds = 3_600;
    await client.create({ hash: waiting });
    expect(await post('/v3/webhook/start', { ...body, hash: waiting })).toMatchObject({ error_code: 9006 });
    expect(await post('/v3/webhook/start', { ...body, hash: digestOf('never seen') })).toMatchObject({
      error_code: 9005,
    });
  });
});
