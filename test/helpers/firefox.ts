import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

import { findFirefox } from '../../scripts/browsers.mjs';
import { type Bidi, openBidi } from './bidi.ts';
import { eventually } from './eventually.ts';
import { type FirefoxPage, firefoxPage } from './firefox-page.ts';

const extensionId = 'hashmark@hashmark.invalid';
/** Firefox makes the names of its parts from the extension's id so. */
const widgetId = extensionId.replace(/[^a-z0-9_-]/g, '_');

/** The Firefox that tests use; undefined where there is none. */
export const firefoxPath = findFirefox();

/** What `npm run build:extension` makes for Firefox. */
const builtExtension = resolve(import.meta.dirname, '../../.output/firefox-mv3');

export interface Firefox {
  /** `moz-extension://…` */
  origin: string;
  /** For instance `Mozilla Firefox 153.7.0esr`. */
  version: string;
  /** Opens a page of the extension in a tab, for instance `options.html`. */
  open(path: string): Promise<FirefoxPage>;
  /** Opens a web page in a tab. */
  visit(url: string): Promise<FirefoxPage>;
  /** Waits for a tab whose URL begins so. */
  waitForPage(urlPrefix: string): Promise<FirefoxPage>;
  /** Brings the page to the front and returns the id that the extension knows its tab by. */
  tabId(page: FirefoxPage): Promise<number>;
  /** A right-click on the first element of a selector, and a click on our menu item of that title. */
  chooseFromMenu(page: FirefoxPage, selector: string, title: string): Promise<void>;
  /** Asks the background as the extension's own pages do, from `page`. */
  ask<Reply>(page: FirefoxPage, name: string, request?: unknown): Promise<Reply>;
  /** Ends the event page as the browser does when it is idle. */
  stopBackground(): Promise<void>;
  /** Presses a button of the browser's own question for a permission, once it shows. */
  answerPermission(answer: 'Allow' | 'Deny'): Promise<void>;
  /** Takes an origin from the extension, as the user does in the browser's settings. */
  revoke(origin: string): Promise<void>;
  /** Titles and texts of the notifications that show. */
  notifications(): Promise<{ title: string; text: string }[]>;
  toolbarButtonId: string;
  /** What the toolbar button's badge says on the tab that is shown. */
  badgeText(): Promise<string>;
  downloadFolder: string;
  /** Names of the files that were downloaded whole. */
  downloads(): Promise<string[]>;
  setColorScheme(scheme: 'light' | 'dark'): Promise<void>;
  /** Calls a function in the browser's own window, with all its rights. */
  privileged<Result, Args extends unknown[]>(
    run: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>>;
  close(): Promise<void>;
}

/**
 * Starts Firefox with the built extension in a profile of its own, which {@link Firefox.close} removes.
 *
 * @param options.isBare without the extension: what knows of it is of no use then.
 */
export async function launchFirefox({ isBare = false }: { isBare?: boolean } = {}): Promise<Firefox> {
  if (!firefoxPath) throw new Error('There is no Firefox here: set HASHMARK_FIREFOX to its path.');
  if (!isBare && !existsSync(join(builtExtension, 'manifest.json')))
    throw new Error(
      `There is no built extension in ${builtExtension}: run \`npm run build:extension\` first.`,
    );
  const folder = await mkdtemp(join(tmpdir(), 'hashmark-firefox-'));
  const profile = join(folder, 'profile');
  const downloadFolder = join(folder, 'downloads');
  // The browser gives each installation a random one, and tells nobody outside: so the test chooses it.
  const uuid = randomUUID();
  await mkdir(downloadFolder);
  await mkdir(profile);
  await writeFile(join(profile, 'user.js'), preferences(uuid, downloadFolder));
  const args = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'];
  // Menus, permission questions and the end of the event page belong to the browser's own window.
  args.push('--remote-allow-system-access', 'about:blank');
  const child = spawn(firefoxPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const exited = once(child, 'exit');
  const end = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await exited;
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const bidi = await openBidi(await debuggerUrl(child, exited));
    if (!isBare)
      await bidi.send('webExtension.install', { extensionData: { type: 'path', path: builtExtension } });
    return await driveFirefox({ bidi, origin: `moz-extension://${uuid}`, downloadFolder, end });
  } catch (error) {
    await end();
    throw error;
  }
}

function preferences(uuid: string, downloadFolder: string): string {
  const values = {
    'extensions.webextensions.uuids': JSON.stringify({ [extensionId]: uuid }),
    'browser.download.folderList': 2,
    'browser.download.dir': downloadFolder,
    'browser.shell.checkDefaultBrowser': false,
    'ui.systemUsesDarkTheme': 0,
    'ui.prefersReducedMotion': 1,
    // The system's notifications need a desktop; the browser's own are windows, which a test can read.
    'alerts.useSystemBackend': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'extensions.update.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
  };
  return Object.entries(values)
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
    .join('');
}

const startsWithinMs = 30_000;

async function debuggerUrl(child: ChildProcess, exited: Promise<unknown>): Promise<string> {
  const said: string[] = [];
  const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
  const late = AbortSignal.timeout(startsWithinMs);
  try {
    return await Promise.race([
      // It goes on reading afterwards: a full pipe would hold the browser.
      new Promise<string>((resolve) => {
        lines.on('line', (line) => {
          said.push(line);
          const [, url] = /BiDi listening on (ws:\S+)/.exec(line) ?? [];
          if (url) resolve(url);
        });
      }),
      exited.then(() => Promise.reject(new Error('it ended'))),
      once(late, 'abort').then(() => Promise.reject(late.reason)),
    ]);
  } catch (cause) {
    throw new Error(`Firefox did not get ready: ${cause}\n${said.join('\n')}`, { cause });
  }
}

interface Driven {
  bidi: Bidi;
  origin: string;
  downloadFolder: string;
  end: () => Promise<void>;
}

interface Tree {
  contexts: { context: string; url: string }[];
}

async function driveFirefox({ bidi, origin, downloadFolder, end }: Driven): Promise<Firefox> {
  const windows = await bidi.send<Tree>('browsingContext.getTree', { 'moz:scope': 'chrome' });
  const window = windows.contexts.find(({ url }) => url.endsWith('/browser.xhtml'))?.context ?? '';
  const privileged: Firefox['privileged'] = (run, ...args) => bidi.call({ context: window }, run, ...args);

  const visit = async (url: string) => {
    const { context } = await bidi.send<{ context: string }>('browsingContext.create', { type: 'tab' });
    const page = firefoxPage(bidi, context);
    await page.goto(url);
    return page;
  };

  // A new extension's button is in a menu of all extensions; only on the toolbar its badge shows.
  await privileged((id) => {
    const { CustomizableUI } = ChromeUtils.importESModule(
      'moz-src:///browser/components/customizableui/CustomizableUI.sys.mjs',
    );
    CustomizableUI.addWidgetToArea(id, 'nav-bar');
  }, `${widgetId}-browser-action`);

  return {
    origin,
    version: await privileged(() => `${Services.appinfo.name} ${Services.appinfo.version}`),
    downloadFolder,
    toolbarButtonId: `${widgetId}-BAP`,
    privileged,
    visit,
    open: (path) => visit(`${origin}/${path}`),
    waitForPage: (urlPrefix) =>
      eventually(`a tab shows ${urlPrefix}`, async () => {
        const { contexts } = await bidi.send<Tree>('browsingContext.getTree', { maxDepth: 0 });
        const found = contexts.find(({ url }) => url.startsWith(urlPrefix));
        return found && firefoxPage(bidi, found.context);
      }),
    async tabId(page) {
      await page.bringToFront();
      return privileged((id) => {
        const { extension } = WebExtensionPolicy.getByID(id);
        return extension.tabManager.getWrapper(gBrowser.selectedTab).id as number;
      }, extensionId);
    },
    async chooseFromMenu(page, selector, title) {
      await page.bringToFront();
      await page.click(selector, '', 'right');
      await eventually(`“${title}” is in the menu`, () =>
        privileged((title) => {
          const menu = document.getElementById('contentAreaContextMenu') as PopupMenu;
          const item = [...menu.querySelectorAll<HTMLElement & { doCommand(): void }>('menuitem')].find(
            (item) => item.getAttribute('label') === title,
          );
          if (menu.state !== 'open' || !item) return false;
          item.doCommand();
          menu.hidePopup();
          return true;
        }, title),
      );
    },
    ask: (page, name, request) =>
      page.evaluate(
        async (name, request) => {
          const answer = await chrome.runtime.sendMessage({ hashmark: name, request });
          if (!answer) throw new Error(`${name}: no answer`);
          if ('error' in answer) throw new Error(`${answer.error.code}: ${answer.error.message}`);
          return answer.reply;
        },
        name,
        request,
      ),
    stopBackground: () =>
      privileged(async (id) => {
        const { extension } = WebExtensionPolicy.getByID(id);
        await extension.terminateBackground({ ignoreDevToolsAttached: true, disableResetIdleForTest: true });
        if (extension.backgroundState !== 'stopped')
          throw new Error(`The event page did not end: it is ${extension.backgroundState}.`);
      }, extensionId),
    async answerPermission(answer) {
      await eventually('the browser asks for a permission', () =>
        privileged((answer) => {
          const { selectedBrowser } = gBrowser;
          const asked = PopupNotifications.getNotification('addon-webext-permissions', selectedBrowser);
          if (!asked) return false;
          const action = answer === 'Allow' ? asked.mainAction : asked.secondaryActions[0];
          action.callback({ checkboxChecked: false });
          PopupNotifications.remove(asked);
          return true;
        }, answer),
      );
    },
    revoke: (permitted) =>
      privileged(
        async (id, permitted) => {
          const { ExtensionPermissions } = ChromeUtils.importESModule(
            'resource://gre/modules/ExtensionPermissions.sys.mjs',
          );
          const { extension } = WebExtensionPolicy.getByID(id);
          await ExtensionPermissions.remove(id, { permissions: [], origins: [permitted] }, extension);
        },
        extensionId,
        permitted,
      ),
    notifications: () =>
      privileged(() =>
        [...Services.wm.getEnumerator('alert:alert')].map(({ document }: { document: Document }) => ({
          title: document.getElementById('alertTitleLabel')?.getAttribute('value') ?? '',
          text: document.getElementById('alertTextLabel')?.textContent ?? '',
        })),
      ),
    badgeText: () =>
      privileged((id) => document.getElementById(id)?.getAttribute('badge') ?? '', `${widgetId}-BAP`),
    async downloads() {
      const names = await readdir(downloadFolder);
      // A download that still runs has a second file beside it.
      return names.filter((name) => !name.endsWith('.part') && !names.includes(`${name}.part`));
    },
    setColorScheme: (scheme) =>
      privileged(
        (isDark) => {
          Services.prefs.setIntPref('ui.systemUsesDarkTheme', isDark);
        },
        Number(scheme === 'dark'),
      ),
    async close() {
      bidi.close();
      await end();
    },
  };
}

interface PopupMenu extends HTMLElement {
  state: 'open' | 'closed';
  hidePopup(): void;
}

/** What the browser's own window offers to {@link Firefox.privileged}: it has no types, and only tests use it. */
declare global {
  // biome-ignore-start lint/suspicious/noExplicitAny: see above
  var WebExtensionPolicy: any;
  var Services: any;
  var gBrowser: any;
  var ChromeUtils: any;
  var PopupNotifications: any;
  // biome-ignore-end lint/suspicious/noExplicitAny: see above
}
