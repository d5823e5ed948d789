import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openRawReader, type RawEventReader } from '../../helpers/raw-event-readers.ts';
import { readCredentials, startCompanion } from '../../helpers/running-companion.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

const readerCount = 1_000;

let running: RunningService;
beforeAll(async () => {
  running = await startService();
});
afterAll(() => running.stop());

const streamUrl = () => `${running.webhook}/events/stream?secret-key=${running.secretKey}`;

/** Appends events the way a request does: committed first, announced after. */
async function appendEvents(count: number, data: Record<string, unknown> = {}): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      running.ledger.write((db) =>
        running.service.events.append(db, {
          tenantId: 'acme',
          type: 'group.created',
          data: { ...data, index },
        }),
      ),
    ),
  );
  running.service.events.announce();
}

describe('the event stream to many readers', () => {
  it(`gives ${readerCount} readers the same events in the same order, and requests go on meanwhile`, async () => {
    const readers: RawEventReader[] = [];
    for (let from = 0; from < readerCount; from += 100) {
      readers.push(...(await Promise.all(Array.from({ length: 100 }, () => openRawReader(streamUrl())))));
    }
    try {
      const rounds = 20;
      for (let round = 0; round < rounds; round++) {
        const { status } = await running.json('POST', { 'group-id': `Fan ${round}` }, '{}');
        expect(status).toBe(201);
      }
      await expect
        .poll(() => readers.every(({ ids }) => ids.length === rounds), { timeout: 20_000 })
        .toBe(true);
      const [first] = readers;
      const expected = first?.ids.toSorted((a, b) => a - b);
      expect(new Set(expected).size).toBe(rounds);
      for (const { ids } of readers) expect(ids).toEqual(expected);
    } finally {
      for (const reader of readers) reader.close();
    }
  });

  it('cuts off a reader that does not read, holds up nobody, and lets it resume without a gap', async () => {
    const sleeper = await openRawReader(streamUrl(), { isPaused: true });
    const awake = await openRawReader(streamUrl());
    // More than the service and both ends of the socket hold for a reader.
    const frames = 400;
    const filler = 'x'.repeat(50_000);
    for (let batch = 0; batch < frames / 10; batch++) await appendEvents(10, { filler });
    await expect.poll(() => awake.ids.length, { timeout: 20_000 }).toBe(frames);

    sleeper.response.resume();
    await sleeper.ended;
    expect(sleeper.ids.length).toBeGreaterThan(0);
    expect(sleeper.ids.length).toBeLessThan(frames);
    expect(sleeper.ids).toEqual(awake.ids.slice(0, sleeper.ids.length));

    const back = await openRawReader(streamUrl(), {
      headers: { 'last-event-id': String(sleeper.ids.at(-1)) },
    });
    await expect.poll(() => sleeper.ids.length + back.ids.length, { timeout: 20_000 }).toBe(frames);
    expect([...sleeper.ids, ...back.ids]).toEqual(awake.ids);
    await appendEvents(1);
    await expect.poll(() => back.ids.length + sleeper.ids.length).toBe(frames + 1);
    awake.close();
    back.close();
  });

  it('replays at the pace of the reader', async () => {
    const all = await openRawReader(streamUrl(), { headers: { 'last-event-id': '0' } });
    const total = running.ledger.db.prepare('SELECT count(*) AS total FROM events').get()?.total as number;
    await expect.poll(() => all.ids.length, { timeout: 20_000 }).toBe(total);
    expect(all.ids).toEqual(all.ids.toSorted((a, b) => a - b));
    all.close();
  });
});

describe('the event stream of a whole companion', () => {
  it('comes as one framed answer, also to pages, and ends when the companion does', async () => {
    const companion = await startCompanion();
    try {
      const { webhookUrl, secretKey } = await readCredentials(companion.home);
      const reader = await openRawReader(`${webhookUrl}/events/stream`, {
        headers: { 'secret-key': secretKey, origin: 'https://example.org' },
      });
      expect(reader.response.headers).toMatchObject({
        'content-type': 'text/event-stream',
        'access-control-allow-origin': '*',
        'transfer-encoding': 'chunked',
      });
      const created = await fetch(webhookUrl, {
        method: 'POST',
        headers: { 'secret-key': secretKey, 'group-id': 'Whole', 'content-type': 'application/json' },
        body: '{}',
      });
      expect(created.status).toBe(201);
      await expect.poll(() => reader.ids.length).toBe(1);
      await companion.end('SIGTERM');
      await reader.ended;
      expect(companion.output().stderr).not.toContain('error');
    } finally {
      await companion.stop();
    }
  });
});
