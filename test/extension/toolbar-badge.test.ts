import { beforeEach, describe, expect, it, vi } from 'vitest';
import { browser } from 'wxt/browser';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import { setVerdictBadge, setWorkBadge } from '../../extension/toolbar-badge.ts';

/** Text by tab; the general one under 0. */
let texts: Map<number, string | null>;
/** Title by tab; the general one under 0. */
let titles: Map<number, string>;
let goneTab: number | undefined;
/** What the script in a tab's top frame calls its page. */
let pages: Map<number, string>;

beforeEach(() => {
  fakeBrowser.reset();
  texts = new Map();
  titles = new Map();
  pages = new Map([1, 2, 7].map((tabId) => [tabId, `page ${tabId}`]));
  vi.spyOn(browser.tabs, 'sendMessage').mockImplementation(async (tabId: number) => pages.get(tabId));
  goneTab = undefined;
  // The fake has no action API; what Chromium does with it is covered by the browser tests.
  Object.assign(browser, {
    action: {
      setBadgeText: async ({ text, tabId }: { text: string | null; tabId?: number }) => {
        if (tabId !== undefined && tabId === goneTab) throw new Error('No tab with id');
        texts.set(tabId ?? 0, text);
      },
      setBadgeBackgroundColor: vi.fn(async () => undefined),
      setTitle: vi.fn(async ({ title, tabId }: { title: string; tabId?: number }) => {
        // As Chromium does.
        if (typeof title !== 'string') throw new TypeError("Missing required property 'title'.");
        titles.set(tabId ?? 0, title);
      }),
    },
  });
});

const verdict = { text: '3', colour: '#15803d', title: '3 confirmed' };

describe('toolbar badge', () => {
  it('shows work on every tab, and the verdicts again when it is done', async () => {
    await setVerdictBadge(7, verdict, 'page 7');
    expect(texts.get(7)).toBe('3');
    await setWorkBadge('jobs', 2);
    expect([texts.get(0), texts.get(7)]).toEqual(['2', null]);
    expect(titles.get(7)).toBe('Hashmark: 2 stamps in work');
    await setWorkBadge('jobs', 0);
    expect([texts.get(0), texts.get(7)]).toEqual(['', '3']);
    expect([titles.get(0), titles.get(7)]).toEqual(['Hashmark', '3 confirmed']);
  });

  it('does not show the verdicts of a former page when the work is done', async () => {
    await setVerdictBadge(7, verdict, 'page 7');
    await setWorkBadge('jobs', 1);
    pages.set(7, 'another page');
    await setWorkBadge('jobs', 0);
    expect([texts.get(7), titles.get(7)]).toEqual([null, 'Hashmark']);
  });

  it('takes the title away with the verdicts', async () => {
    await setVerdictBadge(7, verdict, 'page 7');
    await setVerdictBadge(7, undefined);
    expect([texts.get(7), titles.get(7)]).toEqual([null, 'Hashmark']);
  });

  it('marks failures that were not seen yet', async () => {
    await setWorkBadge('jobs', 0, 1);
    expect(texts.get(0)).toBe('!');
    await setWorkBadge('jobs', 1, 1);
    expect(texts.get(0)).toBe('1');
  });

  it('counts lists with the stamps, and names both', async () => {
    await setWorkBadge('jobs', 2);
    await setWorkBadge('lists', 1);
    expect(texts.get(0)).toBe('3');
    expect(browser.action.setTitle).toHaveBeenLastCalledWith({
      title: 'Hashmark: 2 stamps and one list in work',
    });
    await setWorkBadge('jobs', 0);
    expect(texts.get(0)).toBe('1');
    await setWorkBadge('lists', 0, 1);
    expect(texts.get(0)).toBe('!');
    expect(browser.action.setTitle).toHaveBeenLastCalledWith({ title: 'Hashmark: one list failed' });
  });

  it('forgets tabs that are gone', async () => {
    await setVerdictBadge(7, verdict, 'page 7');
    goneTab = 7;
    await setWorkBadge('jobs', 1);
    goneTab = undefined;
    texts.clear();
    await setWorkBadge('jobs', 0);
    expect(texts.has(7)).toBe(false);
  });

  it('loses nothing when changes come at once', async () => {
    await Promise.all([
      setVerdictBadge(1, verdict, 'page 1'),
      setVerdictBadge(2, verdict, 'page 2'),
      setWorkBadge('jobs', 1),
      setWorkBadge('jobs', 0),
    ]);
    expect([texts.get(1), texts.get(2), texts.get(0)]).toEqual(['3', '3', '']);
  });
});
