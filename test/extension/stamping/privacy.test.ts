import { beforeEach, describe, expect, it } from 'vitest';
import { browser } from 'wxt/browser';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import { readPrivacy, writePrivacy } from '../../../extension/stamping/privacy.ts';

beforeEach(() => fakeBrowser.reset());

describe('the choice of privacy', () => {
  it('should be private until the user chooses', async () => {
    expect(await readPrivacy()).toBe('private');
  });

  it('should be kept', async () => {
    await writePrivacy('public');
    expect(await readPrivacy()).toBe('public');
    await writePrivacy('private');
    expect(await readPrivacy()).toBe('private');
  });

  it.each([{ version: 2, privacy: 'public' }, { version: 1, privacy: 'all' }, 'public', null])(
    'should be private when %j is stored, which nobody chose',
    async (stored) => {
      await browser.storage.local.set({ 'stamping-privacy': stored });
      expect(await readPrivacy()).toBe('private');
    },
  );
});
