import { beforeEach, describe, expect, it, vi } from 'vitest';
import { browser } from 'wxt/browser';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import { openSettingsAfterInstall } from '../../extension/first-run.ts';

const openOptionsPage = vi.fn(async () => undefined);

beforeEach(() => {
  fakeBrowser.reset();
  openOptionsPage.mockClear();
  Object.assign(browser.runtime, { openOptionsPage });
  openSettingsAfterInstall(() => undefined);
});

describe('openSettingsAfterInstall', () => {
  it('should open the settings once the extension is installed', async () => {
    await fakeBrowser.runtime.onInstalled.trigger({ reason: 'install', temporary: false });
    expect(openOptionsPage).toHaveBeenCalledTimes(1);
  });

  it.each(['update', 'browser_update'] as const)('should leave the user alone after %s', async (reason) => {
    await fakeBrowser.runtime.onInstalled.trigger({ reason, temporary: false });
    expect(openOptionsPage).not.toHaveBeenCalled();
  });
});
