import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { revokeToken } from '../../../companion/service/ledger/tokens.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

const day = 24 * 60 * 60_000;

let running: RunningService;
let aheadMs = 0;
const settings: { publicUrl?: string; tenantHost?: string } = {};
beforeAll(async () => {
  running = await startService({ now: () => Date.now() + aheadMs, settings });
});
afterAll(() => running.stop());

async function mint(groupname: string | null = '1-ada'): Promise<string> {
  const { body } = await running.json('POST', {}, JSON.stringify({ groupname }), '/jwt');
  return body.shortlink;
}

async function claim(link: string, init?: RequestInit) {
  const response = await fetch(`${link}?claim=true`, init);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

describe('GET /jwt/{token}?claim=true', () => {
  it('hands everything over that a client needs', async () => {
    const before = Date.now();
    const { status, headers, body } = await claim(await mint());
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      tenant: '127.0.0.1',
      webhookurl: running.webhook,
      jwt: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      groupname: '1-ada',
      expires: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      expires_in: expect.any(Number),
    });
    expect(body.expires_in).toBeGreaterThan(2_592_000 - 60);
    expect(body.expires_in).toBeLessThanOrEqual(2_592_000);
    expect(Date.parse(body.expires)).toBeGreaterThanOrEqual(before + 30 * day);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });

  it('works once', async () => {
    const link = await mint();
    expect((await claim(link)).status).toBe(200);
    expect(await claim(link)).toMatchObject({
      status: 410,
      body: { success: false, message: 'Token no longer available' },
    });
  });

  it('gives a token that many claim at the same time to one of them', async () => {
    const link = await mint();
    const statuses = (await Promise.all(Array.from({ length: 20 }, () => claim(link)))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 410)).toHaveLength(19);
  });

  it('counts 30 days from minting, not from the claim', async () => {
    const link = await mint();
    aheadMs = 10 * day;
    const { body } = await claim(link);
    aheadMs = 0;
    expect(body.expires_in).toBeGreaterThan(20 * 86_400 - 60);
    expect(body.expires_in).toBeLessThanOrEqual(20 * 86_400);
  });

  it('is too late after 30 days', async () => {
    const link = await mint();
    aheadMs = 31 * day;
    const late = await claim(link);
    aheadMs = 0;
    expect(late).toMatchObject({ status: 410, body: { message: 'Token no longer available' } });
  });

  it('is refused for a revoked token', async () => {
    const link = await mint();
    const { ref } = running.ledger.db.prepare('SELECT max(ref) AS ref FROM tokens').get() as { ref: number };
    await running.ledger.write((db) => revokeToken(db, ref, Date.now()));
    expect((await claim(link)).status).toBe(410);
  });

  it.each(['vQ2k_8dLm3E', 'short', 'x'.repeat(300)])('answers 404 for %.20s', async (token) => {
    expect(await claim(`${running.url}/jwt/${token}`)).toMatchObject({
      status: 404,
      body: { success: false, message: 'Token not found' },
    });
  });

  it('is not taken by a program that only looks', async () => {
    const link = await mint();
    expect((await fetch(`${link}?claim=true`, { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(`${link}?claim=true`, { headers: { 'sec-purpose': 'prefetch' } })).status).toBe(200);
    expect((await fetch(`${link}?claim=false`)).status).toBe(200);
    expect((await claim(link)).status).toBe(200);
  });

  it('names the host and the origin that the settings name', async () => {
    settings.publicUrl = 'https://stamps.example:8443';
    const link = await mint(null);
    expect(link).toMatch(/^https:\/\/stamps\.example:8443\/jwt\//);
    const { body } = await claim(`${running.url}/jwt/${link.split('/jwt/')[1]}`);
    expect(body).toMatchObject({
      tenant: 'stamps.example',
      webhookurl: `https://stamps.example:8443/webhook/${running.apiKey}`,
      groupname: null,
    });
    settings.tenantHost = 'acme.example';
    const other = await mint();
    const { body: named } = await claim(`${running.url}/jwt/${other.split('/jwt/')[1]}`);
    expect(named.tenant).toBe('acme.example');
    delete settings.publicUrl;
    delete settings.tenantHost;
  });
});

describe('GET /jwt/{token}', () => {
  it('is a page for people that uses nothing up', async () => {
    const link = await mint('Spring & <b>2026</b>');
    for (let times = 0; times < 2; times++) {
      const response = await fetch(link);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(response.headers.get('referrer-policy')).toBe('no-referrer');
      const html = await response.text();
      expect(html).toContain('Spring &amp; &lt;b&gt;2026&lt;/b&gt;');
      expect(html).not.toMatch(/<script|claim=true/);
    }
    expect((await claim(link)).status).toBe(200);
    const taken = await fetch(link);
    expect(taken.status).toBe(410);
    expect(await taken.text()).toContain('already claimed');
  });

  it('says that there is no such link', async () => {
    const response = await fetch(`${running.url}/jwt/vQ2k_8dLm3E`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toContain('text/html');
  });
});
