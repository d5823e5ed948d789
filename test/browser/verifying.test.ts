import { createHash, randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { JobView, SiteState, TabVerdicts } from '../../extension/messages.ts';
import { encodeBundle } from '../../shared/evidence/bundle.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import { cidOfBlockHash, toCidV1 } from '../../shared/fingerprint/cid.ts';
import { builtExtension, type ExtensionBrowser, launchExtension } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { runHashmark } from '../helpers/hashmark-command.ts';
import { boxOf, clickBadge, expectBadges, seeBadges, seeTexts } from '../helpers/page-badges.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';
import { serveSite, type WebSite } from '../helpers/web-site.ts';

let companion: RunningCompanion;
let extension: ExtensionBrowser;
let site: WebSite;
/** An extension page to ask from. */
let asker: Page;
/** The diploma that the companion stamped at its first start, from its demo page. */
let diploma: { cid: string; digest: string; bytes: Buffer };

beforeAll(async () => {
  companion = await startCompanion();
  site = await serveSite({});
  extension = await launchExtension();
  asker = await extension.open('popup.html');
  await extension.ask(asker, 'companion.pair', {
    url: companion.ready.url,
    code: companion.ready.pairingCode,
  });
  const demo = await (await fetch(`${companion.ready.url}/demo`)).text();
  diploma = {
    cid: /\bQm[1-9A-HJ-NP-Za-km-z]{44}\b/.exec(demo)?.[0] ?? '',
    digest: /\b[0-9a-f]{64}\b/.exec(demo)?.[0] ?? '',
    bytes: Buffer.from(await (await fetch(`${companion.ready.url}/demo/diploma.html`)).arrayBuffer()),
  };
});
afterEach(async () => {
  for (const page of extension.context.pages()) if (page !== asker) await page.close();
});
afterAll(async () => {
  await extension?.close();
  await site?.close();
  await companion?.stop();
});

/** Serves a page, opens it, and switches verifying on for it. */
async function show(body: string, path = '/page.html'): Promise<{ page: Page; tabId: number }> {
  site.pages[path] = { body };
  const page = await extension.visit(`${site.origin}${path}`);
  return { page, tabId: await enable(page) };
}

async function enable(page: Page): Promise<number> {
  const tabId = await extension.tabId(page);
  const state = await extension.ask<SiteState>(asker, 'site.enable', { tabId, scope: 'site' });
  expect(state).toMatchObject({ isPossible: true, isEnabledForSite: true, isPermitted: true });
  return tabId;
}

const tabVerdicts = (tabId: number) => extension.ask<TabVerdicts>(asker, 'tab.verdicts', { tabId });

/** Of one tab, or what every tab shows that has none of its own. */
const badgeText = async (tabId?: number) => {
  const worker = await extension.worker();
  return worker.evaluate((of) => chrome.action.getBadgeText(of), tabId === undefined ? {} : { tabId });
};

/** Has the page watch from now on how long its main thread is held: a timer that comes late was held up. */
const watchThread = (page: Page) =>
  page.evaluate(() => {
    const beatMs = 10;
    const thread = { heldMs: 0 };
    let last = performance.now();
    setInterval(() => {
      const now = performance.now();
      thread.heldMs = Math.max(thread.heldMs, now - last - beatMs);
      last = now;
    }, beatMs);
    Object.assign(window, { thread });
  });

/** The longest time that something held the page's main thread, in ms. */
const heldMs = (page: Page) =>
  page.evaluate(() => (window as unknown as { thread: { heldMs: number } }).thread.heldMs);

/** What a page may be held: a person notices 100 ms, and the machine of a test may be slow. */
const mostHeldMs = 250;

const randomCid = () => cidOfBlockHash(randomBytes(32));
const randomDigest = () => randomBytes(32).toString('hex');

/** Stamps a file from the terminal, in a group of its own. */
async function stampFile(bytes: Uint8Array): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'hashmark-stamped-'));
  const path = join(folder, 'file.bin');
  try {
    await writeFile(path, bytes);
    const { code, stderr } = await runHashmark([
      'stamp',
      path,
      '--group',
      randomDigest(),
      '--home',
      companion.home,
    ]);
    expect(stderr).not.toMatch(/error/i);
    expect(code).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('the demo page', () => {
  it('should show what it promises: confirmed, contradicted, and nothing for the unknown', async () => {
    const page = await extension.visit(`${companion.ready.url}/demo`);
    const tabId = await enable(page);
    await expectBadges(page, [
      'Confirmed',
      'Confirmed',
      'Confirmed',
      'Confirmed',
      'Confirmed',
      'Contradicted',
    ]);
    const tab = await eventually('all verdicts are in', async () => {
      const tab = await tabVerdicts(tabId);
      return tab.verdicts.length === 3 ? tab : undefined;
    });
    expect(tab.verdicts.map(({ outcome }) => outcome)).toEqual(['contradicted', 'confirmed', 'confirmed']);
    expect(tab).toMatchObject({ candidateCount: 4, isIncomplete: false });
    expect(await badgeText(tabId)).toBe('3');
  });

  it('should tell the verdict, the block’s time and the reasons on a click, by mouse and by keyboard', async () => {
    const page = await extension.visit(`${companion.ready.url}/demo`);
    await enable(page);
    const [first] = await expectBadges(page, [...Array(5).fill('Confirmed'), 'Contradicted']);
    if (!first) throw new Error('There is no badge.');
    await clickBadge(page, first);
    const verdict = await extension.ask<Verdict>(asker, 'verify.hash', { hash: diploma.cid });
    const time = new Date((verdict.record?.blockTimeSeconds ?? 0) * 1000);
    const shown = await page.evaluate(
      (ms) => new Date(ms).toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'medium' }),
      time.getTime(),
    );
    const texts = await eventually('the card is open', async () => {
      const texts = await seeTexts(page);
      return texts.includes('Hashmark: confirmed') ? texts : undefined;
    });
    expect(texts).toContain(shown);
    expect(texts).toContain('The chain’s log holds the stamped CID');
    expect(texts.join(' ')).toContain('proves nothing to strangers');

    await page.keyboard.press('Escape');
    await eventually(
      'the card is closed',
      async () => !(await seeTexts(page)).includes('Hashmark: confirmed'),
    );
    await page.keyboard.press('Enter');
    await eventually('Enter opens it again', async () =>
      (await seeTexts(page)).includes('Hashmark: confirmed'),
    );
    const report = extension.context.waitForEvent('page');
    for (const key of ['Tab', 'Tab', 'Enter']) await page.keyboard.press(key);
    expect((await report).url()).toBe(`${extension.origin}/report.html?hash=${diploma.cid}`);
  });
});

describe('where a hash may stand', () => {
  it('should find every spelling in text, links, media, attributes and widget tags', async () => {
    const v1 = toCidV1(diploma.cid);
    site.pages['/image'] = { type: 'image/png', body: '' };
    const { page } = await show(`<!doctype html><title>x</title>
      <p>bare ${diploma.cid}</p>
      <p>version 1 ${v1.toUpperCase()}.</p>
      <p>(ipfs://${diploma.cid}/path)</p>
      <p>sha256:${diploma.digest.toUpperCase()}</p>
      <a href="https://${v1}.ipfs.dweb.link/x">subdomain gateway</a>
      <a href="https://gateway.example/ipfs/${diploma.cid}">path gateway</a>
      <img alt="" src="/ipfs/${diploma.cid}">
      <clverify cid="${diploma.cid}"></clverify>
      <a cid="${diploma.cid}" data-clv-bound="1" role="link">bound by a widget</a>
      <span data-digest="${diploma.digest}">attribute</span>`);
    await expectBadges(page, Array(10).fill('Confirmed'));
  });

  it('should mark a hash that the page has cut up once, behind its end, also when it comes piece by piece', async () => {
    const { page } = await show(
      `<p id="cut">${diploma.cid.replace(/.{9}/g, '$&<wbr>')}, says the page</p><p id="later"></p>`,
    );
    await expectBadges(page, ['Confirmed']);
    await page.evaluate((pieces) => {
      for (const piece of pieces) {
        const span = document.createElement('span');
        span.textContent = piece;
        document.querySelector('#later')?.append(span);
      }
    }, diploma.digest.match(/.{8}/g) ?? []);
    await expectBadges(page, ['Confirmed', 'Confirmed']);
    const texts = await page.evaluate(() =>
      [...document.querySelectorAll('p')].map(({ lastChild, textContent }) => [
        textContent,
        lastChild?.textContent,
      ]),
    );
    expect(texts).toEqual([
      [`${diploma.cid}, says the page`, ', says the page'],
      [diploma.digest, expect.anything()],
    ]);
  });

  it('should mark each hash of a text beside itself, and leave the page’s own nodes usable', async () => {
    const { page } = await show(`<pre id="list">${diploma.digest}  diploma.html
${randomDigest()}  other.html
${diploma.cid}  again
</pre>`);
    await expectBadges(page, ['Confirmed', 'Confirmed']);
    const list = await page.$eval('#list', (list) =>
      [...list.childNodes].map((node) =>
        node.nodeType === 3 ? node.textContent : `<${node.nodeName.toLowerCase()}>`,
      ),
    );
    expect(list).toEqual([
      diploma.digest,
      '<hashmark-badge>',
      expect.stringMatching(/^ {2}diploma\.html\n[0-9a-f]{64} {2}other\.html\nQm\w{44}$/),
      '<hashmark-badge>',
      '  again\n',
    ]);
    // As a framework does: it holds on to the one text node it made.
    await page.$eval('#list', (list) => {
      (list.firstChild as Text).data = 'changed';
    });
    await expectBadges(page, []);
    expect(await page.textContent('#list')).toBe('changed');
  });

  it('should follow what the page shows later, in shadow roots too', async () => {
    const { page } = await show('<div id="app">nothing yet</div><div id="shadow"></div>');
    await page.evaluate((cid) => {
      const app = document.querySelector('#app') as HTMLElement;
      app.textContent = `now ${cid}`;
    }, diploma.cid);
    await expectBadges(page, ['Confirmed']);
    await page.evaluate(() => document.querySelector('#app')?.remove());
    await expectBadges(page, []);
    await page.evaluate((cid) => {
      const root = (document.querySelector('#shadow') as HTMLElement).attachShadow({ mode: 'open' });
      root.append(`inside ${cid}`);
      document.body.append(document.createElement('hr'));
    }, diploma.cid);
    await page.evaluate(() => document.querySelector('#shadow')?.setAttribute('data-cid', ''));
    await expectBadges(page, ['Confirmed']);
  });

  it('should look into the frames of a page, and count them with it', async () => {
    site.pages['/frame.html'] = { body: `<p>${diploma.digest}</p>` };
    const { page, tabId } = await show(`<p>${diploma.cid}</p><iframe src="/frame.html"></iframe>`);
    await expectBadges(page, ['Confirmed']);
    await eventually('both frames are judged', async () => (await tabVerdicts(tabId)).verdicts.length === 2);
    expect(await badgeText(tabId)).toBe('2');
  });

  it('should take badges away and restore the text when verifying is switched off', async () => {
    const { page, tabId } = await show(`<p id="text">before ${diploma.cid} after</p>`);
    await expectBadges(page, ['Confirmed']);
    await extension.ask(asker, 'site.disable', { tabId, scope: 'site' });
    await expectBadges(page, []);
    expect(await page.$eval('#text', (text) => text.childNodes.length)).toBe(1);
    await page.reload();
    expect(await seeBadges(page)).toEqual([]);
    expect(await tabVerdicts(tabId)).toMatchObject({ verdicts: [], candidateCount: 0 });
  });

  it('should look at the next visit without being asked again', async () => {
    const { page } = await show(`<p>${diploma.cid}</p>`);
    await expectBadges(page, ['Confirmed']);
    await page.reload();
    await expectBadges(page, ['Confirmed']);
  });
});

describe('claims', () => {
  it('should contradict content that does not hash to the CID beside it, and confirm content that does', async () => {
    site.pages['/true.html'] = { body: diploma.bytes };
    site.pages['/false.html'] = { body: `${diploma.bytes} ` };
    const { page } = await show(`
      <a cid="${diploma.cid}" href="/true.html">true</a>
      <a cid="${diploma.cid}" href="/false.html#part">false</a>
      <img cid="${diploma.cid}" src="/false.html" alt="false">
      <a cid="${diploma.cid}" href="/gone.html">gone</a>
      <a cid="${diploma.cid}" href="${site.otherOrigin}/false.html">another origin’s</a>`);
    await expectBadges(page, ['Confirmed', 'Contradicted', 'Contradicted', 'Confirmed', 'Confirmed']);
  });

  it('should say so on the card when the content beside a CID is too large to read unasked', async () => {
    site.pages['/large.bin'] = { body: Buffer.alloc(9 * 1024 * 1024) };
    const { page } = await show(`<a cid="${diploma.cid}" href="/large.bin">large</a>`);
    const [badge] = await expectBadges(page, ['Confirmed']);
    if (!badge) throw new Error('There is no badge.');
    await eventually('the content was begun to be read', () => site.requests.includes('/large.bin'));
    await eventually('the card says that it was not read', async () => {
      await page.keyboard.press('Escape');
      await clickBadge(page, badge);
      return (await seeTexts(page)).includes('The content beside it has this CID');
    });
    expect(await seeTexts(page)).toContain('could not be done');
  });

  it('should not be kept from the rest of the page by an address without end', async () => {
    const endless = `/true.html?${'x'.repeat(10_000)}`;
    site.pages[endless] = { body: `${diploma.bytes} ` };
    site.pages['/false.html'] = { body: `${diploma.bytes} ` };
    const { page } = await show(`
      <a cid="${diploma.cid}" href="${endless}">false</a>
      <a cid="${diploma.cid}" href="/false.html">false</a>`);
    await expectBadges(page, ['Contradicted', 'Contradicted']);
  });

  it('should not ask for content beside a hash that nobody stamped', async () => {
    site.pages['/secret.html'] = { body: 'x' };
    site.requests.length = 0;
    const { page, tabId } = await show(
      `<a cid="${randomCid()}" href="/secret.html">x</a><p>${diploma.cid}</p>`,
    );
    await expectBadges(page, ['Confirmed']);
    expect((await tabVerdicts(tabId)).candidateCount).toBe(2);
    expect(site.requests).not.toContain('/secret.html');
  });
});

describe('hostile pages', () => {
  it('should read 20,000 hash-like strings without freezing the page', async () => {
    const lines = Array.from({ length: 20_000 }, (_, position) =>
      position % 2 === 0
        ? `<li>${randomCid()}</li>`
        : `<li><a href="/ipfs/${randomCid()}">${randomDigest()}</a></li>`,
    );
    const textOnly = Array.from({ length: 10_000 }, randomDigest).join(' ');
    site.pages['/many.html'] = { body: `<ol>${lines.join('')}</ol><p>${textOnly}</p><p>${diploma.cid}</p>` };
    const page = await extension.visit(`${site.origin}/many.html`);
    await watchThread(page);
    const tabId = await enable(page);
    const from = performance.now();
    // Asked of the background: looking at the page itself would take its time.
    await eventually(
      'all are judged',
      async () => (await tabVerdicts(tabId)).candidateCount === 40_001,
      60_000,
    );
    const tookMs = performance.now() - from;
    await page.waitForSelector('hashmark-badge', { state: 'attached' });
    const held = await heldMs(page);
    // The measure itself works: a task of our own is noticed.
    await page.evaluate(() => {
      const end = performance.now() + 120;
      while (performance.now() < end);
    });
    await eventually('a held thread is noticed', async () => (await heldMs(page)) >= 100);
    console.info(`40,001 hashes: ${Math.round(tookMs)} ms, the page held for ${Math.round(held)} ms at most`);
    expect(held).toBeLessThan(mostHeldMs);
  });

  it('should show a thousand badges without freezing the page', async () => {
    const digests = Array.from({ length: 1_200 }, randomDigest);
    const members = digests.map((digest) => ({ cid: cidOfBlockHash(Buffer.from(digest, 'hex')), digest }));
    await stampFile(encodeBundle(members));
    await extension.ask(asker, 'mirror.refresh');
    site.pages['/badges.html'] = {
      body: `<pre>${digests.join('\n')}</pre><ol>${digests.map((digest) => `<li>${digest}</li>`).join('')}</ol>`,
    };
    const page = await extension.visit(`${site.origin}/badges.html`);
    await watchThread(page);
    const from = performance.now();
    await enable(page);
    await eventually(
      'the badges are there',
      () => page.evaluate(() => document.querySelectorAll('hashmark-badge').length === 2_000),
      60_000,
    );
    const held = await heldMs(page);
    console.info(
      `2,000 badges: ${Math.round(performance.now() - from)} ms, the page held for ${Math.round(held)} ms at most`,
    );
    expect(held).toBeLessThan(mostHeldMs);
  });

  it('should read malformed HTML', async () => {
    const { page } = await show(`<table><tr><td><b><p>${diploma.cid}<table><li></b></a href=x">
      <select><option>${diploma.cid}</select><textarea>${diploma.cid}</textarea><script>var x = "${diploma.cid}"</script>
      <img src="/ipfs/${diploma.cid}" src=x onerror=<p <![CDATA[ ${diploma.digest} ]]> <!-- ${diploma.cid}`);
    await expectBadges(page, ['Confirmed', 'Confirmed']);
  });

  it('should stand against a page that restyles it', async () => {
    const { page } = await show(`<style>
      p *, hashmark-badge { display: none !important; visibility: hidden !important; opacity: 0 !important;
        position: fixed !important; left: -9999px !important; transform: scale(0) !important; width: 0 !important;
        clip-path: inset(100%) !important; filter: opacity(0) !important; pointer-events: none !important;
        animation: away 1ms forwards !important; font-size: 0 !important; color: transparent !important; }
      @keyframes away { to { opacity: 0 !important; display: none; } }
      * { color: transparent !important; }
      </style><p>${diploma.cid}</p>`);
    const [badge] = await expectBadges(page, ['Confirmed']);
    if (!badge) throw new Error('There is no badge.');
    const box = await boxOf(page, badge);
    expect(box.width).toBeGreaterThan(50);
    expect(box.height).toBeGreaterThan(12);
    const style = await page.$eval('hashmark-badge', (host) => {
      const { opacity, visibility, transform, clipPath, position } = getComputedStyle(host);
      return { opacity, visibility, transform, clipPath, position, isClosed: host.shadowRoot === null };
    });
    expect(style).toEqual({
      opacity: '1',
      visibility: 'visible',
      transform: 'none',
      clipPath: 'none',
      position: 'static',
      isClosed: true,
    });
    await clickBadge(page, badge);
    await eventually('a click reaches it', async () =>
      (await seeTexts(page)).includes('Hashmark: confirmed'),
    );
  });

  it('should put a badge back that the page takes away, changes or moves', async () => {
    const { page } = await show(`<p>${diploma.cid}</p>`);
    await expectBadges(page, ['Confirmed']);
    await page.$eval('hashmark-badge', (host) => host.remove());
    await expectBadges(page, ['Confirmed']);
    await page.$eval('hashmark-badge', (host) => {
      host.setAttribute('style', 'display: none !important');
      host.setAttribute('inert', '');
      host.setAttribute('aria-hidden', 'true');
    });
    await expectBadges(page, ['Confirmed']);
  });

  it('should give up against a page that always takes them away, and say so in the popup', async () => {
    const { page, tabId } = await show(`<p>${diploma.cid}</p><script>
      new MutationObserver(() => document.querySelectorAll('hashmark-badge').forEach((host) => host.remove()))
        .observe(document, { subtree: true, childList: true });
    </script>`);
    const tab = await eventually('the resistance is told', async () => {
      const tab = await tabVerdicts(tabId);
      return tab.notice ? tab : undefined;
    });
    expect(tab.notice).toMatch(/takes Hashmark’s badges away/);
    expect(tab.verdicts.map(({ outcome }) => outcome)).toEqual(['confirmed']);
    expect(await badgeText(tabId)).toBe('1');
    // It is over: the page still works.
    expect(await page.evaluate(() => 1 + 1)).toBe(2);
  });

  it('should not act on clicks and messages that the page makes up', async () => {
    const { page } = await show(`<p>${diploma.cid}</p>`);
    await expectBadges(page, ['Confirmed']);
    await page.$eval('hashmark-badge', (host) => (host as HTMLElement).click());
    await page.evaluate(
      (cid) => window.postMessage({ hashmark: 'report.open', request: { hash: cid } }, '*'),
      diploma.cid,
    );
    expect((await seeTexts(page)).includes('Hashmark: confirmed')).toBe(false);
    expect(extension.context.pages().some((open) => open.url().includes('report.html'))).toBe(false);
    expect(
      await page.evaluate(() => typeof chrome === 'undefined' || chrome.runtime?.sendMessage === undefined),
    ).toBe(true);
  });
});

describe('the toolbar', () => {
  it('should not show, after a stamp, what the tab’s former page came to', async () => {
    const { page, tabId } = await show(`<p>${diploma.cid}</p>`);
    await eventually('the verdict stands in the toolbar', async () => (await badgeText(tabId)) === '1');
    site.pages['/plain.html'] = { body: '<p>No hash stands here.</p>' };
    await page.goto(`${site.origin}/plain.html`);
    expect(await badgeText(tabId)).toBe('');
    const { jobId } = await extension.ask<{ jobId: string }>(asker, 'stamp.page', { tabId });
    await eventually('it is stamped', async () => {
      const jobs = await extension.ask<JobView[]>(asker, 'jobs.list');
      return jobs.find(({ id }) => id === jobId)?.phase === 'done';
    });
    await eventually('the end of the stamp is told', async () =>
      (await extension.notifications()).some(({ id }) => id.includes(jobId)),
    );
    expect(await badgeText(tabId)).toBe('');
  });

  it('should show nothing in any tab of a site that was switched off', async () => {
    const first = await show(`<p>${diploma.cid}</p>`, '/first.html');
    const second = await show(`<p>${diploma.cid}</p>`, '/second.html');
    for (const { tabId } of [first, second])
      await eventually('the verdict stands in the toolbar', async () => (await badgeText(tabId)) === '1');
    await extension.ask(asker, 'site.disable', { tabId: first.tabId, scope: 'site' });
    expect([await badgeText(first.tabId), await badgeText(second.tabId)]).toEqual(['', '']);
  });
});

describe('a browser that does not take everything', () => {
  it('should mark a page although there is no room to remember it', async () => {
    const worker = await extension.worker();
    await worker.evaluate(async () => {
      const { session } = chrome.storage;
      // As much as there is, piece by piece.
      for (let bytes = session.QUOTA_BYTES; bytes > 100; bytes /= 2)
        await session.set({ [`full-${bytes}`]: 'x'.repeat(bytes - 50) }).catch(() => undefined);
    });
    try {
      const { page } = await show(`<p>${diploma.cid}</p>`);
      await expectBadges(page, ['Confirmed']);
    } finally {
      await worker.evaluate(async () => {
        const { session } = chrome.storage;
        const keys = Object.keys(await session.get(null)).filter((key) => key.startsWith('full-'));
        await session.remove(keys);
      });
    }
  });

  it('should switch on a site that shows the browser’s own error page now', async () => {
    const page = await extension.context.newPage();
    await page.goto('http://127.0.0.1:9/').catch(() => undefined);
    const worker = await extension.worker();
    const tabId = await eventually('the tab has its address', () =>
      worker.evaluate(async () => (await chrome.tabs.query({ url: 'http://127.0.0.1/*' })).at(-1)?.id),
    );
    const state = await extension.ask<SiteState>(asker, 'site.enable', { tabId, scope: 'site' });
    expect(state).toMatchObject({ origin: 'http://127.0.0.1:9', isEnabledForSite: true });
  });
});

describe('a question of the user', () => {
  const verify = (hash: string) => extension.ask<Verdict>(asker, 'verify.hash', { hash });

  it('should be answered for every spelling, with the whole evidence', async () => {
    for (const hash of [
      diploma.cid,
      toCidV1(diploma.cid),
      `ipfs://${diploma.cid}/x`,
      diploma.digest.toUpperCase(),
    ]) {
      const verdict = await verify(hash);
      expect(verdict.outcome, hash).toBe('confirmed');
      expect(verdict.steps.every(({ result }) => result === 'passed')).toBe(true);
    }
  });

  it('should be pending for a file that waits in the account for its stamp', async () => {
    const bytes = randomBytes(1_000);
    const { stdout } = await runHashmark(['credentials', '--home', companion.home]);
    const { webhookUrl, secretKey } = JSON.parse(stdout);
    const form = new FormData();
    form.append('file', new Blob([bytes]), 'waiting.bin');
    const answer = await fetch(webhookUrl, {
      method: 'POST',
      headers: { 'secret-key': secretKey, 'group-id': 'Waiting', network: 'public' },
      body: form,
    });
    const { hash } = (await answer.json()) as { hash: string };
    expect(await verify(hash)).toMatchObject({ outcome: 'pending', hash: { kind: 'cid', value: hash } });
  });

  it('should be unknown for a hash that nobody stamped, and refused for what is none', async () => {
    expect(await verify(randomCid())).toMatchObject({ outcome: 'unknown' });
    await expect(verify(`${diploma.cid}x`)).rejects.toThrow(/not-a-hash: .* is no CID/);
  });
});

describe('what cannot be looked at', () => {
  it('should say unchecked, not unknown, while RPC is down, and recover by itself', async () => {
    const unknown = randomCid();
    const port = Number(new URL(companion.ready.url).port);
    await companion.stop({ keepHome: true });
    const { page, tabId } = await show(`<p>${diploma.cid}</p><p>${unknown}</p>`);
    await expectBadges(page, ['Unchecked'], 30_000);
    const tab = await eventually(
      'the page says that it is not complete',
      async () => {
        const tab = await tabVerdicts(tabId);
        return tab.isIncomplete ? tab : undefined;
      },
      30_000,
    );
    expect(tab.reason).toMatch(/did not answer/);
    const verdict = await extension.ask<Verdict>(asker, 'verify.hash', { hash: unknown });
    expect(verdict.outcome).toBe('unchecked');

    companion = await startCompanion({ home: companion.home, port });
    await expectBadges(page, ['Confirmed'], 60_000);
    const known = await extension.ask<Verdict>(asker, 'verify.hash', { hash: unknown });
    expect(known.outcome).toBe('unknown');
  });

  it('should mark a page that is open as soon as its hash is stamped', async () => {
    const bytes = randomBytes(300_000);
    const digest = createHash('sha256').update(bytes).digest('hex');
    const { page, tabId } = await show(`<p>${digest}</p>`);
    await eventually('the page is judged', async () => (await tabVerdicts(tabId)).candidateCount === 1);
    expect(await seeBadges(page)).toEqual([]);
    await stampFile(bytes);
    await extension.ask(asker, 'mirror.refresh');
    await expectBadges(page, ['Confirmed']);
  });
});

describe('an insecure page', () => {
  it('should be read and its claims judged without WebCrypto', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'hashmark-insecure-'));
    await cp(builtExtension, folder, { recursive: true });
    const manifestPath = join(folder, 'manifest.json');
    const manifest = JSON.parse(await readFile(manifestPath, 'utf8'));
    // As if the user had allowed all sites: nobody can answer the browser's question in a test.
    manifest.host_permissions.push('http://*/*', 'https://*/*');
    await writeFile(manifestPath, JSON.stringify(manifest));
    const browser = await launchExtension({
      extensionFolder: folder,
      args: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'],
    });
    try {
      const popup = await browser.open('popup.html');
      const { stdout } = await runHashmark(['pair', '--json', '--home', companion.home]);
      const { pairingCode } = JSON.parse(stdout);
      await browser.ask(popup, 'companion.pair', { url: companion.ready.url, code: pairingCode });
      site.pages['/false.html'] = { body: `${diploma.bytes} ` };
      site.pages['/insecure.html'] = {
        body: `<p>${diploma.cid}</p><a cid="${diploma.cid}" href="/false.html">false</a>`,
      };
      const page = await browser.visit(`http://insecure.test:${new URL(site.origin).port}/insecure.html`);
      expect(await page.evaluate(() => crypto.subtle === undefined)).toBe(true);
      const tabId = await browser.tabId(page);
      await browser.ask(popup, 'site.enable', { tabId, scope: 'all' });
      await expectBadges(page, ['Confirmed', 'Contradicted']);
      await page.reload();
      await expectBadges(page, ['Confirmed', 'Contradicted']);
    } finally {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
