import { browser } from 'wxt/browser';

import { createMutex } from '../shared/mutex.ts';
import { orderPage } from './verifying/page-orders.ts';

/** What the toolbar shows for the page in one tab. */
export interface VerdictBadge {
  /** At most 4 characters; empty for none. */
  text: string;
  /** CSS colour of the badge's ground. */
  colour: string;
  /** Tooltip of the toolbar button while this tab is shown. */
  title: string;
}

/** What work is told of: single stamps, and lists of the workbench. */
type WorkKind = 'jobs' | 'lists';

interface Work {
  working: number;
  failed: number;
}

interface BadgeState {
  jobs: Work;
  lists: Work;
  /** By tab, with the page that they are about. */
  verdicts: Record<string, VerdictBadge & { pageId: string | undefined }>;
}

// Session storage, because the worker is ended and started again at will while the badges stay.
const stateKey = 'toolbar-badge';
const workColour = '#1d4ed8';
const failureColour = '#b91c1c';
const defaultTitle = 'Hashmark';
const noWork: Work = { working: 0, failed: 0 };
const nothing: BadgeState = { jobs: noWork, lists: noWork, verdicts: {} };

/** One change after the other: each reads the state, changes it and writes it back. */
const oneAtATime = createMutex();

/**
 * Shows how much is at work. While anything is, it stands on every tab: work is short and is what the user just asked for;
 * the verdicts return when it is done.
 *
 * @param kind jobs and lists are counted apart and shown as one number
 * @param working those that are neither ended nor failed
 * @param failed failed ones that the user has not seen yet; shown as `!` where no verdict stands
 */
export function setWorkBadge(kind: WorkKind, working: number, failed = 0): Promise<void> {
  return change(async (state) => {
    if (state[kind].working === working && state[kind].failed === failed) return;
    state[kind] = { working, failed };
    await renderWork(state);
    const tabIds = Object.keys(state.verdicts);
    if (workingIn(state) === 0) await forgetFormerPages(state);
    await Promise.all(tabIds.map((tabId) => renderTab(state, Number(tabId))));
  });
}

/**
 * Shows a page's verdicts on its tab; `undefined` takes them away, as a navigation does by itself.
 *
 * @param pageId of the script in the tab's top frame: after work, verdicts return only to the page that they are about
 */
export function setVerdictBadge(
  tabId: number,
  badge: VerdictBadge | undefined,
  pageId?: string,
): Promise<void> {
  return change(async (state) => {
    if (!badge && !state.verdicts[tabId]) return;
    if (badge) state.verdicts[tabId] = { ...badge, pageId };
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

/** A navigation tells us nothing, and the page that is there now may have no hash to tell of. */
async function forgetFormerPages(state: BadgeState): Promise<void> {
  await Promise.all(
    Object.entries(state.verdicts).map(async ([tabId, { pageId }]) => {
      const isThere = pageId !== undefined && (await orderPage(Number(tabId), 'which', 0)) === pageId;
      if (!isThere) delete state.verdicts[tabId];
    }),
  );
}

async function renderWork(state: BadgeState): Promise<void> {
  const working = workingIn(state);
  const text = working > 0 ? String(working) : failedIn(state) > 0 ? '!' : '';
  await Promise.all([
    browser.action.setBadgeText({ text }),
    browser.action.setBadgeBackgroundColor({ color: working > 0 ? workColour : failureColour }),
    browser.action.setTitle({ title: titleOf(state) }),
    // Only Chromium 110 and later and Firefox have it; without it the browser picks a readable colour.
    browser.action.setBadgeTextColor?.({ color: '#ffffff' }),
  ]);
}

/** Tooltip of tabs without verdicts. */
function titleOf(state: BadgeState): string {
  if (workingIn(state) > 0) return `${defaultTitle}: ${countWork(state, 'working')} in work`;
  return failedIn(state) > 0 ? `${defaultTitle}: ${countWork(state, 'failed')} failed` : defaultTitle;
}

function workingIn({ jobs, lists }: BadgeState): number {
  return jobs.working + lists.working;
}

function failedIn({ jobs, lists }: BadgeState): number {
  return jobs.failed + lists.failed;
}

function countWork({ jobs, lists }: BadgeState, what: keyof Work): string {
  const words = [
    jobs[what] > 0 && (jobs[what] === 1 ? 'one stamp' : `${jobs[what]} stamps`),
    lists[what] > 0 && (lists[what] === 1 ? 'one list' : `${lists[what]} lists`),
  ];
  return words.filter((word) => word !== false).join(' and ');
}

async function renderTab(state: BadgeState, tabId: number): Promise<void> {
  const known = state.verdicts[tabId];
  const badge = workingIn(state) > 0 ? undefined : known;
  // A title cannot be given back to the general one, at least not in Chromium: it is said again where it is kept fresh.
  const title = badge?.title ?? (known ? titleOf(state) : defaultTitle);
  try {
    // null gives the tab back to the general badge.
    await browser.action.setBadgeText({ tabId, text: badge?.text ?? (null as unknown as string) });
    if (badge) await browser.action.setBadgeBackgroundColor({ tabId, color: badge.colour });
    await browser.action.setTitle({ tabId, title });
  } catch {
    delete state.verdicts[tabId]; // The tab is gone: that is the only way these calls fail.
  }
}
