import { AxeBuilder } from '@axe-core/playwright';
import { getRequestListener } from '@hono/node-server';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import type { ServiceSettings } from '../../companion/service/context.ts';
import { chromiumPath } from '../helpers/browser.ts';
import { type RunningService, startService } from '../helpers/running-service.ts';
import { serveOverTls, type TlsSite } from '../helpers/tls-site.ts';

const helloCid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const unknownCid = 'QmehMASWcBsX7VcEQqs6rpR5AHoBfKyBVEgmkJHjpPg8jq';

let running: RunningService;
/** The service as the web sees it: over TLS. */
let service: TlsSite;
/** A page of somebody else. */
let site: TlsSite;
let browser: Browser;
const open: BrowserContext[] = [];
const settings: { -readonly [Name in keyof ServiceSettings]?: ServiceSettings[Name] } = {};
let pageHtml = '';
let twoCid: string;
let privateCid: string;

beforeAll(async () => {
  running = await startService({ chain: true, settings });
  service = await serveOverTls(getRequestListener(running.service.app.fetch));
  settings.publicUrl = service.origin;
  site = await serveOverTls((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(pageHtml),
  );
  browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-quic'],
  });
  await running.upload({ 'group-id': 'One', network: 'public', 'stamp-immediately': 'true' }, 'hello world');
  await running.upload({ 'group-id': 'Many', network: 'public' }, 'first', 'one.txt');
  const many = { 'group-id': 'Many', network: 'public', 'stamp-immediately': 'true' };
  twoCid = (await running.upload(many, 'second', 'two.txt')).body.hash;
  const kept = { 'group-id': 'Kept', network: 'private', 'stamp-immediately': 'true' };
  privateCid = (await running.upload(kept, 'private', 'kept.txt')).body.hash;
});

afterEach(async () => {
  for (const context of open.splice(0)) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await service?.close();
  await running?.stop();
});

interface View {
  javaScriptEnabled?: boolean;
  colorScheme?: 'light' | 'dark';
  width?: number;
}

/** A tab that notes what its page complains about. */
async function newPage({
  width = 1000,
  ...options
}: View = {}): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({
    ignoreHTTPSErrors: true,
    viewport: { width, height: 800 },
    ...options,
  });
  open.push(context);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, complaints };
}

describe('the verification page', () => {
  it('says everything without JavaScript', async () => {
    const { page, complaints } = await newPage({ javaScriptEnabled: false });
    await page.goto(`${service.origin}/verify/${helloCid}`);
    expect(page.url()).toBe(`${service.origin}/pverify/${helloCid}`);
    const text = await page.locator('body').innerText();
    for (const said of ['hello.txt', helloCid, 'Acme', '4774123456', 'This proves nothing to strangers.'])
      expect(text).toContain(said);
    expect(await page.locator('.issuer img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(
      128,
    );
    expect(complaints).toEqual([]);
  });

  it('leads to the evidence and to the bytes', async () => {
    const { page } = await newPage();
    await page.goto(`${service.origin}/pverify/${twoCid}`);
    await page.getByRole('link', { name: 'The evidence, for programs' }).click();
    expect(JSON.parse(await page.locator('body').innerText())).toMatchObject({ cid: twoCid });
    await page.goBack();
    await page.getByRole('link', { name: 'Open the file' }).click();
    expect(await page.locator('body').innerText()).toBe('second');
  });

  it.each(['light', 'dark'] as const)(
    'can be read by everybody in the %s, wide and narrow',
    async (colorScheme) => {
      for (const width of [1000, 320]) {
        const { page } = await newPage({ colorScheme, width });
        const { body } = await running.json('POST', {}, '{"groupname":"Spring"}', '/jwt');
        for (const path of [
          `/pverify/${helloCid}`,
          `/pverify/${privateCid}`,
          `/pverify/${unknownCid}`,
          `/claim/${twoCid}`,
          `/jwt/${body.token}`,
        ]) {
          await page.goto(service.origin + path);
          const { violations } = await new AxeBuilder({ page }).analyze();
          expect(
            violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]),
            `${path} ${width}`,
          ).toEqual([]);
          const overflow = await page.evaluate(
            () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
          );
          expect(overflow, `${path} ${width}`).toBe(0);
        }
      }
    },
  );

  it('prints on one sheet, dark on white, with its address', async () => {
    const { page } = await newPage({ colorScheme: 'dark' });
    await page.goto(`${service.origin}/pverify/${twoCid}`);
    expect(countPages(await page.pdf({ format: 'A4' }))).toBe(1);
    await page.emulateMedia({ media: 'print' });
    const colours = await page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.body);
      return { color, backgroundColor };
    });
    expect(colours).toEqual({ color: 'rgb(22, 23, 26)', backgroundColor: 'rgba(0, 0, 0, 0)' });
    expect(await page.locator('.for-print').innerText()).toContain(`${service.origin}/pverify/${twoCid}`);
  });
});

function countPages(pdf: Buffer): number {
  return pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
}

/** Shaped like the widget that is in use: it always asks over https, and puts the brand into its page as HTML. */
const foreignWidget = `
<!doctype html><html lang="en"><title>A page with a widget</title>
<div id="mark"></div>
<script type="module">
  const { host, cid } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const verified = await (await fetch('https://' + host + '/widget/verify?cid=' + cid + '&limit=1')).json();
  const looked = await (await fetch('https://' + host + '/widget/lookup/' + cid)).json();
  const onIpfs = await fetch('https://' + host + '/ipfs/' + cid + '?', { method: 'HEAD' });
  const data = verified.data ?? verified.chainLetterResult?.data;
  const brand = looked.personaBrand;
  document.querySelector('#mark').innerHTML =
    '<img src="' + brand.logo + '"><a href="https://' + looked.plurl + '">' + brand.name + '</a>';
  window.result = {
    inDatabase: verified.success,
    onChain: !!data?.foreign_tx_id,
    isGroup: !!data?.isBulk,
    filename: data?.filename,
    seconds: data?.created,
    onIpfs: onIpfs.status < 400 && !(onIpfs.headers.get('content-type') ?? '').includes('text/html'),
    isGreen: looked.localIssued && !!brand.logo,
    type: looked.data[0].type,
  };
</script></html>`;

describe('a widget that never heard of us, on a page elsewhere', () => {
  async function look(cid: string) {
    pageHtml = foreignWidget;
    const { page, complaints } = await newPage();
    const { host } = new URL(service.origin);
    await page.goto(`${site.origin}/#${encodeURIComponent(JSON.stringify({ host, cid }))}`);
    await page.waitForFunction(() => 'result' in window);
    return {
      page,
      complaints,
      result: await page.evaluate(() => (window as unknown as { result: unknown }).result),
    };
  }

  it('finds the file in the database, on the chain, on IPFS, and issued by us', async () => {
    const { result, complaints } = await look(helloCid);
    expect(result).toEqual({
      inDatabase: true,
      onChain: true,
      isGroup: false,
      filename: 'hello.txt',
      seconds: expect.any(Number),
      onIpfs: true,
      isGreen: true,
      type: 'txt',
    });
    expect(complaints).toEqual([]);
  });

  it('finds a group as a group, and of a private file no bytes', async () => {
    expect((await look(twoCid)).result).toMatchObject({ onChain: true, isGroup: true });
    expect((await look(privateCid)).result).toMatchObject({ onChain: true, onIpfs: false });
  });

  it('gets an answer that it can read for what nobody knows', async () => {
    const { result } = await look(unknownCid);
    expect(result).toMatchObject({ inDatabase: false, onChain: false, onIpfs: false, isGreen: false });
  });

  it('cannot be made to run what stands in a brand', async () => {
    settings.brandName = '<img src=x onerror="window.hacked=1">Acme';
    const { page } = await look(helloCid);
    delete settings.brandName;
    expect(await page.locator('#mark a').innerText()).toContain('Acme');
    expect(await page.locator('#mark img').count()).toBe(1);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  });
});

describe('our own widget', () => {
  async function show(body: string, view: View = {}) {
    pageHtml = `<!doctype html><html lang="en"><title>A page</title><body>${body}
<script src="${service.origin}/widget/clverify.js"></script><script src="${service.origin}/widget/clverify.js"></script></body></html>`;
    const { page, complaints } = await newPage(view);
    await page.goto(site.origin);
    return { page, complaints };
  }

  it('binds the markup once, as other programs expect it', async () => {
    const { page, complaints } = await show(
      `<clverify cid="${helloCid}" mode="dark"></clverify><clverify id="none"></clverify>
       <a cid="${twoCid}" href="two.txt" logo><b>My file</b></a> <a href="plain.html">plain</a>`,
    );
    const button = page.locator('button.clv-button');
    expect(await button.count()).toBe(1);
    expect(await button.getAttribute('data-clv-bound')).toBe('1');
    expect(await button.getAttribute('cid')).toBe(helloCid);
    const anchor = page.locator('a[cid]');
    expect(await anchor.getAttribute('href')).toBeNull();
    expect(await anchor.getAttribute('role')).toBe('link');
    expect(await anchor.getAttribute('data-clv-bound')).toBe('1');
    expect(await anchor.locator('b').innerText()).toBe('My file');
    expect(await anchor.locator('img').count()).toBe(1);
    expect(await page.locator('clverify').count()).toBe(1);
    expect(await page.locator('a[href="plain.html"]').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  it('shows what is known, says what a local chain is worth, and leads to the proof', async () => {
    const { page } = await show(`<clverify cid="${helloCid}"></clverify>`);
    await page.getByRole('button', { name: 'Verify' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('status').waitFor();
    expect(await dialog.getByRole('status').innerText()).toBe('Recorded on a local chain.');
    const text = await dialog.innerText();
    for (const said of [
      'hello.txt',
      'Known to localhost',
      'The file is there',
      'Acme',
      'proves nothing to strangers',
    ])
      expect(text).toContain(said);
    expect(await dialog.getByRole('link', { name: 'The whole proof' }).getAttribute('href')).toBe(
      `${service.origin}/pverify/${helloCid}`,
    );
    const { violations } = await new AxeBuilder({ page }).include('dialog').analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  it('opens by keyboard, and is red for what nobody knows', async () => {
    const { page } = await show(`<a cid="${unknownCid}" href="x">unknown</a>`);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const dialog = page.locator('dialog');
    await dialog.getByRole('status').waitFor();
    expect(await dialog.getAttribute('data-light')).toBe('red');
    expect(await dialog.getByRole('link').count()).toBe(0);
  });

  it('says that it could not look, rather than that nothing is known', async () => {
    const { page } = await show(`<clverify cid="${helloCid}" api="https://localhost:1"></clverify>`);
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByRole('status').waitFor();
    expect(await page.getByRole('status').innerText()).toContain('Could not be checked');
    const text = await page.locator('dialog').innerText();
    expect(text).toContain('localhost:1 does not answer');
    for (const unsaid of ['has none', 'Not stamped', 'Not found', 'Not issued', 'The whole proof'])
      expect(text).not.toContain(unsaid);
  });

  it('shows names as text, whatever they hold', async () => {
    const { body } = await running.upload(
      { 'group-id': 'Odd', network: 'public' },
      'odd name',
      '<img src=x onerror=window.hacked=1>.txt',
    );
    const { page } = await show(`<clverify cid="${body.hash}"></clverify>`);
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByRole('status').waitFor();
    expect(await page.locator('.clv-name').innerText()).toBe('<img src=x onerror=window.hacked=1>.txt');
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
  });
});
