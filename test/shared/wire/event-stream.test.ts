import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { type EventStreamItem, readEventStream } from '../../../shared/wire/event-stream.ts';

const event = (id: string, type = 'file.pinned') =>
  JSON.stringify({
    id,
    type,
    tenant_id: 'acme',
    data: { hash: 'Qm…' },
    timestamp: '2026-03-01T09:00:00.123Z',
  });

/** A body that delivers `bytes` cut at the given places. */
function bodyOf(text: string, cuts: number[] = []): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort(
    (a, b) => a - b,
  );
  return new ReadableStream({
    start(controller) {
      let from = 0;
      for (const end of ends) {
        if (end > from) controller.enqueue(bytes.slice(from, end));
        from = end;
      }
      controller.close();
    },
  });
}

async function readAll(body: ReadableStream<Uint8Array>): Promise<EventStreamItem[]> {
  const items: EventStreamItem[] = [];
  for await (const item of readEventStream(body)) items.push(item);
  return items;
}

describe('readEventStream', () => {
  const text = `data: ${event('hello', 'connection.established')}\n\n: heartbeat\n\nid: 2\ndata: ${event('2')}\n\nid: 3\ndata: ${event('3')}\n\n`;

  it('yields events with the id to come back with, and heartbeats', async () => {
    const items = await readAll(bodyOf(text));
    expect(items.map((item) => (item.kind === 'event' ? item.lastEventId : item.kind))).toEqual([
      undefined,
      'heartbeat',
      '2',
      '3',
    ]);
    expect(items[2]).toMatchObject({
      event: { id: '2', type: 'file.pinned', tenantId: 'acme', data: { hash: 'Qm…' } },
    });
  });

  it('yields the same however the bytes are cut', async () => {
    const whole = await readAll(bodyOf(text));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(1000), { maxLength: 40 }), async (cuts) => {
        expect(await readAll(bodyOf(text, cuts))).toEqual(whole);
      }),
    );
  });

  it.each(['not json', '[]', '"text"', 'null', '{"id":"1"}', '{"type":5}'])(
    'passes over %s',
    async (line) => {
      expect(await readAll(bodyOf(`data: ${line}\n\ndata: ${event('2')}\n\n`))).toHaveLength(1);
    },
  );

  it('reads the tenant under its other name, and an event without data', async () => {
    const items = await readAll(bodyOf('data: {"type":"webhook.enabled","tenant":"acme"}\n\n'));
    expect(items).toMatchObject([{ event: { tenantId: 'acme', data: {}, type: 'webhook.enabled' } }]);
  });

  it('stops at an event that never ends, after handing over what came before', async () => {
    const items: EventStreamItem[] = [];
    const reading = (async () => {
      for await (const item of readEventStream(
        bodyOf(`data: ${event('1')}\n\ndata: ${'x'.repeat(2_000_000)}`),
      )) {
        items.push(item);
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'stream-broken' });
    expect(items).toHaveLength(1);
  });

  it('reports a broken connection, and cancels the download when its reader stops', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new TypeError('terminated')),
    });
    await expect(readAll(broken)).rejects.toMatchObject({ code: 'stream-broken' });

    let isCancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(`data: ${event('1')}\n\n`)),
      cancel: () => {
        isCancelled = true;
      },
    });
    for await (const _item of readEventStream(endless)) break;
    expect(isCancelled).toBe(true);
  });
});
