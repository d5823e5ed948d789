import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type ExtensionBrowser, launchExtension } from '../helpers/browser.ts';
import { type Display, openDisplay } from '../helpers/display.ts';
import { eventually } from '../helpers/eventually.ts';
import { clickBadge, expectBadges, seeTexts } from '../helpers/page-badges.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';
import { serveSite, type WebSite } from '../helpers/web-site.ts';

/** Set by `npm run screenshots`: the pictures of the README are what this test saw. */
const pictureFolder = process.env.HASHMARK_SCREENSHOTS && resolve(import.meta.dirname, '../../docs/tour');

/** The first five minutes of a newcomer, through the pages that a newcomer sees. */
describe('the tour of a newcomer', () => {
  let companion: RunningCompanion;
  let browser: ExtensionBrowser;
  let site: WebSite;
  let display: Display | undefined;

  beforeAll(async () => {
    if (pictureFolder) await mkdir(pictureFolder, { recursive: true });
    display = await openDisplay();
    companion = await startCompanion();
    site = await serveSite({
      '/article': { body: article },
      '/style.css': {
        type: 'text/css',
        body: 'h1 { color: rgb(20, 80, 60) } body { font: 16px/1.5 serif; margin: 3rem }',
      },
    });
    browser = await launchExtension({ display: display?.name, keepsSettings: true });
  });

  afterAll(async () => {
    await browser?.close();
    await display?.close();
    await site?.close();
    await companion?.stop();
  });

  async function picture(page: Page, name: string): Promise<void> {
    if (pictureFolder) await page.screenshot({ path: join(pictureFolder, `${name}.png`) });
  }

  /**
   * With the mouse and the keys of a person. The last three entries of a page's menu are ours, View page source, Inspect; ours
   * opens to the right, and its first entry stamps the page.
   */
  async function rightClickOurs(page: Page, { countWindows, press }: Display): Promise<void> {
    await page.bringToFront();
    const windows = await countWindows();
    await page.mouse.click(400, 400, { button: 'right' });
    await eventually('the menu shows', async () => (await countWindows()) > windows);
    const inMenu = await countWindows();
    await press('Up', 'Up', 'Up', 'Right');
    await eventually('our own menu shows', async () => (await countWindows()) > inMenu);
    await press('Return');
  }

  it('pairs in the options, which open by themselves, with the code that the companion shows', async () => {
    const options = browser.context.pages().find((page) => page.url().endsWith('/options.html')) as Page;
    await options.getByLabel('Pairing code').fill('AAAAA-AAAAA-AAAAA-AAAAA-AAAAA');
    await options.getByText('Advanced').click();
    await options.getByLabel('Companion’s address').fill(companion.ready.url);
    await options.getByRole('button', { name: 'Pair', exact: true }).click();
    await options.getByText('Wrong code').waitFor();

    await options.getByLabel('Pairing code').fill(companion.ready.pairingCode);
    await options.getByRole('button', { name: 'Pair', exact: true }).click();
    await options.getByRole('button', { name: 'Unpair' }).waitFor();
    expect(
      await options
        .getByText('proves nothing to strangers')
        .or(options.getByText('prove nothing to strangers'))
        .count(),
    ).toBeGreaterThan(0);
    await picture(options, 'options');
    await options.close();
  });

  it('stamps a page by a right-click and tells when it is on the chain', async () => {
    const page = await browser.visit(`${site.origin}/article`);
    if (display) await rightClickOurs(page, display);
    else await browser.clickMenu('stamp-page', page);
    await eventually('a notification', async () => (await browser.notifications()).length > 0, 30_000);
    const popup = await browser.openPopup(page);
    await popup.getByText('Latest stamps').waitFor();
    await popup.getByText('Stamped', { exact: true }).first().waitFor();
    await popup.close();
  });

  it('checks the demo page once it is switched on in the popup', async () => {
    const demo = await browser.visit(`${companion.ready.url}/demo`);
    const popup = await browser.openPopup(demo);
    await popup.getByRole('switch', { name: /Check hashes on/ }).click();
    const badges = await expectBadges(demo, [
      'Confirmed',
      'Confirmed',
      'Confirmed',
      'Confirmed',
      'Confirmed',
      'Contradicted',
    ]);
    await popup.getByText('Contradicted').first().waitFor();
    await picture(popup, 'popup');
    await demo.bringToFront();
    await picture(demo, 'page-light');
    if (badges[0]) await clickBadge(demo, badges[0]);
    await eventually('the block’s time in the popover', async () =>
      (await seeTexts(demo)).some((text) => text.includes(String(new Date().getFullYear()))),
    );
    await picture(demo, 'badge');
    await popup.close();
  });

  it('tells the whole evidence in the report', async () => {
    const demo = await browser.visit(`${companion.ready.url}/demo`);
    const cid = await demo.locator('a[cid]').first().getAttribute('cid');
    const report = await browser.open(`report.html?hash=${cid}`);
    await report.getByText('Confirmed').first().waitFor();
    const text = await report.locator('main').innerText();
    expect(text).toContain(companion.ready.chain.contract.slice(0, 8));
    expect(text).toMatch(/proves? nothing to strangers/);
    await picture(report, 'report');
  });

  it('stamps a list of digests in the workbench, which the popup opens', async () => {
    const popup = await browser.openPopup(await browser.visit(`${site.origin}/article`));
    const opened = browser.context.waitForEvent('page');
    await popup.getByRole('button', { name: /workbench/i }).click();
    const workbench = await opened;
    const list = releases.map((name) => `${createHash('sha256').update(name).digest('hex')}  ${name}`);
    await workbench.getByLabel('Files to stamp').setInputFiles({
      name: 'SHA256SUMS',
      mimeType: 'text/plain',
      buffer: Buffer.from(list.join('\n')),
    });
    await workbench.getByRole('button', { name: `Stamp ${releases.length} digests` }).click();
    await workbench
      .locator('.list-title')
      .filter({ hasText: `${releases.length} of ${releases.length} digests proven` })
      .waitFor();
    await picture(workbench, 'workbench');
  });
});

const releases = [
  'lathe-2.4.0-linux-x64.tar.gz',
  'lathe-2.4.0-linux-arm64.tar.gz',
  'lathe-2.4.0-macos.dmg',
  'lathe-2.4.0-windows.msi',
  'lathe-2.4.0-source.tar.gz',
  'lathe-2.4.0-manual.pdf',
  'CHANGES',
];

const article = `<!doctype html><html lang="en"><head><title>What the council decided</title><link rel="stylesheet" href="/style.css"></head>
<body><h1>What the council decided</h1><p>On Tuesday the council voted seven to four to keep the old mill.</p></body></html>`;
