import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { JobView } from '../../extension/messages.ts';
import { builtExtension, chromiumPath, type ExtensionBrowser, launchExtension } from '../helpers/browser.ts';
import { eventually } from '../helpers/eventually.ts';
import { serveSite, type WebSite } from '../helpers/web-site.ts';

const square = (colour: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40" fill="${colour}"/></svg>`;
const svg = (colour: string) => ({ type: 'image/svg+xml', body: square(colour) });

/** Any real font will do, and one lies in a package that the tests use anyway. */
function iconFont(): Buffer {
  const folder = resolve(import.meta.dirname, '../../node_modules/playwright-core/lib/vite/traceViewer');
  const name = readdirSync(folder).find((file) => file.endsWith('.ttf'));
  return readFileSync(join(folder, name ?? 'codicon.ttf'));
}

let extension: ExtensionBrowser;
let site: WebSite;
let asker: Page;
/** A plain browser, to open captured files as a stranger would. */
let stranger: Browser;
let folder: string;

beforeAll(async () => {
  site = await serveSite({});
  extension = await launchExtension();
  asker = await extension.open('popup.html');
  stranger = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  folder = await mkdtemp(join(tmpdir(), 'hashmark-captured-'));
});
afterAll(async () => {
  await stranger?.close();
  await extension?.close();
  await site?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
});

interface Capture {
  job: JobView;
  html: string;
}

async function capture(page: Page): Promise<Capture> {
  const tabId = await extension.tabId(page);
  const { jobId } = await extension.ask<{ jobId: string }>(asker, 'stamp.page', { tabId });
  const job = await eventually('the capture is fingerprinted', async () => {
    const jobs = await extension.ask<JobView[]>(asker, 'jobs.list');
    return jobs.find(({ id, fingerprint }) => id === jobId && fingerprint);
  });
  return { job, html: await capturedText(jobId) };
}

function capturedText(jobId: string, from = asker): Promise<string> {
  return from.evaluate(async (id) => {
    const db = await new Promise<IDBDatabase>((done, fail) => {
      const request = indexedDB.open('hashmark-jobs');
      request.onsuccess = () => done(request.result);
      request.onerror = () => fail(request.error);
    });
    const blob = await new Promise<Blob>((done, fail) => {
      const request = db.transaction('files').objectStore('files').get(id);
      request.onsuccess = () => done(request.result);
      request.onerror = () => fail(request.error);
    });
    db.close();
    return blob.text();
  }, jobId);
}

async function captureAt(path: string): Promise<Capture> {
  const page = await extension.visit(site.origin + path);
  try {
    return await capture(page);
  } finally {
    await page.close();
  }
}

/** Opens a captured file with the network cut off. */
async function openAlone(html: string): Promise<{ page: Page; requests: string[] }> {
  const path = join(folder, `${crypto.randomUUID()}.html`);
  await writeFile(path, html);
  const context = await stranger.newContext({ viewport: { width: 1000, height: 800 }, offline: true });
  const page = await context.newPage();
  const requests: string[] = [];
  page.on('request', (request) => {
    if (/^https?:/.test(request.url())) requests.push(request.url());
  });
  await page.goto(pathToFileURL(path).href);
  return { page, requests };
}

/** Of 800,000; smoothed edges of letters may differ by a shade. */
const mostDifferingPixels = 50;

/** Pixels that differ by more than a shade between two pictures of the same size. */
function countDifferences(page: Page, one: Buffer, other: Buffer): Promise<number> {
  return page.evaluate(
    async (pictures) => {
      const [a, b] = await Promise.all(
        pictures.map(async (base64) => {
          const image = new Image();
          image.src = `data:image/png;base64,${base64}`;
          await image.decode();
          const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
          canvas?.drawImage(image, 0, 0);
          return canvas?.getImageData(0, 0, image.width, image.height).data ?? new Uint8ClampedArray();
        }),
      );
      if (!a || !b || a.length !== b.length) return Number.POSITIVE_INFINITY;
      let count = 0;
      for (let at = 0; at < a.length; at += 4) {
        const differs = [0, 1, 2].some(
          (channel) => Math.abs((a[at + channel] ?? 0) - (b[at + channel] ?? 0)) > 48,
        );
        if (differs) count += 1;
      }
      return count;
    },
    [one.toString('base64'), other.toString('base64')],
  );
}

describe('capture of a page', () => {
  it('opens alone and looks the same, with images, nested style sheets, fonts, frames, shadow trees and canvas', async () => {
    site.pages = {
      '/rich/': { body: richPage },
      '/rich/css/main.css': {
        type: 'text/css',
        body: `@import "parts/boxes.css" layer(boxes) screen;
          @import url("parts/none.css") print;
          @font-face { font-family: Icons; src: url(old.eot); src: url("../fonts/icons.ttf") format("truetype"), url(x.woff) format("woff") }
          @font-face { font-family: Icons; unicode-range: U+0370-03FF; src: url(../fonts/greek.ttf) }
          .icon { font: 40px Icons }
          body { background: #eef url('../images/ground.svg?a=1&b=(2)') no-repeat 300px 10px; font: 16px sans-serif }
          my-card:not(:defined) { display: none }`,
      },
      '/rich/css/parts/boxes.css': {
        type: 'text/css; charset=iso-8859-1',
        body: Buffer.from(
          '@import url(deeper.css);.box{width:60px;height:60px;background:url("../../images/box.svg")}.quote::before{content:"\xe9"}',
          'latin1',
        ),
      },
      '/rich/css/parts/deeper.css': {
        type: 'text/css',
        body: '.deep { color: rgb(200, 0, 100); border: 3px solid }',
      },
      '/rich/css/parts/none.css': { type: 'text/css', body: 'body { display: none }' },
      '/rich/fonts/icons.ttf': { type: 'font/ttf', body: iconFont() },
      '/rich/images/ground.svg': svg('orange'),
      '/rich/images/box.svg': svg('teal'),
      '/rich/images/one.svg': svg('purple'),
      '/rich/images/two.svg': svg('gold'),
      '/rich/frame.html': {
        body: '<!doctype html><link rel=stylesheet href=css/parts/deeper.css><p class=deep>In a frame</p><img src=images/two.svg>',
      },
    };
    const page = await extension.visit(`${site.origin}/rich/`);
    await page.fill('#name', 'Ada "L"');
    await page.fill('#note', '\nfirst\nsecond');
    await page.fill('#secret', 'hunter2');
    await page.check('#yes');
    await page.selectOption('#pick', 'b');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.mouse.move(900, 700); // A field under the pointer has another colour.
    const before = await page.screenshot({ caret: 'hide' });
    const { job, html } = await capture(page);
    await page.close();

    expect(job.missing).toEqual([]);
    const alone = await openAlone(html);
    expect(alone.requests).toEqual([]);
    expect(await alone.page.inputValue('#name')).toBe('Ada "L"');
    expect(await alone.page.inputValue('#note')).toBe('\nfirst\nsecond');
    expect(await alone.page.inputValue('#secret')).toBe('');
    expect(await alone.page.getAttribute('#away', 'href')).toBe(`${site.origin}/elsewhere?x=1`);
    expect(html).not.toContain('hunter2');
    expect(html).not.toMatch(/<script|onclick|javascript:/i);
    // A password shows as dots in the page and as nothing in the file: that one difference is meant.
    await alone.page.fill('#secret', 'hunter2');
    await alone.page.evaluate(() => (document.activeElement as HTMLElement).blur());
    const after = await alone.page.screenshot({ caret: 'hide' });
    expect(await countDifferences(alone.page, before, after)).toBeLessThan(mostDifferingPixels);
  });

  it('gives the same bytes for the same state, and others for another', async () => {
    site.pages = {
      '/same': {
        body: `<title>Same</title>${'<p>text <img src="/a.svg"> <img src="/b.svg"></p>'.repeat(20)}`,
      },
      '/a.svg': (_, response) =>
        // Answers arrive in another order each time.
        void setTimeout(
          () => response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(square('red')),
          Math.random() * 50,
        ),
      '/b.svg': svg('blue'),
    };
    const page = await extension.visit(`${site.origin}/same`);
    const first = await capture(page);
    const second = await capture(page);
    await page
      .locator('p')
      .first()
      .evaluate((p) => p.append('!'));
    const third = await capture(page);
    const again = await captureAt('/same');
    await page.close();
    expect(second.job.fingerprint).toEqual(first.job.fingerprint);
    expect(again.job.fingerprint).toEqual(first.job.fingerprint);
    expect(third.job.fingerprint?.cid).not.toBe(first.job.fingerprint?.cid);
  });

  it('does not change when Hashmark itself has put badges on the page', async () => {
    site.pages = { '/badges': { body: '<title>Badges</title><p>before and after</p>' } };
    const page = await extension.visit(`${site.origin}/badges`);
    const plain = await capture(page);
    await page.locator('p').evaluate((p) => {
      const after = (p.firstChild as Text).splitText(6);
      p.insertBefore(document.createElement('hashmark-badge'), after).attachShadow({ mode: 'closed' });
    });
    const badged = await capture(page);
    await page.close();
    expect(badged.job.fingerprint).toEqual(plain.job.fingerprint);
  });

  it('lists what it could not read, in the file and in the job', async () => {
    const denied = `${site.otherOrigin}/denied.svg`;
    site.pages = {
      '/holes': {
        body: `<title>Holes</title><img src="${denied}"><img src="/gone.png"><link rel=stylesheet href="/gone.css">
          <iframe src="${site.otherOrigin}/other"></iframe><p style="background:url(/gone-too.png)">text</p>`,
      },
      '/denied.svg': svg('red'),
      '/other': { body: 'other site' },
    };
    const { job, html } = await captureAt('/holes');
    const missing = [
      `${site.origin}/gone-too.png`,
      `${site.origin}/gone.css`,
      `${site.origin}/gone.png`,
      denied,
      `${site.otherOrigin}/other`,
    ];
    expect(job.missing).toEqual(missing);
    const { page } = await openAlone(html);
    const listed = await page
      .locator('meta[name=hashmark-missing]')
      .evaluateAll((tags) => tags.map((tag) => tag.getAttribute('content')));
    expect(listed).toEqual(missing);
    expect(await page.getAttribute('img', 'src')).toBe(denied);
    expect(await page.getAttribute('iframe', 'sandbox')).toBe('');
  });

  it('reads another site where that site allows it', async () => {
    site.pages = {
      '/open': { body: `<title>Open</title><img src="${site.otherOrigin}/open.svg">` },
      '/open.svg': (request, response) => {
        // As many servers do: the header only comes with an Origin, and no Vary, so the cached copy lacks it.
        const cors = request.headers.origin ? { 'access-control-allow-origin': '*' } : {};
        response
          .writeHead(200, { 'content-type': 'image/svg+xml', 'cache-control': 'max-age=600', ...cors })
          .end(square('green'));
      },
    };
    const { job, html } = await captureAt('/open');
    expect(job.missing).toEqual([]);
    expect(html).toContain('data:image/svg+xml;base64,');
  });

  it('works under a strict content security policy', async () => {
    site.pages = {
      '/strict': {
        headers: {
          'content-security-policy':
            "default-src 'none'; img-src 'self'; style-src 'self'; sandbox allow-same-origin; require-trusted-types-for 'script'",
        },
        body: '<title>Strict</title><link rel=stylesheet href="/strict.css"><h1>Strict</h1><img src="/i.svg">',
      },
      '/strict.css': { type: 'text/css', body: 'h1 { color: rgb(1, 2, 3); background: url(/i.svg) }' },
      '/i.svg': svg('lime'),
    };
    const { job, html } = await captureAt('/strict');
    expect(job.missing).toEqual([]);
    const { page } = await openAlone(html);
    expect(await page.locator('h1').evaluate((h1) => getComputedStyle(h1).color)).toBe('rgb(1, 2, 3)');
  });

  it('is not bent by a page that shadows the DOM with its own names', async () => {
    site.pages = {
      '/clobber': {
        body: `<!doctype html><title>Clobber</title><img name="documentElement"><img name="body"><img name="fonts"><img name="baseURI">
          <form><input name="childNodes"><input name="attributes"><input name="firstChild"><input name="localName"><b>inside</b></form>
          <script>
            Node.prototype.cloneNode = Document.prototype.querySelectorAll = () => { throw new Error('no') };
            window.fetch = () => Promise.reject(new Error('no'));
            Object.defineProperty(Element.prototype, 'attributes', { get: () => [] });
          </script><p id="end">end</p>`,
      },
    };
    const { html } = await captureAt('/clobber');
    expect(html).toContain('<b>inside</b>');
    expect(html).toContain('<p id="end">end</p>');
    expect(html).toContain('<input name="attributes" value="">'.replace(' value=""', ''));
  });

  it.each([
    ['its head at the end', `document.documentElement.append(document.head)`],
    ['text before its head', `document.documentElement.prepend('x')`],
    ['no head', `document.head.remove()`],
    ['another root', `document.replaceChild(host, document.documentElement)`],
    [
      'its text in a title',
      `document.body.append(document.createElement('title')); document.querySelector('body title').append(host)`,
    ],
    [
      'its text in an SVG',
      `document.body.innerHTML = '<svg></svg>'; document.querySelector('svg').append(host)`,
    ],
  ])('runs nothing when it is opened, of a page with %s', async (_name, change) => {
    site.pages = {
      '/tricky': {
        body: `<!doctype html><title>Tricky</title><style id=own>p { color: red }</style><body><p id=content>content</p><script>
          const host = document.createElement('div');
          for (const name of ['xmp', 'noembed', 'plaintext']) {
            const literal = document.createElement(name);
            literal.append('</' + name + '></title><', 'img src=x onerror="document.documentElement.dataset.ran=1">');
            host.append(literal);
          }
          // Of no danger by itself: shows whether the file's rules hold.
          const style = document.createElement('style');
          style.textContent = '/* </title><img src=x onerror="document.documentElement.dataset.ran=1"> */';
          host.append(style);
          document.body.append(host);
          ${change};
        </script>`,
      },
    };
    const { html } = await captureAt('/tricky');
    const { page } = await openAlone(html);
    const { policy, didRun } = await page.evaluate(() => ({
      policy: document.head.querySelector('meta[http-equiv]')?.getAttribute('content') ?? '',
      didRun: document.documentElement.dataset.ran,
    }));
    expect(didRun).toBeUndefined();
    expect(policy).toContain("script-src 'none'");
  });

  it('gets through malformed and very deep documents', async () => {
    site.pages = {
      '/malformed': {
        body: `<p>one<p>two<table><b>foster<tr><td>cell</table><a href="javascript:alert(1)"<b>x</a>
          <div "quote=1 <odd a=b onclick=alert(1)>text</div><style>p { color: red</style><svg><style>*{fill:red}</style><p>out</svg>
          <div style="background:url(javascript:1);color:green">k</div><!-- <script> --><textarea>
</textarea>unclosed <i>`,
      },
      '/deep': {
        body: `<title>Deep</title><div id=root hidden></div><script>
          let at = document.getElementById('root');
          for (let i = 0; i < 8000; i++) at = at.appendChild(document.createElement('span'));
          at.textContent = 'bottom';</script>`,
      },
    };
    const { html } = await captureAt('/malformed');
    expect(html).not.toMatch(/onclick|javascript:alert/);
    expect(html).toMatch(/two.*foster.*cell.*unclosed/s);
    const deep = await captureAt('/deep');
    expect(deep.html).toContain('<span>bottom</span>');
  });

  it('keeps what scripts did to style sheets', async () => {
    site.pages = {
      '/cssom': {
        body: `<!doctype html><title>CSSOM</title><style id=empty></style><style>h2 { color: rgb(9, 9, 9) }</style><h1>styled</h1><h2>h2</h2><script>
          document.getElementById('empty').sheet.insertRule('h1 { color: rgb(4, 5, 6) }');
          const adopted = new CSSStyleSheet(); adopted.replaceSync('h2 { color: rgb(7, 8, 9) }');
          document.adoptedStyleSheets = [adopted];</script>`,
      },
    };
    const { html } = await captureAt('/cssom');
    const { page } = await openAlone(html);
    const colour = (selector: string) => page.locator(selector).evaluate((it) => getComputedStyle(it).color);
    expect(await colour('h1')).toBe('rgb(4, 5, 6)');
    expect(await colour('h2')).toBe('rgb(7, 8, 9)');
  });

  it('takes the file itself where the tab shows a file', async () => {
    const body = '{"plain": "json"}';
    site.pages = { '/data.json': { type: 'application/json', body } };
    const { job, html } = await captureAt('/data.json');
    expect(job.name).toBe('data.json');
    expect(html).toBe(body);
  });

  it('fills holes by the background where a permission allows it', async () => {
    // Another port is another site to the page; the extension may read the loopback address from the start.
    const other = await serveSite({ '/far.svg': svg('navy') });
    site.pages = { '/near': { body: `<title>Near</title><img src="${other.origin}/far.svg">` } };
    const { job, html } = await captureAt('/near');
    await other.close();
    expect(job.missing).toEqual([]);
    expect(html).toContain('data:image/svg+xml;base64,');
  });

  it('says so where the browser lets no extension in', async () => {
    const page = await extension.visit('chrome://version/');
    const tabId = await extension.tabId(page);
    await expect(extension.ask(asker, 'stamp.page', { tabId })).rejects.toThrow(/page-not-readable/);
    await page.close();
  });
});

describe('capture with the permission to archive pages', () => {
  it('gets what the page may not read, with the same bytes each time', async () => {
    const permitted = join(folder, 'permitted');
    await cp(builtExtension, permitted, { recursive: true });
    const manifestPath = join(permitted, 'manifest.json');
    const manifest = JSON.parse(await readFile(manifestPath, 'utf8')) as { permissions: string[] };
    manifest.permissions.push('pageCapture');
    await writeFile(manifestPath, JSON.stringify(manifest));

    site.pages = {
      '/archive': {
        body: `<title>Archive</title><img src="${site.otherOrigin}/x.svg"><iframe src="${site.otherOrigin}/inner"></iframe><p>ä € ${'long line '.repeat(40)}`,
      },
      '/x.svg': svg('red'),
      '/inner': { body: 'inside another site' },
    };
    const archiver = await launchExtension({ extensionFolder: permitted });
    try {
      const page = await archiver.visit(`${site.origin}/archive`);
      const from = await archiver.open('options.html');
      const results: JobView[] = [];
      for (let round = 0; round < 2; round += 1) {
        const tabId = await archiver.tabId(page);
        const { jobId } = await archiver.ask<{ jobId: string }>(from, 'stamp.page', { tabId });
        results.push(
          await eventually('the archive is fingerprinted', async () =>
            (await archiver.ask<JobView[]>(from, 'jobs.list')).find(
              ({ id, fingerprint }) => id === jobId && fingerprint,
            ),
          ),
        );
      }
      expect(results[0]).toMatchObject({ name: 'Archive.mhtml', missing: [] });
      expect(results[1]?.fingerprint).toEqual(results[0]?.fingerprint);
      const archive = await capturedText(results[0]?.id ?? '', from);
      expect(archive).toContain(`Content-Location: ${site.otherOrigin}/x.svg`);
      expect(archive).toContain('inside another site');
      const path = join(folder, 'archive.mhtml');
      await writeFile(path, archive);
      const reader = await (await stranger.newContext({ offline: true })).newPage();
      await reader.goto(pathToFileURL(path).href);
      expect(await reader.locator('img').evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(
        40,
      );
      expect(await reader.frameLocator('iframe').locator('body').innerText()).toBe('inside another site');
    } finally {
      await archiver.close();
    }
  });
});

const richPage = `<!doctype html>
<html lang="en"><head><title>Rich</title><link rel="stylesheet" href="css/main.css">
<link rel="preload" as="style" href="css/main.css"><script src="missing.js"></script></head>
<body onload="document.title='Rich'">
<h1 class="deep" onclick="alert(1)">Rich page</h1>
<div class="box"></div><span class="icon">&#xea60;&#xea61;</span> <span class="quote">quoted</span>
<picture><source srcset="images/two.svg 1x" media="(min-width: 100px)"><img src="images/one.svg" alt="chosen"></picture>
<img srcset="images/one.svg 2x" width="30" alt="">
<p style='background: url("images/one.svg") repeat-x; height: 20px'>ground &amp; &lt;text&gt;</p>
<form><input id="name" value="old"><input id="secret" type="password"><input id="yes" type="checkbox"><textarea id="note" rows="4"></textarea>
<select id="pick"><option value="a" selected>A<option value="b">B</select></form>
<iframe src="frame.html" width="300" height="120"></iframe>
<iframe srcdoc="<b>inner</b><script>document.body.append(' ran')</script>" width="150" height="60"></iframe>
<canvas id="canvas" width="80" height="40" style="border:1px solid"></canvas>
<div id="open"></div><div id="closed"></div><my-card>card</my-card>
<svg width="50" height="50" viewBox="0 0 50 50"><defs><linearGradient id="g"><stop stop-color="red"/><stop offset="1" stop-color="blue"/></linearGradient></defs>
<rect width="50" height="50" fill="url(#g)"/><image href="images/one.svg" width="20" height="20"/></svg>
<a id="away" href="/elsewhere?x=1">away</a> <a href="javascript:alert(1)">script</a>
<script>
  const context = document.getElementById('canvas').getContext('2d');
  context.fillStyle = 'crimson'; context.fillRect(10, 10, 40, 20);
  for (const mode of ['open', 'closed']) {
    const root = document.getElementById(mode).attachShadow({ mode });
    root.innerHTML = '<style>b { color: green }</style><b>' + mode + ' shadow</b> <img src="images/two.svg" width="15">';
    const sheet = new CSSStyleSheet(); sheet.replaceSync('b { text-decoration: underline }');
    root.adoptedStyleSheets = [sheet];
  }
  customElements.define('my-card', class extends HTMLElement {});
</script></body></html>`;
