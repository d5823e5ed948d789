import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService;
beforeAll(async () => {
  running = await startService();
});
afterAll(() => running.stop());

async function publish(
  content: string | Uint8Array<ArrayBuffer>,
  name: string,
  type: string,
): Promise<string> {
  const { body } = await running.upload({ 'group-id': 'Gateway', network: 'public' }, content, name, type);
  return `${running.url}/ipfs/${body.hash}`;
}

describe('GET /ipfs/{cid}', () => {
  it('serves the bytes, for ever the same', async () => {
    const url = await publish('hello world', 'hello.txt', 'text/plain');
    const response = await fetch(`${url}?`);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('hello world');
    const etag = '"Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD"';
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'content-length': '11',
      etag,
      'cache-control': 'public, max-age=31536000, immutable',
      'access-control-allow-origin': '*',
      'accept-ranges': 'bytes',
    });
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('serves a CIDv1 of the same file', async () => {
    await publish('hello world', 'hello.txt', 'text/plain');
    const cid = 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa';
    expect(await (await fetch(`${running.url}/ipfs/${cid}`)).text()).toBe('hello world');
  });

  it('answers HEAD like GET, without the body', async () => {
    const url = await publish('head me', 'head.txt', 'text/plain');
    const response = await fetch(url, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('7');
    expect(await response.text()).toBe('');
    expect(
      (await fetch(`${running.url}/ipfs/QmehMASWcBsX7VcEQqs6rpR5AHoBfKyBVEgmkJHjpPg8jq`, { method: 'HEAD' }))
        .status,
    ).toBe(404);
  });

  it('serves JSON as exactly application/json', async () => {
    const url = await publish('{"filehashes":[]}', 'bundle.json', 'application/json');
    expect((await fetch(url)).headers.get('content-type')).toBe('application/json');
  });

  it.each([
    ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=-2', 206, '89', 'bytes 8-9/10'],
    ['bytes=5-500', 206, '56789', 'bytes 5-9/10'],
    ['bytes=-500', 206, '0123456789', 'bytes 0-9/10'],
    ['bytes=0-0', 206, '0', 'bytes 0-0/10'],
    ['bytes=4-2', 200, '0123456789', null],
    ['bytes=0-1,4-5', 200, '0123456789', null],
    ['lines=1-2', 200, '0123456789', null],
    ['bytes=', 200, '0123456789', null],
  ])('answers range %s with %i', async (range, status, text, contentRange) => {
    const url = await publish('0123456789', 'ten.txt', 'text/plain');
    const response = await fetch(url, { headers: { range } });
    expect(response.status).toBe(status);
    expect(await response.text()).toBe(text);
    expect(response.headers.get('content-range')).toBe(contentRange);
  });

  it('answers a range outside with 416 and the size', async () => {
    const url = await publish('0123456789', 'ten.txt', 'text/plain');
    for (const range of ['bytes=10-', 'bytes=-0']) {
      const response = await fetch(url, { headers: { range } });
      expect(response.status).toBe(416);
      expect(response.headers.get('content-range')).toBe('bytes */10');
    }
  });

  it.each([
    ['page.html', '<!doctype html><script>alert(1)</script>', 'text/html'],
    [
      'drawing.svg',
      '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
      'image/svg+xml',
    ],
    ['data.xml', '<?xml version="1.0"?><x/>', 'application/xml'],
    ['page.xhtml', '<html xmlns="http://www.w3.org/1999/xhtml"/>', 'application/xhtml+xml'],
    ['script.js', 'alert(1)', 'text/javascript'],
    ['thing.bin', '\u0000\u0001', 'application/octet-stream'],
    ['odd.bin', 'abc', 'text/html; charset=x'],
  ])('serves %s as a download that cannot run', async (name, content, type) => {
    const response = await fetch(await publish(content, name, type));
    expect(response.headers.get('content-disposition')).toMatch(
      new RegExp(`^attachment; filename="${name}"`),
    );
    expect(response.headers.get('content-security-policy')).toMatch(/^sandbox; default-src 'none'/);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
  });

  it('writes a name that cannot break out of its header', async () => {
    const response = await fetch(await publish('named', 'a"; x="é.txt', 'text/plain'));
    expect(response.headers.get('content-disposition')).toBe(
      `inline; filename="a_; x=__.txt"; filename*=UTF-8''a%22%3B%20x%3D%22%C3%A9.txt`,
    );
  });

  it.each([
    'hello',
    'Qm',
    '..%2f..%2fetc%2fpasswd',
    '%00',
    'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
  ])('answers 400 in JSON for %s', async (text) => {
    const response = await fetch(`${running.url}/ipfs/${text}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ success: false });
  });

  it('no longer serves what was deleted', async () => {
    const { body } = await running.upload({ 'group-id': 'Gone', network: 'public' }, 'soon gone');
    await running.json('DELETE', { 'group-id': 'Gone' }, JSON.stringify({ file_hash: body.hash }));
    expect((await fetch(body.gatewayurl)).status).toBe(404);
  });

  it('lets public pages reach it from other networks', async () => {
    const response = await fetch(`${running.url}/ipfs/x`, {
      method: 'OPTIONS',
      headers: { 'access-control-request-private-network': 'true', origin: 'https://example.org' },
    });
    expect(response.headers.get('access-control-allow-private-network')).toBe('true');
  });
});

describe('private bytes', () => {
  it('are served with the key, under the name that was asked for, and to nobody else', async () => {
    const { body } = await running.upload({ 'group-id': 'Vault', network: 'private' }, 'for my eyes');
    const url = `${running.url}/ipfs/${running.apiKey}/${body.hash}?filename=mine.txt&img-width=5`;
    const response = await fetch(url, { headers: { 'secret-key': running.secretKey } });
    expect(await response.text()).toBe('for my eyes');
    expect(response.headers.get('content-disposition')).toContain('filename="mine.txt"');
    expect(response.headers.get('cache-control')).toContain('private');
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { 'secret-key': 'guess' } })).status).toBe(401);
    expect((await fetch(`${running.url}/ipfs/${body.hash}`)).status).toBe(404);
  });

  it('are not readable by a changed or borrowed link', async () => {
    const { body: one } = await running.upload({ 'group-id': 'Vault', network: 'private' }, 'one');
    const { body: two } = await running.upload({ 'group-id': 'Vault', network: 'private' }, 'two');
    expect(await (await fetch(one.gatewayurl)).text()).toBe('one');
    expect((await fetch(one.gatewayurl.replace(one.hash, two.hash))).status).toBe(403);
    expect((await fetch(one.gatewayurl.replace(/X-Expires=\d+/, 'X-Expires=999999999'))).status).toBe(403);
  });

  it('are not readable by another tenant', async () => {
    const { body } = await running.upload({ 'group-id': 'Vault', network: 'private' }, 'tenant secret');
    await running.service.tenants.createTenant({ id: 'other', name: 'Other', apiKey: 'k2', secretKey: 's2' });
    const headers = { 'secret-key': 's2' };
    expect((await fetch(`${running.url}/ipfs/k2/${body.hash}`, { headers })).status).toBe(404);
    const listed = await fetch(`${running.url}/webhook/k2`, { headers });
    expect(((await listed.json()) as { groups: unknown[] }).groups).toEqual([]);
    expect(
      (await fetch(`${running.url}/webhook/k2`, { headers: { ...headers, hash: body.hash } })).status,
    ).toBe(404);
  });
});
