import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { ServiceSettings } from '../../../companion/service/context.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

const helloCid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const helloCidV1 = 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa';
const unknownCid = 'QmehMASWcBsX7VcEQqs6rpR5AHoBfKyBVEgmkJHjpPg8jq';
const emptyFileCid = 'QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH';

let running: RunningService;
const settings: { -readonly [Name in keyof ServiceSettings]?: ServiceSettings[Name] } = {};
let bundled: string;
let bundle: string;
let privateCid: string;
let waitingCid: string;
beforeAll(async () => {
  running = await startService({ chain: true, settings });
  await running.upload({ 'group-id': 'One', network: 'public', 'stamp-immediately': 'true' }, 'hello world');
  await running.upload(
    { 'group-id': 'Many', network: 'public' },
    'first of many',
    'Ein Brief.PDF',
    'text/plain',
  );
  const many = await running.upload(
    { 'group-id': 'Many', network: 'public', 'stamp-immediately': 'true' },
    'second of many',
    'two.md',
  );
  bundled = many.body.hash;
  bundle = many.body.postmark_hash;
  const kept = await running.upload(
    { 'group-id': 'Kept', network: 'private', 'stamp-immediately': 'true' },
    'nobody else’s',
    'secret-plan.txt',
  );
  privateCid = kept.body.hash;
  waitingCid = (await running.upload({ 'group-id': 'Later', network: 'public' }, 'not stamped')).body.hash;
});
afterAll(() => running.stop());

async function get(path: string, init?: RequestInit) {
  const response = await fetch(`${running.url}/widget${path}`, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('GET /widget/verify', () => {
  it.each([helloCid, helloCidV1])('tells what is known of %s', async (cid) => {
    const { status, body, headers } = await get(`/verify?cid=${cid}&limit=1`);
    expect(status).toBe(200);
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(body.success).toBe(true);
    const stamp = {
      contract: running.chain?.contract,
      created: expect.any(Number),
      foreign_tx_id: expect.stringMatching(/^0x[0-9a-f]{64}$/),
      is_bulk: null,
      isBulk: null,
      chain_id: 4_774_123_456,
    };
    expect(body.data).toEqual({
      ...stamp,
      filename: 'hello.txt',
      hash: helloCid,
      network: 'public',
      issuer_name: 'Acme',
      issuer_logo: `${running.url}/widget/CL-Glyph-Icon.png`,
      chain_name: 'Hashmark local chain',
      chain_is_local: true,
      explorer: null,
      allResults: [stamp],
    });
    // Seconds, not milliseconds.
    expect(Math.abs(body.data.created - Date.now() / 1000)).toBeLessThan(3600);
  });

  it('names the bundle of a file that was stamped with others', async () => {
    const { body } = await get(`/verify?cid=${bundled}`);
    expect(body.data).toMatchObject({ is_bulk: bundle, isBulk: bundle, filename: 'two.md' });
  });

  it('knows a bundle itself', async () => {
    const { body } = await get(`/verify?cid=${bundle}`);
    expect(body).toMatchObject({ success: true, data: { isBulk: null, foreign_tx_id: expect.any(String) } });
  });

  it('says nothing of a private file’s name', async () => {
    const { status, body } = await get(`/verify?cid=${privateCid}`);
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ network: 'private', foreign_tx_id: expect.any(String) });
    expect(body.data).not.toHaveProperty('filename');
    expect(JSON.stringify(body)).not.toContain('secret-plan');
  });

  it('knows a file that waits for its stamp, and makes up no transaction', async () => {
    const { body } = await get(`/verify?cid=${waitingCid}`);
    expect(body).toMatchObject({
      success: true,
      data: { foreign_tx_id: null, created: null, contract: null, allResults: [] },
    });
  });

  it('gives as many results as are asked for', async () => {
    await running.upload(
      { 'group-id': 'Again', network: 'public', 'stamp-immediately': 'true' },
      'hello world',
    );
    expect((await get(`/verify?cid=${helloCid}`)).body.allResults).toHaveLength(2);
    for (const limit of ['1', '0']) {
      expect((await get(`/verify?cid=${helloCid}&limit=${limit}`)).body.data.allResults).toHaveLength(1);
    }
    expect((await get(`/verify?cid=${helloCid}&limit=soon`)).body.allResults).toHaveLength(2);
  });

  it.each([unknownCid, emptyFileCid])('answers 404 for %s', async (cid) => {
    expect(await get(`/verify?cid=${cid}`)).toMatchObject({
      status: 404,
      body: { success: false, message: 'Not found', data: null },
    });
  });

  it.each(['', '?cid=', '?cid=hello', `?cid=${helloCid}x`])('answers 400 for %j', async (query) => {
    expect(await get(`/verify${query}`)).toMatchObject({ status: 400, body: { success: false, data: null } });
  });

  it('forgets a deleted file', async () => {
    const { body } = await running.upload({ 'group-id': 'Bin', network: 'public' }, 'gone soon');
    await running.json('DELETE', { 'group-id': 'Bin' }, JSON.stringify({ file_hash: body.hash }));
    expect((await get(`/verify?cid=${body.hash}`)).status).toBe(404);
  });
});

describe('GET /widget/lookup', () => {
  it('tells who issued it, and what it is', async () => {
    const { status, body } = await get(`/lookup/${helloCid}`);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      localIssued: true,
      data: [{ type: 'txt' }],
      personaBrand: { name: 'Acme', logo: `${running.url}/widget/CL-Glyph-Icon.png`, logo_wide: null },
      plurl: running.url.replace('http://', ''),
    });
    expect((await fetch(body.personaBrand.logo)).headers.get('content-type')).toBe('image/png');
  });

  it('spells types as lower-case endings, and says what a private file is without its name', async () => {
    const first = (await running.json('GET', { 'group-id': 'Many' })).body.files[0].hash;
    expect((await get(`/lookup/${first}`)).body.data).toEqual([{ type: 'pdf' }]);
    expect((await get(`/lookup/${privateCid}`)).body.data).toEqual([{ type: 'txt' }]);
  });

  it('answers in the same shape for what it does not know', async () => {
    for (const [cid, status] of [
      [unknownCid, 404],
      ['hello', 400],
    ]) {
      expect(await get(`/lookup/${cid}`)).toMatchObject({
        status,
        body: {
          success: false,
          localIssued: false,
          data: [{ type: '' }],
          personaBrand: { logo: expect.stringMatching(/^http/) },
        },
      });
    }
  });

  it('shows the brand that the settings name, without anything that HTML would read', async () => {
    Object.assign(settings, {
      brandName: 'Acme & <img src=x onerror=alert(1)> "Sons"',
      brandLogo: helloCid,
      brandWideLogo: 'https://acme.example/wide.png',
      brandLink: 'acme.example/about',
    });
    const { body } = await get(`/lookup/${helloCid}`);
    expect(body.personaBrand).toEqual({
      name: 'Acme  img src=x onerror=alert(1) Sons',
      logo: `${running.url}/ipfs/${helloCid}`,
      logo_wide: 'https://acme.example/wide.png',
    });
    expect(body.plurl).toBe('acme.example/about');
    expect((await get(`/verify?cid=${helloCid}`)).body.data.issuer_name).toBe(body.personaBrand.name);
    for (const name of Object.keys(settings)) delete settings[name as keyof typeof settings];
  });

  it('tells a file of another tenant from one of the host’s own', async () => {
    const secretKey = 'the secret of globex';
    const apiKey = 'globex-api-key';
    await running.service.tenants.createTenant({ id: 'globex', name: 'Globex <b>', apiKey, secretKey });
    const form = new FormData();
    form.append('file', new Blob(['of globex']), 'globex.txt');
    const stored = await fetch(`${running.url}/webhook/${apiKey}`, {
      method: 'POST',
      headers: { 'secret-key': secretKey, 'group-id': 'G', network: 'public' },
      body: form,
    });
    const { hash } = await stored.json();
    const { body } = await get(`/lookup/${hash}`);
    expect(body).toMatchObject({ success: true, localIssued: false, personaBrand: { name: 'Globex b' } });
    expect(body.personaBrand.logo).toMatch(/^http/);
  });
});

describe('the widget’s own files', () => {
  it.each([
    ['/clverify.js', 'text/javascript; charset=utf-8'],
    ['/clverify.css', 'text/css; charset=utf-8'],
    ['/CL-Glyph-Icon.png', 'image/png'],
    ['/CL-Logo-White-Semitransparent-500.png', 'image/png'],
  ])('serves %s to pages of any origin', async (path, type) => {
    const response = await fetch(`${running.url}/widget${path}`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe(type);
    expect(response.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(500);
  });

  it('writes no HTML into a page', () => {
    const script = readFileSync(
      join(import.meta.dirname, '../../../companion/service/widget/clverify.js'),
      'utf8',
    );
    expect(script).not.toMatch(
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/,
    );
  });

  it('lets pages on the public web ask, as browsers ask first', async () => {
    const response = await fetch(`${running.url}/widget/verify?cid=${helloCid}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://page.example',
        'access-control-request-method': 'GET',
        'access-control-request-private-network': 'true',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-private-network')).toBe('true');
  });
});
