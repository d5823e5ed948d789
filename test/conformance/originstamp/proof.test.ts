import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callOriginstamp, digestOf, type OriginstampCaller } from '../../helpers/originstamp-caller.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService;
let client: OriginstampCaller;
/** How far the service's clock is ahead. */
let aheadMs = 0;
const settings = { seedCloseDigests: 1, originstampPrefix: '' };
const hash = digestOf('proven');
let pending: string;
beforeAll(async () => {
  running = await startService({ chain: true, settings, now: () => Date.now() + aheadMs });
  client = callOriginstamp(running);
  await client.stamp(hash);
  settings.seedCloseDigests = 1_000;
  pending = digestOf('pending');
  await client.create({ hash: pending });
});
afterAll(async () => {
  expect(running.errors).toEqual([]);
  await running.stop();
});

const path = '/v3/timestamp/proof/url';
const ask = async (body: unknown) => (await client.call('POST', path, body)).body;

describe.each([
  [
    0,
    'XML',
    `proof.Ethereum.${hash}.xml`,
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><node value="',
  ],
  [1, 'PDF', `certificate.Ethereum.${hash}.pdf`, '%PDF-'],
])('proof type %i, the %s', (proofType, _label, name, beginning) => {
  it('has a link that needs no key, and a file of the size that was said', async () => {
    const { data, error_code } = await client.proofUrl(hash.toUpperCase(), proofType);
    expect(error_code).toBe(0);
    expect(Object.keys(data).sort()).toEqual(['download_url', 'file_name', 'file_size_bytes']);
    expect(data.file_name).toBe(name);
    const url = new URL(data.download_url);
    expect([url.origin, url.pathname]).toEqual([running.url, '/v3/timestamp/proof/download']);
    expect(url.searchParams.get('name')).toBe(name);
    expect(data.download_url).not.toContain(running.originstampKey);

    const answer = await fetch(url, { headers: { accept: 'application/octet-stream' } });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${name}"`);
    expect(answer.headers.get('content-length')).toBe(String(data.file_size_bytes));
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.byteLength).toBe(data.file_size_bytes);
    expect(bytes.toString('latin1', 0, beginning.length)).toBe(beginning);
  });

  it('is the same file every time', async () => {
    const get = async () => {
      const { data } = await client.proofUrl(hash, proofType);
      return Buffer.from(await (await fetch(data.download_url)).arrayBuffer());
    };
    expect((await get()).equals(await get())).toBe(true);
  });
});

describe('POST /v3/timestamp/proof/url', () => {
  it('takes numbers that are text', async () => {
    expect(await ask({ currency: '1', hash_string: hash, proof_type: '0' })).toMatchObject({ error_code: 0 });
  });

  it('answers 9006 before the seed is final', async () => {
    expect((await client.status(pending)).data.timestamps[0].submit_status).toBe(0);
    for (const type of [0, 1]) {
      expect(await client.proofUrl(pending, type)).toMatchObject({ data: null, error_code: 9006 });
    }
  });

  it.each([
    ['an unknown hash', { hash_string: digestOf('unknown') }, 9005],
    ['a hash that is none', { hash_string: 'abc' }, 9001],
    ['no hash', { hash_string: undefined }, 9001],
    ['Bitcoin, which has no anchor', { currency: 0 }, 9008],
    ['no currency', { currency: undefined }, 9008],
    ['a currency that is no number', { currency: 'ETHEREUM' }, 9008],
    ['a third type', { proof_type: 2 }, 9008],
    ['no type', { proof_type: null }, 9008],
  ])('answers %s with its code', async (_label, change, code) => {
    const answer = await ask({ currency: 1, hash_string: hash, proof_type: 0, ...change });
    expect(answer).toEqual({ data: null, error_code: code, error_message: expect.any(String) });
  });

  it('gives links under the prefix that the client came by', async () => {
    settings.originstampPrefix = '/os/api';
    const { body } = await client.call('POST', `/os//api${path}`, {
      currency: 1,
      hash_string: hash,
      proof_type: 0,
    });
    expect(new URL(body.data.download_url).pathname).toBe('/os/api/v3/timestamp/proof/download');
    expect((await fetch(body.data.download_url)).status).toBe(200);
    settings.originstampPrefix = '';
  });
});

describe('GET /v3/timestamp/proof/download', () => {
  const link = async () => new URL((await client.proofUrl(hash)).data.download_url);

  it.each([
    ['application/octet-stream'],
    ['*/*'],
    ['text/html,application/xhtml+xml,*/*;q=0.8'],
    ['image/png'],
  ])('does not mind Accept: %s, a key, or a wrong one', async (accept) => {
    const answer = await fetch(await link(), { headers: { accept, authorization: 'wrong' } });
    expect(answer.status).toBe(200);
  });

  it('answers HEAD with the same headers and no body', async () => {
    const url = await link();
    const [got, head] = [await fetch(url), await fetch(url, { method: 'HEAD' })];
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
    for (const name of ['content-type', 'content-length', 'content-disposition']) {
      expect(head.headers.get(name)).toBe(got.headers.get(name));
    }
  });

  it('is for the file that the token names, whatever the query calls it', async () => {
    const url = await link();
    url.searchParams.set('name', '../../etc/passwd');
    const answer = await fetch(url);
    expect(answer.headers.get('content-disposition')).toBe(
      `attachment; filename="proof.Ethereum.${hash}.xml"`,
    );
  });

  it('works for five minutes, and is 404 then', async () => {
    const url = await link();
    aheadMs = 4 * 60_000 + 58_000;
    expect((await fetch(url)).status).toBe(200);
    aheadMs = 5 * 60_000 + 1_000;
    const late = await fetch(url);
    expect(late.status).toBe(404);
    expect(await late.json()).toMatchObject({ data: null });
    aheadMs = 0;
  });

  it('is 404 for a token that is not ours', async () => {
    const url = await link();
    const token = url.searchParams.get('token') ?? '';
    const text = Buffer.from(token, 'base64url').toString();
    const forge = (changed: string) => Buffer.from(changed).toString('base64url');
    const tokens = [
      '',
      'x',
      token.slice(0, -2),
      forge(text.replace(hash, pending)),
      forge(text.replace('proof.', 'certificate.').replace('.xml', '.pdf')),
      forge(text.replace('X-Expires=300', 'X-Expires=3000000')),
      forge(text.replace('proof.Ethereum', 'proof.Bitcoin')),
      forge('?'),
      '\u0000',
    ];
    for (const wrong of tokens) {
      url.searchParams.set('token', wrong);
      expect((await fetch(url)).status).toBe(404);
    }
    url.searchParams.delete('token');
    expect((await fetch(url)).status).toBe(404);
  });

  it('takes no link that was signed for something else', async () => {
    const upload = (await running.json('GET', {}, undefined, '/upload-link')).body.url;
    const { search } = new URL(upload);
    const token = Buffer.from(`proof.Ethereum.${hash}.xml${search}`).toString('base64url');
    const url = `${running.url}/v3/timestamp/proof/download?token=${token}`;
    expect((await fetch(url)).status).toBe(404);
  });

  it('is 405 for other methods', async () => {
    const answer = await fetch(await link(), { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});
