import { beforeEach, describe, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import { readEventCursor } from '../../../extension/stamping/event-cursor.ts';

beforeEach(() => fakeBrowser.reset());

describe('readEventCursor', () => {
  it('should go on where the companion of that pairing was left, in another worker too', async () => {
    const cursor = await readEventCursor('first');
    expect(cursor.lastEventId).toBeUndefined();
    await cursor.keep('7');
    expect((await readEventCursor('first')).lastEventId).toBe('7');
  });

  it('should begin anew with another companion, which numbers its events anew', async () => {
    await (await readEventCursor('first')).keep('7');
    const other = await readEventCursor('second');
    expect(other.lastEventId).toBeUndefined();
    await other.keep('1');
    expect((await readEventCursor('first')).lastEventId).toBeUndefined();
  });

  it('should not rely on what it cannot read', async () => {
    await fakeBrowser.storage.local.set({ 'last-event': '7' });
    expect((await readEventCursor('first')).lastEventId).toBeUndefined();
  });
});
