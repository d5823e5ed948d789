import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { chromiumPath } from '../helpers/browser.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';
import { serveSite, type WebSite } from '../helpers/web-site.ts';

/** What a page's own script got from a request: a body it could read, or the browser's refusal. */
type Got = { status: number; text: string } | { refused: true };

/** A web page on this computer, in a browser without our extension, that tries what it can on the companion's port. */
describe('a web page that calls the companion', () => {
  let companion: RunningCompanion;
  let site: WebSite;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    companion = await startCompanion();
    site = await serveSite({ '/': { body: '<!doctype html><title>hostile</title>' } });
    browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ['--no-sandbox', '--disable-quic'],
    });
    page = await browser.newPage();
    await page.goto(site.otherOrigin);
  });

  afterAll(async () => {
    await browser?.close();
    await site?.close();
    await companion?.stop();
  });

  async function call(
    path: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ): Promise<Got> {
    return page.evaluate(
      async ({ url, init }) => {
        try {
          const response = await fetch(url, init);
          return { status: response.status, text: await response.text() };
        } catch {
          return { refused: true as const };
        }
      },
      { url: companion.ready.url + path, init },
    );
  }

  const json = { 'content-type': 'application/json' };
  const attempts: [what: string, path: string, init?: Parameters<typeof call>[1]][] = [
    ['the keyholder’s state', '/keyholder/state'],
    ['a pairing', '/keyholder/pair/start', { method: 'POST', body: '{}' }],
    ['a pairing, as JSON', '/keyholder/pair/start', { method: 'POST', headers: json, body: '{}' }],
    ['a fresh pairing code', '/keyholder/pairing-code', { method: 'POST', body: '' }],
    ['the account’s groups', '/keyholder/embedded/webhook'],
    [
      'the chain',
      '/rpc',
      { method: 'POST', headers: json, body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}' },
    ],
    [
      'the chain, without a preflight',
      '/rpc',
      { method: 'POST', body: '{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}' },
    ],
    ['the status page', '/'],
    ['the demo page', '/demo'],
  ];

  it.each(attempts)('reads nothing of %s', async (_what, path, init) => {
    expect(await call(path, init)).toEqual({ refused: true });
  });

  it('cannot use up the tries of the code that is shown', async () => {
    for (let tries = 0; tries < 8; tries++)
      await call('/keyholder/pair/finish', { method: 'POST', body: '{}' });
    const answer = await fetch(`${companion.ready.url}/keyholder/pair/start`, {
      method: 'POST',
      headers: { ...json, origin: site.otherOrigin },
      body: '{}',
    });
    expect(answer.status).toBe(403);
  });

  it('cannot frame the companion’s pages', async () => {
    await page.evaluate(async (url) => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      frame.src = url;
      await new Promise((resolve) => {
        frame.onload = resolve;
      });
    }, companion.ready.url);
    const frame = page.frames().find((it) => it !== page.mainFrame());
    expect(await frame?.locator('body').innerText()).not.toContain('companion');
  });

  it('gets nothing without the secret, though the service answers every origin', async () => {
    const got = await call('/webhook/not-a-key');
    expect(got).toMatchObject({ status: 401 });
  });
});
