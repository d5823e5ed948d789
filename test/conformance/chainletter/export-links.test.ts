import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService;
const settings: { publicUrl?: string } = {};
beforeAll(async () => {
  running = await startService({ chain: true, settings });
  for (const name of ['ada.pdf', 'grace.pdf'])
    await running.upload({ 'group-id': 'certs', network: 'public' }, `certificate of ${name}`, name);
  await running.request('PATCH', { 'group-id': 'certs' });
  await running.upload(
    { 'group-id': 'kept', network: 'private', 'stamp-immediately': 'true' },
    'private',
    'kept.pdf',
  );
});
afterAll(() => running.stop());

async function exportLinks(group: string, headers: Record<string, string> = {}) {
  return (await running.json('GET', { 'group-id': group, 'export-links': 'true', ...headers })).body;
}

describe('export-links of a group', () => {
  it('gives each public file two links that work', async () => {
    const { files, export_data: exported } = await exportLinks('certs');
    expect(exported.permalinks).toHaveLength(2);
    for (const [index, link] of exported.permalinks.entries()) {
      const { name, cid } = files[index];
      expect(link).toEqual({
        filename: name,
        cid,
        shorturl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/c\/[1-9A-HJ-NP-Za-km-z]{12}$/),
        url: `${running.url}/claim/${cid}`,
      });
      for (const address of [link.shorturl, link.url]) {
        const response = await fetch(address);
        expect(response.status).toBe(200);
        expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
        const html = await response.text();
        expect(html).toContain(name);
        expect(html).toContain(`href="/pverify/${cid}"`);
        expect(html).toContain(`href="/ipfs/${cid}"`);
      }
      // How a known client derives the verification link.
      expect((await fetch(`${new URL(link.shorturl).origin}/pverify/${cid}`)).status).toBe(200);
    }
  });

  it('gives the same links again', async () => {
    expect((await exportLinks('certs')).export_data).toEqual((await exportLinks('certs')).export_data);
  });

  it('exports none of a private group, and none of a deleted file', async () => {
    expect((await exportLinks('kept')).export_data).toEqual({ permalinks: [] });
    const { body } = await running.upload({ 'group-id': 'bin', network: 'public' }, 'gone', 'gone.pdf');
    const { shorturl } = (await exportLinks('bin')).export_data.permalinks[0];
    await running.json('DELETE', { 'group-id': 'bin' }, JSON.stringify({ file_hash: body.hash }));
    expect((await exportLinks('bin', { 'show-deleted': 'true' })).export_data).toEqual({ permalinks: [] });
    expect((await fetch(shorturl)).status).toBe(404);
  });

  it('leads to the origin that others reach, when there is one', async () => {
    settings.publicUrl = 'https://stamps.example';
    const { permalinks } = (await exportLinks('certs')).export_data;
    delete settings.publicUrl;
    expect(permalinks[0].shorturl).toMatch(/^https:\/\/stamps\.example\/c\//);
    expect(permalinks[0].url).toMatch(/^https:\/\/stamps\.example\/claim\//);
  });

  it('is absent unless it is asked for', async () => {
    expect((await running.json('GET', { 'group-id': 'certs' })).body).not.toHaveProperty('export_data');
  });
});

describe('export-links of a hash', () => {
  it('gives a claim link for a public file, and null for a private one', async () => {
    const [file] = (await exportLinks('certs')).files;
    // A known client sends all three headers.
    const { body } = await running.json('GET', {
      hash: file.hash,
      'group-id': 'certs',
      'export-links': 'true',
    });
    expect(body.data.claim_link).toBe(`${running.url}/claim/${file.hash}`);
    const [kept] = (await running.json('GET', { 'group-id': 'kept' })).body.files;
    const { body: private_ } = await running.json('GET', { hash: kept.hash, 'export-links': 'true' });
    expect(private_.data.claim_link).toBeNull();
  });
});

describe('GET /claim/{cid}', () => {
  it('shows an image, and offers a private file to nobody', async () => {
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    const { body } = await running.upload(
      { 'group-id': 'pictures', network: 'public' },
      new Uint8Array(png),
      'ada.png',
      'image/png',
    );
    expect(await (await fetch(`${running.url}/claim/${body.hash}`)).text()).toContain(
      `<img class="preview" src="/ipfs/${body.hash}"`,
    );
    const [kept] = (await running.json('GET', { 'group-id': 'kept' })).body.files;
    const html = await (await fetch(`${running.url}/claim/${kept.hash}`)).text();
    expect(html).toContain('A file that is not published');
    expect(html).not.toContain('kept.pdf');
    expect(html).not.toContain('Download');
  });

  it.each(['/c/x7Kp', '/c/111111111111', '/c/%00', `/c/${'x'.repeat(400)}`])(
    'is a page that says so when there is nothing behind %.20s',
    async (path) => {
      const response = await fetch(running.url + path);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain('nothing behind this short link');
    },
  );

  it('does not find a private file by its code', async () => {
    const [kept] = (await running.json('GET', { 'group-id': 'kept' })).body.files;
    expect((await fetch(`${running.url}/c/${kept.hash.slice(2, 14)}`)).status).toBe(404);
  });
});
