import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { CompanionState, JobView } from '../../extension/messages.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import { eventually } from '../helpers/eventually.ts';
import { type Firefox, firefoxPath, launchFirefox } from '../helpers/firefox.ts';
import type { FirefoxPage } from '../helpers/firefox-page.ts';
import { type FirefoxPopup, openFirefoxPopup } from '../helpers/firefox-popup.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';
import { serveSite, type WebSite } from '../helpers/web-site.ts';

/** A folder for pictures of what the tests saw, to be looked at; none without. */
const pictureFolder = process.env.HASHMARK_PICTURES;

console.info(
  firefoxPath
    ? `Firefox tests run in ${firefoxPath}.`
    : 'Firefox tests are left out: no Firefox is installed (looked for HASHMARK_FIREFOX, /usr/bin/firefox-esr, /usr/bin/firefox).',
);

describe.runIf(firefoxPath)('the loop in Firefox', () => {
  let companion: RunningCompanion;
  let firefox: Firefox;
  let site: WebSite;
  /** A page of the extension, to ask the background as its own pages do. */
  let asker: FirefoxPage;

  beforeAll(async () => {
    if (pictureFolder) await mkdir(pictureFolder, { recursive: true });
    companion = await startCompanion();
    site = await serveSite({
      '/article': { body: article },
      '/style.css': { type: 'text/css', body: '@import "deep.css"; h1 { color: rgb(20, 80, 60) }' },
      '/deep.css': { type: 'text/css', body: 'body { background: url(image.svg) no-repeat right top }' },
      '/image.svg': { type: 'image/svg+xml', body: image },
      '/interrupted': { body: '<!doctype html><title>Interrupted</title><p>Outlives the event page.</p>' },
    });
    firefox = await launchFirefox();
    console.info(firefox.version);
    asker = await firefox.open('report.html');
  });
  afterAll(async () => {
    await firefox?.close();
    await site?.close();
    await companion?.stop();
  });

  const jobs = () => firefox.ask<JobView[]>(asker, 'jobs.list');
  const companionState = () => firefox.ask<CompanionState>(asker, 'companion.state');

  async function picture(shown: FirefoxPage | FirefoxPopup, name: string): Promise<void> {
    if (!pictureFolder) return;
    for (const scheme of ['light', 'dark'] as const) {
      await firefox.setColorScheme(scheme);
      await eventually(`it is ${scheme}`, async () => (await shown.isDark()) === (scheme === 'dark'));
      await writeFile(join(pictureFolder, `firefox-${name}-${scheme}.png`), await shown.screenshot());
    }
    await firefox.setColorScheme('light');
  }

  it('pairs in the options, and asks for the loopback address where the user has taken it back', async () => {
    await firefox.revoke('http://127.0.0.1/*');
    const options = await firefox.open('options.html');
    await options.click('summary', 'Advanced');
    await options.fill('#companion-url', companion.ready.url);
    await options.fill('#pairing-code', companion.ready.pairingCode);
    await options.click('button', 'Pair');
    await firefox.answerPermission('Deny');
    await options.waitForText('The browser blocks the connection');
    await options.waitForText('Press Pair again and allow it.');

    await options.click('button', 'Pair');
    await firefox.answerPermission('Allow');
    await options.waitForText('Everything is ready.');
    await options.waitForText('prove nothing to strangers');
    await picture(options, 'options');
    await options.close();
  });

  it('says that the browser blocks, and goes on when the user allows it again', async () => {
    await firefox.revoke('http://127.0.0.1/*');
    expect(await companionState()).toMatchObject({ status: 'blocked' });
    await firefox.visit(`${site.origin}/article`);
    const popup = await openFirefoxPopup(firefox, asker);
    await popup.waitForText('The browser blocks the connection');
    await picture(popup, 'popup-blocked');
    await popup.click('button', 'Allow');
    await firefox.answerPermission('Allow');
    await eventually('it is connected', async () => (await companionState()).status === 'connected');
    await popup.close();
  });

  it('stamps a page by a right-click, saves the very bytes, and tells when it is on the chain', async () => {
    const page = await firefox.visit(`${site.origin}/article`);
    await firefox.chooseFromMenu(page, 'h1', 'Stamp this page');
    const job = await eventually('the job is done', async () =>
      (await jobs()).find(({ phase }) => phase === 'done' || phase === 'failed'),
    );
    expect(job).toMatchObject({ phase: 'done', name: 'What the council decided.html', missing: [] });
    const saved = await eventually('the file is among the downloads', async () => {
      const [name] = await firefox.downloads();
      return name && (await readFile(join(firefox.downloadFolder, name)));
    });
    expect(createHash('sha256').update(saved).digest('hex')).toBe(job.fingerprint?.digest);
    const notice = await eventually('a notification shows', async () =>
      (await firefox.notifications()).find(({ title, text }) => title && text),
    );
    expect(notice.title).toBe('Stamped: What the council decided');
    expect(notice.text).toMatch(/^On chain at .*\d{4}/);

    const html = String(saved);
    expect(html.match(/<img src="data:image\/svg\+xml;base64,/g)).toHaveLength(2);
    expect(html).toContain('@import url(data:text/css');
    expect(html).toContain('rgb(20, 80, 60)');
    expect(html).toContain('rgb(1, 2, 3)'); // A sheet that a script adopted.
    expect(html).toContain('in a closed shadow'); // Only extensions see into it.
    expect(html).toContain('data:image/png;base64,'); // The canvas.
    expect(html).not.toMatch(/<script|onclick/);
    await page.close();
  });

  it('stamps selected text and a linked file', async () => {
    const page = await firefox.visit(`${site.origin}/article`);
    await firefox.chooseFromMenu(page, 'a', 'Stamp linked file');
    const linked = await eventually('the linked file is stamped', async () =>
      (await jobs()).find(({ kind, phase }) => kind === 'link' && phase === 'done'),
    );
    expect(linked.fingerprint?.digest).toBe(createHash('sha256').update(image).digest('hex'));

    await page.evaluate(() => getSelection()?.selectAllChildren(document.querySelector('p') as Element));
    await firefox.chooseFromMenu(page, 'p', 'Stamp selected text');
    const selected = await eventually('the selection is stamped', async () =>
      (await jobs()).find(({ kind, phase }) => kind === 'selection' && phase === 'done'),
    );
    const text = 'On Tuesday the council voted seven to four to keep the old mill.';
    expect(selected.fingerprint?.digest).toBe(createHash('sha256').update(text).digest('hex'));
    await page.close();
  });

  it('stamps a linked file by its hash alone, and checks and keeps its proof', async () => {
    const page = await firefox.visit(`${site.origin}/article`);
    await firefox.chooseFromMenu(page, 'a', 'Stamp linked file, hash only');
    const job = await eventually(
      'the proof was checked',
      async () => (await jobs()).find(({ method, phase }) => method === 'hash-only' && phase === 'done'),
      60_000,
    );
    const digest = createHash('sha256').update(image).digest('hex');
    expect(job).toMatchObject({ kind: 'link', fingerprint: { digest }, seed: { status: 3 } });
    const verdict = await firefox.ask<Verdict>(asker, 'verify.hash', { hash: digest });
    expect(verdict.outcome).toBe('confirmed');
    await page.close();
  });

  it('stamps chosen files in the workbench, a large one hashed by its workers, and saves the results', async () => {
    const large = Buffer.alloc(24 << 20, 'Hashmark ');
    const files = { 'large.bin': large, 'small.txt': Buffer.from('small') };
    for (const [name, bytes] of Object.entries(files))
      await writeFile(join(firefox.downloadFolder, name), bytes);
    const page = await firefox.open('workbench.html');
    await page.chooseFiles(
      '[aria-label="Files to stamp"]',
      Object.keys(files).map((name) => join(firefox.downloadFolder, name)),
    );
    await page.click('button', 'Stamp 2 digests');
    await page.waitForText('2 of 2 digests proven', 60_000);
    await picture(page, 'workbench');
    await page.click('button', 'Results (CSV)');
    const csv = await eventually('the results are among the downloads', async () => {
      const name = (await firefox.downloads()).find((name) => name.endsWith('.csv'));
      return name && (await readFile(join(firefox.downloadFolder, name), 'utf8'));
    });
    for (const [name, bytes] of Object.entries(files)) {
      const digest = createHash('sha256').update(bytes).digest('hex');
      expect(csv).toContain(`${digest},${name},${bytes.length},proven,`);
    }
    await page.close();
  });

  it('finishes a job whose event page ended in the middle', async () => {
    const page = await firefox.visit(`${site.origin}/interrupted`);
    const tabId = await firefox.tabId(page);
    // Nothing is answered for now, so that the job is under way for certain when the event page ends.
    companion.process.kill('SIGSTOP');
    const { jobId } = await firefox.ask<{ jobId: string }>(asker, 'stamp.page', { tabId });
    await eventually('the job is under way', async () =>
      (await jobs()).some(({ id, phase }) => id === jobId && phase === 'uploading'),
    );
    await firefox.stopBackground();
    companion.process.kill('SIGCONT');
    const job = await eventually(
      'the job is done',
      async () => (await jobs()).find(({ id, phase }) => id === jobId && phase === 'done'),
      40_000,
    );
    const times = (await jobs()).filter(({ fingerprint }) => fingerprint?.cid === job.fingerprint?.cid);
    expect(times).toHaveLength(1);
    await page.close();
  });

  it('marks the demo page once checking is switched on in the popup', async () => {
    const demo = await firefox.visit(`${companion.ready.url}/demo`);
    const popup = await openFirefoxPopup(firefox, asker);
    await popup.click('[role=switch]', 'Check hashes on');
    const badges = await demo.expectBadges([...Array(5).fill('Confirmed'), 'Contradicted']);
    await popup.waitForText('Contradicted');
    await picture(popup, 'popup');
    await popup.close();
    expect(await eventually('the toolbar button counts', () => firefox.badgeText())).toBe('3');

    await demo.setViewport(1000, 1100);
    await picture(demo, 'demo');
    const [badge] = badges;
    if (!badge) throw new Error('There is no badge.');
    await demo.clickNode(badge.button);
    const card = await eventually('the card is open', () => demo.cardText(badge));
    expect(card).toContain('Hashmark: confirmed');
    expect(card).toContain(String(new Date().getFullYear()));
    expect(card).toContain('proves nothing to strangers');
    await picture(demo, 'card');
    await demo.close();
  });

  it('keeps its badges when the event page ended, and looks at the next visit', async () => {
    await firefox.stopBackground();
    const demo = await firefox.visit(`${companion.ready.url}/demo`);
    await demo.expectBadges([...Array(5).fill('Confirmed'), 'Contradicted']);
    await demo.close();
  });

  it('asks for a site, and goes on although the question closed the popup', async () => {
    const cid = /\bQm[1-9A-HJ-NP-Za-km-z]{44}\b/.exec(
      await (await fetch(`${companion.ready.url}/demo`)).text(),
    );
    site.pages['/diploma'] = { body: `<title>Diploma</title><p>${cid?.[0]}</p>` };
    const page = await firefox.visit(`${site.otherOrigin}/diploma`);
    const popup = await openFirefoxPopup(firefox, asker);
    await popup.click('[role=switch]', 'Check hashes on');
    await firefox.answerPermission('Allow');
    await page.expectBadges(['Confirmed']);
    await popup.close();
    await page.close();
  });

  it('tells the whole evidence in the report that a badge’s card opens', async () => {
    const demo = await firefox.visit(`${companion.ready.url}/demo`);
    const [badge] = await demo.expectBadges([...Array(5).fill('Confirmed'), 'Contradicted']);
    if (!badge) throw new Error('There is no badge.');
    await demo.clickNode(badge.button);
    await eventually('the card is open', () => demo.cardText(badge));
    await demo.clickInside(badge, 'button.more');
    const report = await firefox.waitForPage(`${firefox.origin}/report.html?hash=Qm`);
    await report.waitForText('Confirmed');
    await report.waitForText(companion.ready.chain.contract.slice(0, 8));
    await report.setViewport(1000, 1400);
    await picture(report, 'report');
    await report.close();
    await demo.close();
  });
});

const image =
  '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="teal"/></svg>';
const article = `<!doctype html><html lang="en"><head><title>What the council decided</title>
<link rel="stylesheet" href="/style.css"></head><body onclick="void 0"><h1>What the council decided</h1>
<p>On Tuesday the council voted seven to four to keep the old mill.</p>
<img src="/image.svg" alt=""> <a href="/image.svg">The mill</a> <canvas width="40" height="40"></canvas><div id="host"></div>
<script>
  const context = document.querySelector('canvas').getContext('2d');
  context.fillStyle = 'crimson';
  context.fillRect(0, 0, 40, 40);
  const root = document.getElementById('host').attachShadow({ mode: 'closed' });
  root.innerHTML = '<b>in a closed shadow</b> <img src="/image.svg" alt="">';
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('p { color: rgb(1, 2, 3) }');
  document.adoptedStyleSheets = [sheet];
</script></body></html>`;
