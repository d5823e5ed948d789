import { beforeEach, describe, expect, it } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import { readMethod, writeMethod } from '../../../extension/stamping/method.ts';

beforeEach(() => fakeBrowser.reset());

describe('readMethod', () => {
  it('should be upload until the user chooses, and then what was chosen last', async () => {
    expect(await readMethod()).toBe('upload');
    await writeMethod('hash-only');
    expect(await readMethod()).toBe('hash-only');
    await writeMethod('upload');
    expect(await readMethod()).toBe('upload');
  });

  it.each([{ version: 2, method: 'hash-only' }, { version: 1, method: 'carrier pigeon' }, 'hash-only', null])(
    'should be upload when %j is stored',
    async (stored) => {
      await fakeBrowser.storage.local.set({ 'stamping-method': stored });
      expect(await readMethod()).toBe('upload');
    },
  );
});
