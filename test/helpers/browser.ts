import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type BrowserContext, chromium, type Page, type Worker } from 'playwright-core';

import { findChromium } from '../../scripts/browsers.mjs';
import { eventually } from './eventually.ts';

const root = resolve(import.meta.dirname, '../..');
/** The Chromium that tests use: the one that `npm test` looked for, and installed if it could. */
export const chromiumPath = findChromium();
/** What `npm run build:extension` makes; the variable is for looking at another build. */
export const builtExtension = process.env.HASHMARK_EXTENSION ?? join(root, '.output/chrome-mv3');

export interface ExtensionBrowser {
  context: BrowserContext;
  /** `chrome-extension://…` */
  origin: string;
  /** The background worker as it is now: it may end and start again. */
  worker(): Promise<Worker>;
  /** Opens a page of the extension in a tab, for instance `popup.html`. */
  open(path: string): Promise<Page>;
  /** Opens a web page in a tab. */
  visit(url: string): Promise<Page>;
  /** The popup as it is for a page's tab, in a tab of its own: opened as a tab itself, it would look at itself. */
  openPopup(over: Page): Promise<Page>;
  /** Brings the page to the front and returns the id that the extension knows its tab by. */
  tabId(page: Page): Promise<number>;
  /** What a click on one of our menu items does. */
  clickMenu(itemId: string, page: Page, info?: Record<string, unknown>): Promise<void>;
  /** Asks the background as the extension's own pages do, from `page`. */
  ask<Reply>(page: Page, name: string, request?: unknown): Promise<Reply>;
  /** Ends the background worker as the browser does when it is idle. */
  stopWorker(): Promise<void>;
  /** Titles and messages of the notifications that show. */
  notifications(): Promise<{ id: string }[]>;
  /** Names of the files that were downloaded. */
  downloads(): Promise<string[]>;
  downloadFolder: string;
  close(): Promise<void>;
}

export interface LaunchOptions {
  /** Name of an X display, for tests with a true mouse and real menus; headless without. */
  display?: string;
  colorScheme?: 'light' | 'dark';
  viewport?: { width: number; height: number };
  /** Another build than `.output/chrome-mv3`, for instance one with more permissions. */
  extensionFolder?: string;
  /** Leaves the settings open, which the extension opens when it is installed. */
  keepsSettings?: boolean;
  /** More of Chromium's own switches. */
  args?: string[];
  /** A folder for the profile that outlives the browser; the second browser in it finds the extension installed. */
  profile?: { folder: string; isUsed: boolean };
}

/** Starts Chromium with the built extension in a profile of its own, which {@link ExtensionBrowser.close} removes. */
export async function launchExtension(options: LaunchOptions = {}): Promise<ExtensionBrowser> {
  const extensionFolder = options.extensionFolder ?? builtExtension;
  if (!existsSync(join(extensionFolder, 'manifest.json')))
    throw new Error(
      `There is no built extension in ${extensionFolder}: run \`npm run build:extension\` first.`,
    );
  const folder = await mkdtemp(join(tmpdir(), 'hashmark-browser-'));
  const downloadFolder = join(folder, 'downloads');
  const context = await chromium.launchPersistentContext(options.profile?.folder ?? join(folder, 'profile'), {
    executablePath: chromiumPath,
    headless: !options.display,
    env: { ...process.env, ...(options.display ? { DISPLAY: options.display } : {}) },
    acceptDownloads: true,
    downloadsPath: downloadFolder,
    colorScheme: options.colorScheme ?? 'light',
    viewport: options.viewport ?? { width: 1000, height: 800 },
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-extensions-except=${extensionFolder}`,
      `--load-extension=${extensionFolder}`,
      ...(options.args ?? []),
    ],
  });
  const first = context.serviceWorkers()[0] ?? (await context.waitForEvent('serviceworker'));
  const origin = `chrome-extension://${new URL(first.url()).host}`; // A scheme that Node gives no origin.

  // Installed for the first time in this profile: the settings come to the front by themselves.
  const settings = options.profile?.isUsed
    ? undefined
    : await eventually('the settings open', async () =>
        context.pages().find((page) => page.url() === `${origin}/options.html`),
      );
  // They may have taken the place of the only, empty tab, and a browser without tabs ends.
  if (context.pages().length === 1) await context.newPage();
  if (!options.keepsSettings) await settings?.close();

  const visit = async (url: string) => {
    const page = await context.newPage();
    await page.goto(url);
    return page;
  };

  const browser: ExtensionBrowser = {
    context,
    origin,
    downloadFolder,
    visit,
    open: (path) => visit(`${origin}/${path}`),
    async openPopup(over) {
      const tab = { id: await browser.tabId(over), title: await over.title() };
      const popup = await context.newPage();
      await popup.addInitScript((tab) => {
        chrome.tabs.query = (async () => [tab]) as typeof chrome.tabs.query;
      }, tab);
      await popup.setViewportSize({ width: 380, height: 600 });
      await popup.goto(`${origin}/popup.html`);
      return popup;
    },
    async worker() {
      const [running] = context.serviceWorkers();
      return running ?? (await context.waitForEvent('serviceworker'));
    },
    async tabId(page) {
      const url = page.url();
      await page.bringToFront();
      return eventually(`a tab shows ${url}`, async () => {
        const worker = await browser.worker();
        return worker.evaluate(async (url) => {
          const tabs = await chrome.tabs.query({ active: true });
          // Without the permission for its site a tab has no URL: then it is the one that is shown.
          return (
            tabs.find((tab: { url?: string }) => tab.url === url) ??
            tabs.find((tab: { url?: string }) => !tab.url)
          )?.id;
        }, url);
      });
    },
    async clickMenu(menuItemId, page, info = {}) {
      const tabId = await browser.tabId(page);
      const worker = await browser.worker();
      await worker.evaluate(
        async ({ info, tabId }) => {
          const { onClicked } = chrome.contextMenus as unknown as {
            onClicked: { dispatch(info: unknown, tab: unknown): void };
          };
          onClicked.dispatch(info, await chrome.tabs.get(tabId));
        },
        { tabId, info: { menuItemId, pageUrl: page.url(), editable: false, frameId: 0, ...info } },
      );
    },
    ask: (page, name, request) =>
      page.evaluate(
        async ({ name, request }) => {
          const answer = await chrome.runtime.sendMessage({ hashmark: name, request });
          if (!answer) throw new Error(`${name}: no answer`);
          if ('error' in answer) throw new Error(`${answer.error.code}: ${answer.error.message}`);
          return answer.reply;
        },
        { name, request },
      ),
    async stopWorker() {
      const page = await context.newPage();
      const session = await context.newCDPSession(page);
      await session.send('ServiceWorker.enable');
      await session.send('ServiceWorker.stopAllWorkers');
      await session.detach();
      await page.close();
    },
    async notifications() {
      const worker = await browser.worker();
      return worker.evaluate(async () =>
        Object.keys(await chrome.notifications.getAll()).map((id) => ({ id })),
      );
    },
    async downloads() {
      return readdir(downloadFolder).catch(() => []);
    },
    async close() {
      await context.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return browser;
}
