import { browser } from 'wxt/browser';

import { createMutex } from '../shared/mutex.ts';

/** What the toolbar shows for the page in one tab. */
export interface VerdictBadge {
  /** At most 4 characters; empty for none. */
  text: string;
  /** CSS colour of the badge's ground. */
  colour: string;
  /** Tooltip of the toolbar button while this tab is shown. */
  title: string;
}

interface BadgeState {
  working: number;
  failed: number;
  verdicts: Record<string, VerdictBadge>;
}

// Session storage, because the worker is ended and started again at will while the badges stay.
const stateKey = 'toolbar-badge';
const workColour = '#1d4ed8';
const failureColour = '#b91c1c';
const defaultTitle = 'Hashmark';
const nothing: BadgeState = { working: 0, failed: 0, verdicts: {} };

/** One change after the other: each reads the state, changes it and writes it back. */
const oneAtATime = createMutex();

/**
 * Shows how many jobs are at work. While there are any, they stand on every tab: work is short and is what the user
 * just asked for; the verdicts return when it is done.
 *
 * @param working jobs that are neither ended nor failed
 * @param failed failed jobs that the user has not seen yet; shown as `!` where no verdict stands
 */
export function setWorkBadge(working: number, failed = 0): Promise<void> {
  return change(async (state) => {
    if (state.working === working && state.failed === failed) return;
    state.working = working;
    state.failed = failed;
    await renderWork(state);
    await Promise.all(Object.keys(state.verdicts).map((tabId) => renderTab(state, Number(tabId))));
  });
}

/** Shows a page's verdicts on its tab; `undefined` takes them away, as a navigation does by itself. */
export function setVerdictBadge(tabId: number, badge: VerdictBadge | undefined): Promise<void> {
  return change(async (state) => {
    if (badge) state.verdicts[tabId] = badge;
    else delete state.verdicts[tabId];
    await renderTab(state, tabId);
  });
}

function change(edit: (state: BadgeState) => Promise<void>): Promise<void> {
  return oneAtATime(async () => {
    const stored = (await browser.storage.session.get(stateKey))[stateKey] as BadgeState | undefined;
    const state = stored ?? structuredClone(nothing);
    await edit(state);
    await browser.storage.session.set({ [stateKey]: state });
  });
}

async function renderWork({ working, failed }: BadgeState): Promise<void> {
  const text = working > 0 ? String(working) : failed > 0 ? '!' : '';
  const title =
    working > 0
      ? `${defaultTitle}: ${working === 1 ? 'one stamp' : `${working} stamps`} in work`
      : failed > 0
        ? `${defaultTitle}: ${failed === 1 ? 'a stamp' : `${failed} stamps`} failed`
        : defaultTitle;
  await Promise.all([
    browser.action.setBadgeText({ text }),
    browser.action.setBadgeBackgroundColor({ color: working > 0 ? workColour : failureColour }),
    browser.action.setTitle({ title }),
    // Only Chromium 110 and later and Firefox have it; without it the browser picks a readable colour.
    browser.action.setBadgeTextColor?.({ color: '#ffffff' }),
  ]);
}

async function renderTab(state: BadgeState, tabId: number): Promise<void> {
  const badge = state.working > 0 ? undefined : state.verdicts[tabId];
  try {
    // null gives the tab back to the general badge.
    await browser.action.setBadgeText({ tabId, text: badge?.text ?? (null as unknown as string) });
    if (badge) await browser.action.setBadgeBackgroundColor({ tabId, color: badge.colour });
    await browser.action.setTitle({ tabId, title: badge?.title ?? (null as unknown as string) });
  } catch {
    delete state.verdicts[tabId]; // The tab is gone: that is the only way these calls fail.
  }
}
