import { beforeEach, describe, expect, it, vi } from 'vitest';
import { browser } from 'wxt/browser';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import { enableSite, enableWanted, readSite, wantSite } from '../../../extension/verifying/site-switch.ts';

let tabId: number;
let isPermitted: boolean;
const registered = new Map<string, { id: string; matches: string[] }>();

beforeEach(async () => {
  fakeBrowser.reset();
  registered.clear();
  isPermitted = false;
  tabId = (await browser.tabs.create({ url: 'https://example.org/page' })).id ?? 0;
  // What the fake browser lacks.
  vi.spyOn(browser.permissions, 'contains').mockImplementation(async () => isPermitted);
  Object.assign(browser.scripting, {
    getRegisteredContentScripts: async () => [...registered.values()],
    unregisterContentScripts: async ({ ids }: { ids: string[] }) => {
      for (const id of ids) registered.delete(id);
    },
    registerContentScripts: async (scripts: { id: string; matches: string[] }[]) => {
      for (const script of scripts) {
        if (registered.has(script.id)) throw new Error(`Duplicate script ID '${script.id}'`);
        registered.set(script.id, script);
      }
    },
    executeScript: async () => [],
  });
});

describe('enableWanted', () => {
  it('should switch on what was wanted, once it is permitted', async () => {
    await wantSite(tabId, 'site');
    isPermitted = true;
    await enableWanted();
    expect(await readSite(tabId)).toMatchObject({ isEnabledForSite: true, isPermitted: true });
  });

  it('should leave the switch off when something else was permitted', async () => {
    await wantSite(tabId, 'site');
    await enableWanted();
    expect(await readSite(tabId)).toMatchObject({ isEnabledForSite: false });
  });

  it('should not follow a wish that is old', async () => {
    const now = vi.spyOn(Date, 'now').mockReturnValue(0);
    await wantSite(tabId, 'all');
    now.mockReturnValue(61_000);
    isPermitted = true;
    await enableWanted();
    expect(await readSite(tabId)).toMatchObject({ isEnabledForAll: false });
  });

  it('should agree with a popup that stayed open and switches on as well', async () => {
    await wantSite(tabId, 'site');
    isPermitted = true;
    await Promise.all([enableWanted(), enableSite(tabId, 'site')]);
    expect([...registered.values()].map(({ matches }) => matches)).toEqual([['https://example.org/*']]);
  });
});
