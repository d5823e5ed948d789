import { beforeEach, describe, expect, it, vi } from 'vitest';
import { browser } from 'wxt/browser';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import {
  disableSite,
  enableSite,
  enableWanted,
  readSite,
  wantSite,
} from '../../../extension/verifying/site-switch.ts';

let tabId: number;
let isPermitted: boolean;
/** What the browser allows, when it is more than one answer to everything. */
let permitted: string[] | undefined;
const registered = new Map<string, { id: string; matches: string[] }>();

beforeEach(async () => {
  fakeBrowser.reset();
  registered.clear();
  isPermitted = false;
  permitted = undefined;
  tabId = (await browser.tabs.create({ url: 'https://example.org/page' })).id ?? 0;
  // What the fake browser lacks.
  vi.spyOn(browser.permissions, 'contains').mockImplementation(async ({ origins = [] }) =>
    permitted ? origins.every((origin) => permitted?.includes(origin)) : isPermitted,
  );
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

describe('enableSite', () => {
  it('should stand for the next visit where this one takes no script', async () => {
    isPermitted = true;
    Object.assign(browser.scripting, {
      executeScript: async () => Promise.reject(new Error('Frame with ID 0 is showing error page')),
    });
    expect(await enableSite(tabId, 'site')).toMatchObject({ isEnabledForSite: true, isPermitted: true });
  });
});

describe('a permission for all sites that was taken back', () => {
  const own = 'https://example.org/*';
  const all = ['http://*/*', 'https://*/*'];

  beforeEach(async () => {
    permitted = [own, ...all];
    await enableSite(tabId, 'all');
  });

  it('should leave a site readable that has one of its own', async () => {
    permitted = [own];
    expect(await readSite(tabId)).toMatchObject({
      isEnabledForAll: true,
      isPermitted: true,
      isPermittedForAll: false,
    });
    permitted = [];
    expect(await readSite(tabId)).toMatchObject({ isPermitted: false, isPermittedForAll: false });
  });

  it('should let the user switch such a site off', async () => {
    permitted = [own];
    expect(await disableSite(tabId, 'site')).toMatchObject({
      isEnabledForAll: false,
      isEnabledForSite: false,
    });
    expect([...registered.values()]).toEqual([]);
  });

  it('should leave the other sites on when one is switched off while all are allowed', async () => {
    expect(await disableSite(tabId, 'site')).toMatchObject({ isEnabledForAll: true });
  });
});
