import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type RunningService, readEvents, startService } from '../../helpers/running-service.ts';

let running: RunningService;
beforeAll(async () => {
  running = await startService({ chain: true });
});
afterAll(() => running.stop());

describe('the event stream', () => {
  it('has the framing that raw line readers rely on', async () => {
    const { promise, resolve, reject } = Promise.withResolvers<{
      headers: Record<string, unknown>;
      chunks: string[];
    }>();
    const chunks: string[] = [];
    const sent = request(`${running.webhook}/events/stream?secret-key=${running.secretKey}`, (answer) => {
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        chunks.push(chunk);
        if (chunks.join('').includes('file.uploaded')) {
          resolve({ headers: answer.headers, chunks });
          sent.destroy();
        } else if (chunks.length === 1) {
          void running.upload({ 'group-id': 'Framing', network: 'public' }, 'framing');
        }
      });
    });
    sent.on('error', reject).end();
    const { headers } = await promise;
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'access-control-allow-origin': '*',
    });
    expect(chunks[0]).toMatch(/^data: \{"id":"[^"]+","type":"connection\.established".*\}\n\n$/);
    for (const frame of chunks.join('').split('\n\n').slice(1, -1)) {
      expect(frame).toMatch(/^id: \d+\ndata: \{.*\}$/);
      expect(frame).not.toContain('event:');
    }
  });

  it('tells an upload in order and in full, with tenant under both names', async () => {
    const reader = await readEvents(running);
    const { body } = await running.upload({ 'group-id': 'Told', network: 'public' }, 'told');
    await expect.poll(() => reader.types()).toContain('file.pinned');
    await reader.stop();
    expect(reader.types()).toEqual([
      'connection.established',
      'group.created',
      'file.uploaded',
      'file.pinned',
    ]);
    const [, created, uploaded, pinned] = reader.events;
    expect(created?.data).toEqual({ group_id: 'Told', name: 'Told', network: 'public' });
    expect(uploaded?.data).toMatchObject({
      hash: body.hash,
      name: 'hello.txt',
      size: 4,
      group_id: 'Told',
      network: 'public',
      mimetype: 'text/plain',
    });
    expect(pinned?.data).toMatchObject({ hash: body.hash, name: 'hello.txt', gatewayurl: body.gatewayurl });
    expect(uploaded?.timestamp).toMatch(/\.\d{3}Z$/);
  });

  it('tells an upload only after its answer has arrived', async () => {
    const reader = await readEvents(running);
    for (let round = 0; round < 5; round++) {
      const { body } = await running.upload({ 'group-id': 'Answer first' }, `round ${round}`);
      const told = reader.events.some((event) => event.data.hash === body.hash);
      expect(told, 'the event came before the answer').toBe(false);
    }
    await expect.poll(() => reader.types().filter((type) => type === 'file.pinned')).toHaveLength(5);
    await reader.stop();
  });

  it('tells stamps and deletions', async () => {
    const reader = await readEvents(running);
    const { body: kept } = await running.upload({ 'group-id': 'Life', network: 'public' }, 'kept');
    const { body: dropped } = await running.upload({ 'group-id': 'Life', network: 'public' }, 'dropped');
    await running.json('DELETE', { 'group-id': 'Life' }, JSON.stringify({ file_hash: dropped.hash }));
    const { body: stamp } = await running.json('PATCH', { 'group-id': 'Life' });
    await expect.poll(() => reader.types()).toContain('collection.stamped');
    await reader.stop();
    const byType = (type: string) => reader.events.find((event) => event.type === type)?.data;
    expect(byType('file.deleted')).toMatchObject({ hash: dropped.hash, name: 'hello.txt', group_id: 'Life' });
    expect(byType('collection.stamped')).toMatchObject({
      group_id: 'Life',
      transaction_id: stamp.transaction_id,
      network: 'public',
      files_stamped: 1,
      postmark_hash: kept.hash,
      contract: running.chain?.contract,
    });
  });

  it('replays what came after Last-Event-ID, once and in order, and goes on live', async () => {
    const first = await readEvents(running);
    await running.upload({ 'group-id': 'Replay', network: 'public' }, 'seen');
    await expect.poll(() => first.types()).toContain('file.pinned');
    await first.stop();
    const lastSeen = first.events.at(-1)?.id as string;
    for (let index = 0; index < 130; index++) {
      await running.json('POST', { 'group-id': `Missed ${index}` }, '{}');
    }
    const second = await readEvents(running, { 'last-event-id': lastSeen });
    await expect.poll(() => second.events).toHaveLength(131);
    await running.json('POST', { 'group-id': 'Live again' }, '{}');
    await expect.poll(() => second.events).toHaveLength(132);
    await second.stop();
    const names = second.events.slice(1).map((event) => event.data.name);
    expect(names).toEqual([...Array.from({ length: 130 }, (_, index) => `Missed ${index}`), 'Live again']);
    const ids = second.events.slice(1).map((event) => Number(event.id));
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
  });

  it.each<Record<string, string>>([{}, { 'last-event-id': 'nonsense' }])(
    'without a usable id (%j) replays nothing',
    async (headers) => {
      const reader = await readEvents(running, headers);
      await running.json('POST', { 'group-id': `Only this ${JSON.stringify(headers)}` }, '{}');
      await expect.poll(() => reader.types()).toContain('group.created');
      await reader.stop();
      expect(reader.types()).toEqual(['connection.established', 'group.created']);
    },
  );

  it('serves many readers the same, and forgets those that leave', async () => {
    const readers = await Promise.all(Array.from({ length: 50 }, () => readEvents(running)));
    await Promise.all(readers.slice(0, 25).map((reader) => reader.stop()));
    await running.json('POST', { 'group-id': 'For many' }, '{}');
    for (const reader of readers.slice(25)) {
      await expect.poll(() => reader.types()).toEqual(['connection.established', 'group.created']);
      await reader.stop();
    }
  });

  it.each([
    ['no key', '', 401, 'Missing API key or secret key'],
    ['a wrong key', '?secret-key=wrong', 401, 'Invalid API key'],
  ])('answers %s with JSON', async (_what, query, status, message) => {
    const response = await fetch(`${running.webhook}/events/stream${query}`);
    expect(response.status).toBe(status);
    expect(await response.json()).toEqual({ success: false, message });
  });
});
