import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { describeImage, makeAnimation, makeImage } from '../../helpers/images.ts';
import {
  type RunningService,
  type RunningServiceOptions,
  startService,
} from '../../helpers/running-service.ts';

const settings: RunningServiceOptions['settings'] = {};
let nowMs = Date.now();
let running: RunningService;
beforeAll(async () => {
  running = await startService({ settings, now: () => nowMs });
});
afterAll(() => running.stop());

const helloV1 = 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa';

async function store(
  content: string | Uint8Array<ArrayBuffer>,
  name: string,
  type: string,
  network = 'private',
) {
  const { body } = await running.upload({ 'group-id': `Links ${network}`, network }, content, name, type);
  return body.hash as string;
}

const link = (cid: string, query = '', headers: Record<string, string> = {}) =>
  running.json('GET', { cidv1: cid, ...headers }, undefined, `/download-link${query}`);

describe('GET …/download-link', () => {
  it('gives a link that reads the bytes without any key', async () => {
    await store('hello world', 'hello.txt', 'text/plain');
    const { status, body } = await link(helloV1, '?expires=600');
    expect(status).toBe(200);
    expect(body).toEqual({ success: true, url: expect.any(String), expires_in: 600 });
    const url = new URL(body.url);
    expect(url.origin + url.pathname).toBe(`${running.url}/files/${helloV1}`);
    expect(url.searchParams.get('X-Expires')).toBe('600');
    const response = await fetch(body.url);
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('hello world');
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('cache-control')).toContain('private');
    expect(response.headers.get('content-disposition')).not.toContain('hello.txt');
  });

  it.each([
    ['its CIDv0 in the header', { cidv1: 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD' }, ''],
    ['the header hash', { hash: helloV1 }, ''],
    ['the query', {}, `?cid=${helloV1}`],
  ])('knows the file by %s', async (_what, headers, query) => {
    await store('hello world', 'hello.txt', 'text/plain');
    const { body } = await running.json(
      'GET',
      headers as Record<string, string>,
      undefined,
      `/download-link${query}`,
    );
    expect(await (await fetch(body.url)).text()).toBe('hello world');
  });

  it('takes the lifetime from a header, and an hour without one', async () => {
    const cid = await store('hello world', 'hello.txt', 'text/plain');
    expect((await link(cid, '', { expires: '90' })).body.expires_in).toBe(90);
    expect((await link(cid)).body.expires_in).toBe(3600);
  });

  it('expires', async () => {
    const cid = await store('short lived', 'short.txt', 'text/plain');
    const { body } = await link(cid, '?expires=60');
    nowMs += 59_000;
    expect((await fetch(body.url)).status).toBe(200);
    nowMs += 2_000;
    const late = await fetch(body.url);
    expect(late.status).toBe(403);
    expect(await late.json()).toMatchObject({ success: false, message: expect.stringContaining('expired') });
    expect(late.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('answers ranges and HEAD', async () => {
    const cid = await store('0123456789', 'ten.txt', 'text/plain');
    const { url } = (await link(cid)).body;
    const part = await fetch(url, { headers: { range: 'bytes=2-4' } });
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ]);
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '10', '']);
    expect((await fetch(url, { headers: { range: 'bytes=10-' } })).status).toBe(416);
  });

  it('offers the name that its owner chose', async () => {
    const cid = await store('named', 'inner.txt', 'text/plain');
    const { url } = (await link(cid, '?filename=Offer%20%C3%A9.txt')).body;
    expect((await fetch(url)).headers.get('content-disposition')).toContain(
      "filename*=UTF-8''Offer%20%C3%A9.txt",
    );
    expect((await fetch(url.replace('Offer', 'Other'))).status).toBe(403);
  });

  it.each([
    ['no CID', {}, '', 400, 'cidv1 header is required'],
    ['what is no CID', { cidv1: 'hello' }, '', 400, 'Not a CID'],
    ['an unknown file', { cidv1: 'QmehMASWcBsX7VcEQqs6rpR5AHoBfKyBVEgmkJHjpPg8jq' }, '', 404, 'not found'],
    [
      'a CID of another DAG',
      { cidv1: 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e' },
      '',
      404,
      'not found',
    ],
    ['a lifetime of 0', { cidv1: helloV1 }, '?expires=0', 400, 'expires'],
    ['a lifetime in words', { cidv1: helloV1 }, '?expires=soon', 400, 'expires'],
    ['a lifetime of a year', { cidv1: helloV1 }, '?expires=31536000', 400, 'expires'],
  ])('refuses %s', async (_what, headers, query, status, message) => {
    await store('hello world', 'hello.txt', 'text/plain');
    expect(
      await running.json('GET', headers as Record<string, string>, undefined, `/download-link${query}`),
    ).toMatchObject({
      status,
      body: { success: false, message: expect.stringContaining(message) },
    });
  });

  it('gives none for what was only registered, deleted, or is another tenant’s', async () => {
    const registered = 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ';
    await running.json('POST', { 'group-id': 'Hashes' }, JSON.stringify({ hash: registered }));
    expect((await link(registered)).status).toBe(404);

    const cid = await store('soon gone', 'gone.txt', 'text/plain');
    const { url } = (await link(cid)).body;
    await running.json('DELETE', { 'group-id': 'Links private' }, JSON.stringify({ file_hash: cid }));
    expect((await link(cid)).status).toBe(404);
    expect((await fetch(url)).status).toBe(404);

    const ours = await store('ours alone', 'ours.txt', 'text/plain');
    await running.service.tenants.createTenant({ id: 'other', name: 'Other', apiKey: 'k2', secretKey: 's2' });
    const theirs = await fetch(`${running.url}/webhook/k2/download-link`, {
      headers: { 'secret-key': 's2', cidv1: ours },
    });
    expect(theirs.status).toBe(404);
  });

  it('may be read by pages of any origin, but not across from public sites to this computer', async () => {
    const preflight = await fetch(`${running.url}/files/${helloV1}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://example.org',
        'access-control-request-headers': 'range',
        'access-control-request-private-network': 'true',
      },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('range');
    expect(preflight.headers.get('access-control-allow-private-network')).toBeNull();
  });

  it('cannot be changed, borrowed or made up', async () => {
    const one = await store('one', 'one.txt', 'text/plain');
    const two = await store('two', 'two.txt', 'text/plain');
    const { url } = (await link(one)).body;
    const other = (await link(two)).body.url;
    const swapped = new URL(url);
    swapped.pathname = new URL(other).pathname;
    expect((await fetch(swapped)).status).toBe(403);
    expect((await fetch(url.replace(/X-Expires=\d+/, 'X-Expires=999999'))).status).toBe(403);
    expect((await fetch(`${running.url}/files/${one}`)).status).toBe(403);
    // A link for the gateway is none for this, and the other way round.
    const { body } = await running.json('GET', { 'group-id': 'Links private' });
    const gatewayurl = body.files.find((file: { hash: string }) => file.hash === one).gatewayurl as string;
    expect((await fetch(gatewayurl.replace('/ipfs/', '/files/'))).status).toBe(403);
    expect((await fetch(url.replace('/files/', '/ipfs/'))).status).toBe(403);
  });
});

describe('images', () => {
  let cid: string;
  let base: string;
  beforeAll(async () => {
    cid = await store(await makeImage('png'), 'halves.png', 'image/png', 'public');
    base = `${running.url}/ipfs/${cid}`;
  });

  it.each([
    ['img-width=100', 100, 50],
    ['img-height=50', 100, 50],
    ['img-width=100&img-dpr=2', 200, 100],
    ['img-width=100&img-height=100', 100, 50],
    ['img-width=4000', 400, 200],
    ['img-width=800&img-fit=scale-down', 400, 200],
    ['img-width=800&img-fit=scaleDown', 400, 200],
    ['img-width=800&img-fit=contain', 800, 400],
    ['img-width=100&img-height=100&img-fit=cover', 100, 100],
    ['img-width=800&img-height=100&img-fit=cover', 800, 100],
    ['img-width=100&img-height=100&img-fit=crop', 100, 100],
    ['img-width=100&img-height=100&img-fit=pad', 100, 100],
    ['img-quality=40&img-format=webp', 400, 200],
    ['img-width=49.6', 50, 25],
  ])('makes %s into %i × %i', async (query, width, height) => {
    const response = await fetch(`${base}?${query}`);
    expect(response.status).toBe(200);
    expect(await describeImage(response)).toMatchObject({ width, height });
  });

  it.each([
    'img-width=0',
    'img-width=-5',
    'img-width=wide',
    'img-width=99999999',
    'img-fit=squash',
    'img-format=tiff',
    'img-onerror=redirect',
    'img-metadata=copyright',
    'img-anim=true',
    'img-gravity=0.5x0.5',
    'img-sharpen=99',
    'img-unknown=1',
    '',
  ])('serves the original for "%s"', async (query) => {
    const response = await fetch(`${base}?${query}`);
    expect(response.headers.get('etag')).toBe(`"${cid}"`);
    expect(await describeImage(response)).toMatchObject({ format: 'png', width: 400, height: 200 });
  });

  it('chooses WebP for whoever takes it when the format is left to it', async () => {
    const url = `${base}?img-width=40&img-format=auto`;
    const webp = await fetch(url, { headers: { accept: 'image/avif,image/webp,*/*' } });
    expect(webp.headers.get('content-type')).toBe('image/webp');
    expect(webp.headers.get('vary')).toContain('Accept');
    expect(webp.headers.get('content-disposition')).toContain('filename="halves.webp"');
    const png = await fetch(url, { headers: { accept: 'image/png' } });
    expect(png.headers.get('content-type')).toBe('image/png');
    expect(png.headers.get('etag')).not.toBe(webp.headers.get('etag'));
  });

  it('is a file of its own: type, length, etag, ranges, HEAD', async () => {
    const url = `${base}?img-width=64`;
    const whole = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe(String(whole.byteLength));
    const etag = head.headers.get('etag') ?? '';
    expect(etag).toMatch(new RegExp(`^"${cid}-[0-9a-f]{40}"$`));
    expect((await fetch(url, { headers: { 'if-none-match': etag } })).status).toBe(304);
    const part = await fetch(url, { headers: { range: 'bytes=8-15' } });
    expect(part.status).toBe(206);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(whole.subarray(8, 16));
    expect(part.headers.get('content-range')).toBe(`bytes 8-15/${whole.byteLength}`);
  });

  it('crops to the side that is asked for', async () => {
    const colourOf = async (gravity: string) => {
      const response = await fetch(
        `${base}?img-width=50&img-height=100&img-fit=cover&img-gravity=${gravity}`,
      );
      const { dominant } = await sharp(new Uint8Array(await response.arrayBuffer())).stats();
      return dominant.r > dominant.b ? 'red' : 'blue';
    };
    expect([await colourOf('left'), await colourOf('right')]).toEqual(['red', 'blue']);
  });

  it.each(['jpeg', 'webp', 'gif', 'avif'] as const)('resizes %s', async (format) => {
    const hash = await store(await makeImage(format), `p.${format}`, `image/${format}`, 'public');
    const response = await fetch(`${running.url}/ipfs/${hash}?img-width=80`);
    const expected = format === 'avif' ? 'webp' : format;
    expect(response.headers.get('content-type')).toBe(`image/${expected}`);
    expect(await describeImage(response)).toMatchObject({ format: expected, width: 80, height: 40 });
  });

  it('turns a photo as its metadata says, and takes the metadata off', async () => {
    const hash = await store(
      await makeImage('jpeg', { orientation: 6 }),
      'turned.jpg',
      'image/jpeg',
      'public',
    );
    const turned = await describeImage(await fetch(`${running.url}/ipfs/${hash}?img-width=50`));
    expect(turned).toMatchObject({ width: 50, height: 100 });
    expect(turned.orientation ?? 1).toBe(1);
  });

  it('keeps an animation, or takes its first frame', async () => {
    const hash = await store(await makeAnimation(3), 'moving.gif', 'image/gif', 'public');
    const url = `${running.url}/ipfs/${hash}?img-width=20`;
    expect(await describeImage(await fetch(url))).toMatchObject({ format: 'gif', pages: 3, width: 20 });
    expect((await describeImage(await fetch(`${url}&img-anim=false`))).pages ?? 1).toBe(1);
  });

  it.each([
    ['text', 'just text', 'note.txt', 'text/plain'],
    ['SVG', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', 'drawing.svg', 'image/svg+xml'],
    ['a broken PNG', '\u0089PNG\r\n\u001a\nbroken', 'broken.png', 'image/png'],
  ])('serves %s as it is', async (_what, content, name, type) => {
    const bytes = new Uint8Array(Buffer.from(content, 'latin1'));
    const hash = await store(bytes, name, type, 'public');
    const response = await fetch(`${running.url}/ipfs/${hash}?img-width=20`);
    expect(response.status).toBe(200);
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  });

  it('leaves an image with more pixels than allowed as it is, and asks again later', async () => {
    settings.maxImagePixels = 400 * 200 - 1;
    const response = await fetch(`${base}?img-width=33`);
    delete settings.maxImagePixels;
    expect(await describeImage(response)).toMatchObject({ width: 400 });
    expect(response.headers.get('cache-control')).toBe('private, max-age=60');
    expect(await describeImage(await fetch(`${base}?img-width=33`))).toMatchObject({ width: 33 });
  });

  it('does not enlarge beyond what is allowed', async () => {
    settings.maxImagePixels = 400 * 200;
    const response = await fetch(`${base}?img-width=3000&img-fit=contain`);
    delete settings.maxImagePixels;
    expect(await describeImage(response)).toMatchObject({ width: 400 });
  });

  it('keeps no more variants than fit', async () => {
    const kept = () => readdir(join(running.folder, 'content', 'variants'));
    settings.imageCacheBytes = 0;
    await fetch(`${base}?img-width=201`);
    const before = (await kept()).length;
    settings.imageCacheBytes = 4_000;
    for (let width = 210; width < 230; width++) await fetch(`${base}?img-width=${width}`);
    const after = await kept();
    delete settings.imageCacheBytes;
    expect(before).toBeGreaterThan(0);
    expect(after.length).toBeLessThan(20);
    expect(after.every((name) => !name.endsWith('.tmp'))).toBe(true);
  });

  it('resizes private images for key holders and by the links that listings give', async () => {
    const hash = await store(await makeImage('png', { width: 300, height: 300 }), 'secret.png', 'image/png');
    const { body } = await running.json('GET', { 'group-id': 'Links private' });
    const file = body.files.find((each: { hash: string }) => each.hash === hash);
    expect(await describeImage(await fetch(`${file.gatewayurl}&img-width=30`))).toMatchObject({ width: 30 });
    const withKey = await fetch(`${running.url}/ipfs/${running.apiKey}/${hash}?filename=a.png&img-width=31`, {
      headers: { 'secret-key': running.secretKey },
    });
    expect(await describeImage(withKey)).toMatchObject({ width: 31 });
    expect((await fetch(`${running.url}/ipfs/${hash}?img-width=30`)).status).toBe(404);
  });

  it('fixes the form in a download link: a preview is no way to the whole', async () => {
    const hash = await store(await makeImage('png', { width: 320, height: 320 }), 'whole.png', 'image/png');
    const { url } = (await link(hash, '?img-width=32', { 'img-height': '16', 'img-fit': 'cover' })).body;
    expect(await describeImage(await fetch(url))).toMatchObject({ width: 32, height: 16 });
    const bare = new URL(url);
    bare.searchParams.delete('img-width');
    expect((await fetch(bare)).status).toBe(403);
    expect((await fetch(url.replace('img-width=32', 'img-width=320'))).status).toBe(403);
    const plain = (await link(hash)).body.url;
    expect((await fetch(`${plain}&img-width=32`)).status).toBe(403);
  });
});
