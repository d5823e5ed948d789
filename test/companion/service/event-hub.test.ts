import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import {
  createEventHub,
  type EventHub,
  type Hold,
  maxHoldMs,
} from '../../../companion/service/events/event-hub.ts';
import { createEventStreams } from '../../../companion/service/events/event-stream.ts';
import { type Ledger, openLedger } from '../../../companion/service/ledger/database.ts';
import { putTenant } from '../../../companion/service/ledger/tenants.ts';

let ledger: Ledger;
let hub: EventHub;
let heard: string[];

beforeEach(async () => {
  ledger = openLedger(':memory:');
  await ledger.write((db) => {
    for (const id of ['acme', 'other']) putTenant(db, { id, name: id, apiKey: id, secretKey: id }, 0);
  });
  hub = createEventHub({ ledger, now: () => 0 });
  heard = [];
  hub.subscribe('acme', (event) => heard.push(event.type));
});
afterEach(() => {
  vi.useRealTimers();
  return ledger.close();
});

const append = (type: string, hold?: Hold, tenantId = 'acme') =>
  ledger.write((db) => hub.append(db, { tenantId, type, data: {} }, hold)).then(() => hub.announce());

describe('EventHub', () => {
  it('tells a tenant its own events in the order of their commits', async () => {
    await Promise.all([append('a'), append('b'), append('x', undefined, 'other'), append('c')]);
    expect(heard).toEqual(['a', 'b', 'c']);
  });

  it('keeps later events behind a held one, and other tenants out of it', async () => {
    const others: string[] = [];
    hub.subscribe('other', (event) => others.push(event.type));
    const hold = hub.hold();
    await append('a');
    await append('held', hold);
    await append('held too', hold);
    await append('b');
    await append('x', undefined, 'other');
    expect(heard).toEqual(['a']);
    expect(others).toEqual(['x']);
    expect(hub.replay('acme', 0, 10).map((event) => event.type)).toEqual(['a']);
    hold.release();
    expect(heard).toEqual(['a', 'held', 'held too', 'b']);
  });

  it('does not hold for ever, nor after the release', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const hold = hub.hold();
    await append('held', hold);
    expect(heard).toEqual([]);
    vi.advanceTimersByTime(maxHoldMs);
    expect(heard).toEqual(['held']);
    await append('later', hold);
    expect(heard).toEqual(['held', 'later']);
  });

  it('tells nothing of a transaction that failed', async () => {
    const failing = ledger.write((db) => {
      hub.append(db, { tenantId: 'acme', type: 'never', data: {} });
      throw new Error('refused');
    });
    await expect(failing).rejects.toThrow('refused');
    await append('a');
    expect(heard).toEqual(['a']);
  });
});

describe('EventStreams', () => {
  it('drops a reader that does not read, and the one that does misses nothing', async () => {
    const streams = createEventStreams({ hub, now: () => 0 });
    const sleeper = streams.open('acme', undefined).getReader();
    await sleeper.read();
    const filler = 'x'.repeat(100_000);
    for (let index = 0; index < 12; index++) {
      await ledger.write((db) => hub.append(db, { tenantId: 'acme', type: 'big', data: { filler, index } }));
      hub.announce();
    }
    let chunks = 0;
    while (!(await sleeper.read()).done) chunks++;
    expect(chunks).toBeLessThan(12);

    const reader = streams.open('acme', 0).getReader();
    const decoder = new TextDecoder();
    const indexes: number[] = [];
    await reader.read();
    while (indexes.length < 12) {
      const { value } = await reader.read();
      indexes.push(JSON.parse(decoder.decode(value).split('data: ')[1] as string).data.index);
    }
    expect(indexes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    streams.closeAll();
    expect((await reader.read()).done).toBe(true);
  });
});
