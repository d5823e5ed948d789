import { browser } from 'wxt/browser';
import { HashmarkError } from '../../shared/errors.ts';
import { createMutex } from '../../shared/mutex.ts';
import { announce } from '../changes.ts';
import type { SiteState } from '../messages.ts';
import { setVerdictBadge } from '../toolbar-badge.ts';
import { orderPage } from './page-orders.ts';
import { allSites, siteOf } from './site-patterns.ts';

/** Where the user has switched verifying on. */
interface Sites {
  isEnabledForAll: boolean;
  /** Match patterns, see `siteOf`. */
  patterns: string[];
}

interface Wanted {
  tabId: number;
  scope: 'site' | 'all';
  atMs: number;
}

const storageKey = 'verifying-sites';
const wantedKey = 'verifying-wanted';
/** Longer than anybody looks at the browser's question; a later permission was given for another reason. */
const wantedMaxAgeMs = 60_000;
const scriptId = 'hashmark-verify-page';
const scriptFile = 'verify-page.js';

/** State of the switch for the page in a tab. Its URL is only known where the user opened the popup, or where verifying is on. */
export async function readSite(tabId: number): Promise<SiteState> {
  const [tab, sites] = await Promise.all([browser.tabs.get(tabId), readSites()]);
  const site = siteOf(tab.url);
  const [isPermittedForAll, isPermittedForSite] = await Promise.all([
    browser.permissions.contains({ origins: allSites }),
    // Of several permissions that cover a site the browser may have taken back one only.
    site ? browser.permissions.contains({ origins: [site.pattern] }) : false,
  ]);
  return {
    origin: site?.origin ?? null,
    isPossible: site !== undefined,
    isEnabledForSite: site !== undefined && sites.patterns.includes(site.pattern),
    isEnabledForAll: sites.isEnabledForAll,
    isPermitted: site ? isPermittedForSite : sites.isEnabledForAll && isPermittedForAll,
    isPermittedForAll,
  };
}

/**
 * Remembers what the user has just switched on. The browser's own question may close the popup that asked it, and then
 * nobody is left there to go on after the answer.
 */
export async function wantSite(tabId: number, scope: 'site' | 'all'): Promise<void> {
  await browser.storage.session.set({ [wantedKey]: { tabId, scope, atMs: Date.now() } satisfies Wanted });
}

/** Goes on after the user has allowed what was wanted. Does nothing when nothing was, or not just now. */
export async function enableWanted(): Promise<void> {
  const wanted = (await browser.storage.session.get(wantedKey))[wantedKey] as Wanted | undefined;
  if (!wanted || Date.now() - wanted.atMs > wantedMaxAgeMs) return;
  // What was allowed may be something else, or the tab may be gone: the switch then stays off, as the popup shows.
  await enableSite(wanted.tabId, wanted.scope).catch(() => undefined);
}

/** Turns verifying on for the tab's site or for all, from the next visit on and in this tab at once. Throws `not-possible`, `not-permitted`. */
export async function enableSite(tabId: number, scope: 'site' | 'all'): Promise<SiteState> {
  const tab = await browser.tabs.get(tabId);
  const site = siteOf(tab.url);
  if (scope === 'site' && !site) {
    throw new HashmarkError(
      'not-possible',
      'No extension may read this page. Open a web page and try again.',
    );
  }
  const origins = scope === 'all' ? allSites : [site?.pattern ?? ''];
  if (!(await browser.permissions.contains({ origins }))) {
    throw new HashmarkError(
      'not-permitted',
      `The browser has not given Hashmark access to ${scope === 'all' ? 'all sites' : site?.origin}. Turn the switch on again and allow it.`,
    );
  }
  await browser.storage.session.remove(wantedKey);
  await changeSites((sites) => {
    if (scope === 'all') sites.isEnabledForAll = true;
    else if (site && !sites.patterns.includes(site.pattern)) sites.patterns.push(site.pattern);
  });
  // The browser's own error page, for instance, takes no script whatever its address: the next visit has it.
  if (site) await inject(tabId).catch(() => undefined);
  return readSite(tabId);
}

/** Turns verifying off again, in open tabs too. The browser's permission stays: it is the user's to take back. */
export async function disableSite(tabId: number, scope: 'site' | 'all'): Promise<SiteState> {
  const site = siteOf((await browser.tabs.get(tabId)).url);
  const before = await readSites();
  // Switched on for all without the permission for all, it is on here by this site's own: off means off.
  const isOnForAll = await browser.permissions.contains({ origins: allSites });
  await changeSites((sites) => {
    if (scope === 'all' || !isOnForAll) sites.isEnabledForAll = false;
    if (scope === 'site') sites.patterns = sites.patterns.filter((pattern) => pattern !== site?.pattern);
  });
  const after = await readSites();
  const isOn = ({ isEnabledForAll, patterns }: Sites, pattern: string) =>
    isEnabledForAll || patterns.includes(pattern);
  for (const tab of await browser.tabs.query({})) {
    const pattern = siteOf(tab.url)?.pattern;
    if (tab.id === undefined || pattern === undefined) continue;
    if (!isOn(before, pattern) || isOn(after, pattern)) continue;
    await orderPage(tab.id, 'stop');
    await setVerdictBadge(tab.id, undefined);
  }
  return readSite(tabId);
}

/** Brings the registered scripts in line with what the user chose: an update of the extension drops them. */
export async function registerSites(): Promise<void> {
  await register(await readSites());
}

const oneAtATime = createMutex();

/** One change after the other: the popup and the permission's own event may both bring the same one. */
function changeSites(edit: (sites: Sites) => void): Promise<void> {
  return oneAtATime(async () => {
    const sites = await readSites();
    edit(sites);
    await browser.storage.local.set({ [storageKey]: sites });
    await register(sites);
    announce('sites');
  });
}

async function readSites(): Promise<Sites> {
  const stored = (await browser.storage.local.get(storageKey))[storageKey] as Sites | undefined;
  return stored ?? { isEnabledForAll: false, patterns: [] };
}

async function register({ isEnabledForAll, patterns }: Sites): Promise<void> {
  const matches = isEnabledForAll ? allSites : patterns;
  const registered = await browser.scripting.getRegisteredContentScripts({ ids: [scriptId] });
  if (registered.length > 0) await browser.scripting.unregisterContentScripts({ ids: [scriptId] });
  if (matches.length === 0) return;
  await browser.scripting.registerContentScripts([
    {
      id: scriptId,
      js: [scriptFile],
      matches,
      allFrames: true,
      runAt: 'document_idle',
      persistAcrossSessions: true,
    },
  ]);
}

async function inject(tabId: number): Promise<void> {
  // Frames of other sites refuse; those that may be read get it.
  await browser.scripting.executeScript({ target: { tabId, allFrames: true }, files: [`/${scriptFile}`] });
}
