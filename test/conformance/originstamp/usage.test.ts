import { afterEach, describe, expect, it } from 'vitest';

import { callOriginstamp, digestOf } from '../../helpers/originstamp-caller.ts';
import {
  type RunningService,
  type RunningServiceOptions,
  startService,
} from '../../helpers/running-service.ts';

let running: RunningService | undefined;
afterEach(async () => {
  expect(running?.errors ?? []).toEqual([]);
  await running?.stop();
  running = undefined;
});

async function start(options: RunningServiceOptions = {}) {
  running = await startService({ chain: true, ...options });
  return { running, client: callOriginstamp(running) };
}

const webhook = { currency: 1, notification_type: 1, target: 'https://hooks.example/os?id=17' };

describe('GET /v3/api_key/usage', () => {
  it('begins with nothing used, large numbers, and the names that the wire has', async () => {
    const { client } = await start({ chain: false });
    expect(await client.usage()).toEqual({
      data: {
        credits_per_month: 1_000_000_000,
        remaining_credits: 1_000_000_000,
        consumed_credits: 0,
        timestamps_per_month: 1_000_000_000,
        consumed_timestamps: 0,
        certificate_per_month: 1_000_000_000,
        consumed_certificates: 0,
        limitation_type: 1,
      },
      error_code: 0,
      error_message: null,
    });
  });

  it('counts every call by the price list, and what failed not at all', async () => {
    const settings = { seedCloseDigests: 1, seedCloseSeconds: null as number | null };
    const { client } = await start({ settings });
    const used = async () => {
      const { data } = await client.usage();
      expect(data.remaining_credits).toBeCloseTo(1_000_000_000 - data.consumed_credits, 5);
      return [data.consumed_credits, data.consumed_timestamps, data.consumed_certificates];
    };
    const hash = digestOf('priced');
    await client.stamp(hash);
    // As many questions as it took to become final: they are counted, too.
    const [base = 0] = await used();
    const costs = async (work: () => Promise<unknown>) => {
      const [before = 0] = await used();
      await work();
      const [after = 0] = await used();
      return Math.round((after - before) * 10) / 10;
    };
    expect(base).toBeGreaterThan(1);
    settings.seedCloseDigests = 1_000;
    settings.seedCloseSeconds = 3_600;
    const pending = digestOf('priced and pending');
    expect(await costs(() => client.create({ hash: pending }))).toBe(1);
    expect(await costs(() => client.create({ hash: pending }))).toBe(0.3);
    expect(await costs(() => client.create({ hash: 'bad' }))).toBe(0);
    expect(await costs(() => client.create({ hash: digestOf('hook'), notifications: [webhook] }))).toBe(2.5);
    expect(
      await costs(() => client.create({ hash: digestOf('hooks'), notifications: [webhook, webhook] })),
    ).toBe(2.5);
    expect(await costs(() => client.create({ hash: pending, notifications: [webhook] }))).toBe(0.3);
    expect(
      await costs(() => client.bulk([{ hash: digestOf('b1') }, { hash: 'bad' }, { hash: pending }])),
    ).toBe(1.3);
    expect(await costs(() => client.bulk([]))).toBe(0);
    expect(await costs(() => client.status(hash))).toBe(0.3);
    expect(await costs(() => client.status(digestOf('never')))).toBe(0.1);
    expect(await costs(() => client.status('bad'))).toBe(0);
    expect(await costs(() => client.call('GET', '/v4/timestamp/status/seed/none'))).toBe(0);
    expect(await costs(() => client.call('GET', '/v3/currencies/get'))).toBe(0);
    expect(await costs(() => client.proofUrl(hash))).toBe(3);
    expect(await costs(() => client.proofUrl(hash, 1))).toBe(5);
    expect(await costs(() => client.proofUrl(pending))).toBe(0.1);
    expect((await used()).slice(1)).toEqual([5, 1]);
  });

  it('is the same after a restart, reads included', async () => {
    const { client, running: first } = await start({ chain: false });
    await client.status(digestOf('unknown'));
    await client.status(digestOf('unknown'));
    const before = await client.usage();
    expect(before.data.consumed_credits).toBe(0.2);
    await first.stop({ keepFolder: true });
    const { client: again } = await start({ chain: false, folder: first.folder });
    expect(await again.usage()).toEqual(before);
  });

  it('starts anew with the month, UTC', async () => {
    let now = Date.UTC(2026, 10, 30, 23, 59, 59, 999);
    const { client } = await start({ chain: false, now: () => now });
    await client.status(digestOf('unknown'));
    expect((await client.usage()).data.consumed_credits).toBe(0.1);
    now += 1;
    expect((await client.usage()).data.consumed_credits).toBe(0);
  });
});

describe('quotas', () => {
  it('of timestamps end between two items, and leave known hashes alone', async () => {
    const settings = { seedCloseSeconds: 3_600, originstampTimestampsPerMonth: 3 as number | null };
    const { client } = await start({ settings });
    const item = (name: string) => ({ hash: digestOf(name) });
    await client.create(item('1'));
    const answers = await client.bulk([item('2'), item('1'), item('3'), item('4'), item('2'), item('bad')]);
    expect(answers.map((each: { error_code: number }) => each.error_code)).toEqual([0, 0, 0, 9007, 0, 9007]);
    expect(answers[3]).toMatchObject({ data: null, error_message: expect.stringContaining('3 timestamps') });
    expect(await client.create(item('4'))).toMatchObject({ data: null, error_code: 9007 });
    expect(await client.status(digestOf('4'))).toMatchObject({ error_code: 9005 });
    expect((await client.usage()).data).toMatchObject({
      timestamps_per_month: 3,
      consumed_timestamps: 3,
      limitation_type: 1,
    });
    settings.originstampTimestampsPerMonth = 4;
    expect(await client.create(item('4'))).toMatchObject({ error_code: 0, data: { created: true } });
    settings.originstampTimestampsPerMonth = null;
    expect(await client.create(item('5'))).toMatchObject({ error_code: 0, data: { created: true } });
  });

  it('of timestamps cannot be passed by clients at once', async () => {
    const { client } = await start({
      settings: { seedCloseSeconds: 3_600, originstampTimestampsPerMonth: 50 },
    });
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, client_) =>
        client.bulk(Array.from({ length: 10 }, (_, index) => ({ hash: digestOf(`${client_} ${index}`) }))),
      ),
    );
    expect(answers.flat().filter(({ error_code }) => error_code === 0)).toHaveLength(50);
  });

  it('of credits count everything, and are what limits then', async () => {
    const { client } = await start({ settings: { seedCloseSeconds: 3_600, originstampCreditsPerMonth: 2 } });
    await client.create({ hash: digestOf('one') });
    // One credit is left: the digest would fit, its webhook does not.
    const hash = digestOf('with webhook');
    expect(await client.create({ hash, notifications: [webhook] })).toMatchObject({ error_code: 9007 });
    expect(await client.status(hash)).toMatchObject({ error_code: 9005 });
    expect(await client.create({ hash: digestOf('two') })).toMatchObject({ error_code: 9007 });
    for (const _ of [1, 2, 3]) expect(await client.status(digestOf('one'))).toMatchObject({ error_code: 0 });
    expect(await client.status(digestOf('one'))).toMatchObject({ data: null, error_code: 9007 });
    expect((await client.usage()).data).toEqual({
      credits_per_month: 2,
      remaining_credits: 0,
      consumed_credits: 2,
      timestamps_per_month: 1_000_000_000,
      consumed_timestamps: 1,
      certificate_per_month: 1_000_000_000,
      consumed_certificates: 0,
      limitation_type: 0,
    });
    // What is asked for without a price is still answered.
    expect((await client.call('GET', '/v3/currencies/get')).body).toMatchObject({ error_code: 0 });
  });

  it('of certificates count the PDFs and not the XML', async () => {
    const { client } = await start({ settings: { seedCloseDigests: 1, originstampCertificatesPerMonth: 1 } });
    const hash = digestOf('certified');
    await client.stamp(hash);
    expect(await client.proofUrl(hash, 1)).toMatchObject({ error_code: 0 });
    expect(await client.proofUrl(hash, 1)).toMatchObject({ data: null, error_code: 9007 });
    expect(await client.proofUrl(hash, 0)).toMatchObject({ error_code: 0 });
    expect((await client.usage()).data).toMatchObject({ certificate_per_month: 1, consumed_certificates: 1 });
  });
});

describe('GET /v3/currencies/get', () => {
  it('offers what has an anchor, and Bitcoin has none', async () => {
    const { client } = await start();
    expect((await client.call('GET', '/v3/currencies/get')).body).toEqual({
      data: [{ currency_id: 1, currency: 'ETHEREUM' }],
      error_code: 0,
      error_message: null,
    });
  });
});
