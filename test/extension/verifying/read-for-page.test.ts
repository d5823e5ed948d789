import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser } from 'wxt/testing/fake-browser';

import { readForPage } from '../../../extension/verifying/read-for-page.ts';

const page = { isExtensionPage: false, url: 'https://page.example/here', tabId: 1 };
let fetched: { url: string; init: RequestInit }[];

function serve(answer: () => Response): void {
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    fetched.push({ url, init });
    return answer();
  });
}

beforeEach(() => {
  fetched = [];
  serve(() => new Response('content'));
  vi.spyOn(fakeBrowser.permissions, 'contains').mockResolvedValue(true);
});
afterEach(() => vi.unstubAllGlobals());

describe('readForPage', () => {
  it('fingerprints content of the asking page’s origin, and follows no redirect', async () => {
    const { digest } = await readForPage('https://page.example/file.pdf', page);
    expect(digest).toBe(createHash('sha256').update('content').digest('hex'));
    expect(fetched).toMatchObject([
      { url: 'https://page.example/file.pdf', init: { redirect: 'error', credentials: 'include' } },
    ]);
  });

  it.each([
    'https://other.example/file.pdf',
    'http://page.example/file.pdf',
    'https://page.example:8443/file.pdf',
    'http://127.0.0.1:4774/keyholder/state',
    'data:text/plain,x',
    'file.pdf',
    7,
  ])('asks for nothing else: %s', async (url) => {
    await expect(readForPage(url, page)).rejects.toMatchObject({ code: 'claim-unreadable' });
    expect(fetched).toEqual([]);
  });

  it('asks for nothing when the permission for the site is gone', async () => {
    vi.spyOn(fakeBrowser.permissions, 'contains').mockResolvedValue(false);
    await expect(readForPage('https://page.example/x', page)).rejects.toThrow(/no permission/);
    expect(fetched).toEqual([]);
  });

  it.each([
    ['an error', () => new Response('', { status: 404 }), /HTTP 404/],
    ['more than the limit', () => new Response(new Uint8Array(8 * 1024 ** 2 + 1)), /larger than 8 MiB/],
  ])('says why for %s', async (_what, answer, reason) => {
    serve(answer);
    await expect(readForPage('https://page.example/x', page)).rejects.toThrow(reason);
  });
});
