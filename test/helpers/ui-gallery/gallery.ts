import { resolve } from 'node:path';
import preact from '@preact/preset-vite';
import { type Browser, chromium, type Page } from 'playwright-core';
import { createServer } from 'vite';

import { chromiumPath } from '../browser.ts';
import { galleryNowMs } from '../views.ts';
import type { Scenario } from './scenarios.ts';

const root = resolve(import.meta.dirname, '../../..');

/** How a page is looked at. */
export interface Look {
  colorScheme: 'light' | 'dark';
  /** CSS pixels. */
  width: number;
  height?: number;
}

/** The extension's pages as they are in the source, with a background that answers what a scenario says. */
export interface Gallery {
  /** Opens a page, brings it into the scenario's state and waits until it has settled. Close its context when done. */
  open(scenario: Scenario, look: Look): Promise<Page>;
  close(): Promise<void>;
}

/** Starts a server for the pages on a free port of 127.0.0.1, and a Chromium to look at them. */
export async function openGallery(): Promise<Gallery> {
  const server = await createServer({
    root,
    configFile: false,
    logLevel: 'error',
    // Nothing of the gallery is left in the tree.
    cacheDir: resolve(root, 'node_modules/.vite-ui-gallery'),
    plugins: [preact({ devToolsEnabled: false, prefreshEnabled: false })],
    resolve: { alias: { 'wxt/browser': resolve(import.meta.dirname, 'browser-stub.ts') } },
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
  });
  await server.listen();
  const base = server.resolvedUrls?.local[0];
  if (!base) throw new Error('The gallery’s server has no address.');
  const browser = await launchChromium();

  return {
    open: (scenario, look) => openScenario(browser, base, scenario, look),
    async close() {
      await browser.close();
      await server.close();
    },
  };
}

function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox'],
    // As in a browser with windows: a scrollbar takes its room from the page.
    ignoreDefaultArgs: ['--hide-scrollbars'],
  });
}

async function openScenario(
  browser: Browser,
  base: string,
  scenario: Scenario,
  { colorScheme, width, height = 800 }: Look,
): Promise<Page> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    reducedMotion: 'reduce',
    deviceScaleFactor: 2,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
  const page = await context.newPage();
  await page.clock.setFixedTime(galleryNowMs);
  await page.addInitScript((it) => {
    globalThis.hashmarkScenario = it;
  }, scenario);
  if (scenario.lists) await seedLists(page, base);
  await page.goto(`${base}extension/entrypoints/${scenario.page}/index.html${scenario.query ?? ''}`);
  await page.locator('#app main').waitFor();
  await settle(page);
  if (scenario.type) await page.getByLabel(scenario.type.label).fill(scenario.type.text);
  for (const name of scenario.press ?? []) {
    await page.getByRole('button', { name }).first().click();
    await settle(page);
  }
  if (scenario.choose) {
    const files = scenario.choose.files.map(({ name, text }) => ({
      name,
      mimeType: 'application/octet-stream',
      buffer: Buffer.from(text),
    }));
    await page.getByLabel(scenario.choose.label).setInputFiles(files);
    await page
      .getByRole('status')
      .filter({ hasText: /Recomputing|Computing/ })
      .waitFor({ state: 'detached' });
    await settle(page);
  }
  if (scenario.shows) await page.getByText(scenario.shows).first().waitFor();
  await page.evaluate(() => scrollTo(0, 0));
  return page;
}

/** Puts the scenario's lists into the store that the page will open, by the extension's own code. */
async function seedLists(page: Page, base: string): Promise<void> {
  await page.goto(`${base}test/helpers/ui-gallery/seed.html`);
  await page.locator('body[data-seeded]').waitFor({ state: 'attached' });
}

/** Replies come by promises that are already settled: two frames later everything is drawn. */
async function settle(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => done()))),
  );
}
