import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createEventFollower, type EventFollower } from '../../../extension/stamping/events.ts';
import { HashmarkError } from '../../../shared/errors.ts';
import type { EventStreamItem } from '../../../shared/wire/event-stream.ts';
import { eventually } from '../../helpers/eventually.ts';

const event = (id: string): EventStreamItem => ({
  kind: 'event',
  lastEventId: id,
  event: { id, type: 'collection.stamped', tenantId: 't', data: {}, timestamp: '' },
});

let lastId: string | undefined;
let handled: string[];
let opened: (string | undefined)[];
let ticks: number;
/** What each opening of the stream yields; an error breaks it. */
let streams: (EventStreamItem | Error)[][];
let failOn: string | undefined;
let onHandle: (id: string) => void;
let follower: EventFollower;

beforeEach(() => {
  lastId = undefined;
  handled = [];
  opened = [];
  ticks = 0;
  failOn = undefined;
  onHandle = () => undefined;
  follower = createEventFollower({
    async *open({ lastEventId, signal }) {
      opened.push(lastEventId);
      for (const item of streams.shift() ?? []) {
        if (item instanceof Error) throw item;
        yield item;
      }
      if (streams.length === 0) await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
    readCursor: async () => ({
      ...(lastId ? { lastEventId: lastId } : {}),
      keep: async (id) => {
        lastId = id;
      },
    }),
    handle: async ({ id }) => {
      if (id === failOn) throw new Error('cannot');
      handled.push(id);
      onHandle(id);
    },
    onOpen: () => undefined,
    onTick: () => {
      ticks += 1;
    },
    wait: async () => undefined,
    log: () => undefined,
  });
});
afterEach(() => follower.stop());

describe('createEventFollower', () => {
  it('goes on after the last handled event when the stream breaks', async () => {
    streams = [
      [event('1'), event('2'), new Error('broken')],
      [{ kind: 'heartbeat' }, event('3')],
    ];
    follower.ensure();
    await eventually('all are handled', () => handled.length === 3);
    expect(handled).toEqual(['1', '2', '3']);
    expect(opened).toEqual([undefined, '2']);
    expect(ticks).toBe(4);
  });

  it('opens one stream however often it is asked', async () => {
    streams = [[event('1')]];
    follower.ensure();
    follower.ensure();
    await eventually('it is handled', () => handled.length === 1);
    follower.ensure();
    expect(opened).toHaveLength(1);
  });

  it('is not stopped by an event that cannot be handled', async () => {
    failOn = '1';
    streams = [[event('1'), event('2')]];
    follower.ensure();
    await eventually('the next one is handled', () => handled.includes('2'));
    expect(lastId).toBe('2');
  });

  it('keeps nothing of a stream that was ended while its event was handled', async () => {
    streams = [[event('9')], [event('1')]];
    onHandle = (id) => {
      if (id === '9') follower.restart();
    };
    follower.ensure();
    await eventually('both are handled', () => handled.length === 2);
    await eventually('the later one is kept', () => lastId !== undefined);
    expect([handled, lastId]).toEqual([['9', '1'], '1']);
  });

  it('waits for a pairing instead of trying on', async () => {
    streams = [[new HashmarkError('not-paired', 'no')], [event('1')]];
    follower.ensure();
    await eventually('it gave up', () => opened.length === 1);
    await Promise.resolve();
    expect(opened).toHaveLength(1);
    follower.restart();
    await eventually('it goes on', () => handled.length === 1);
  });

  it('gives up after some failures, so that the alarm takes over', async () => {
    streams = Array.from({ length: 20 }, () => [new HashmarkError('companion-unreachable', 'off')]);
    follower.ensure();
    await eventually('it gave up', () => opened.length >= 6);
    await new Promise((resolve) => setImmediate(resolve));
    expect(opened).toHaveLength(6);
  });
});
