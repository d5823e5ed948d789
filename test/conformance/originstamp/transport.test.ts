import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { callOriginstamp, digestOf, type OriginstampCaller } from '../../helpers/originstamp-caller.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';
import { sendHttp } from '../../helpers/send-http.ts';

let running: RunningService;
let client: OriginstampCaller;
const settings = {
  seedCloseSeconds: 3_600,
  originstampPrefix: '',
  webhookEnabled: true,
  requestsPerMinute: 1_000 as number | null,
};
beforeAll(async () => {
  running = await startService({ chain: true, settings });
  client = callOriginstamp(running);
});
afterAll(async () => {
  expect(running.errors).toEqual([]);
  await running.stop();
});

const hash = digestOf('transport');

/** Every endpoint with a request that would pass, given the key. */
const endpoints: [method: 'GET' | 'POST', path: string, body?: unknown][] = [
  ['POST', '/v4/timestamp/create', { hash }],
  ['POST', '/v3/timestamp/create', { hash }],
  ['POST', '/v4/timestamp/bulk/create', { timestamps: [{ hash }] }],
  ['GET', `/v4/timestamp/${hash}`],
  ['GET', `/v3/timestamp/${hash}`],
  ['GET', '/v4/timestamp/status/seed/0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10'],
  ['POST', '/v3/timestamp/proof/url', { currency: 1, hash_string: hash, proof_type: 0 }],
  ['GET', '/v3/api_key/usage'],
  ['GET', '/v3/currencies/get'],
  ['POST', '/v3/webhook/register', { hash, currency: 1, target: 'https://hooks.example/os' }],
  ['POST', '/v3/webhook/information', { hash, currency: 1, target: 'https://hooks.example/os' }],
  ['POST', '/v3/webhook/start', { hash: digestOf('nobody'), webhook_url: 'https://hooks.example/os' }],
];

describe.each(endpoints)('%s %s', (method, path, body) => {
  const first = (answer: unknown) => (Array.isArray(answer) ? answer[0] : answer);

  it('answers 200 and a whole envelope, and the same with a doubled slash', async () => {
    for (const spelled of [path, `/${path}`, path.replaceAll('/', '//')]) {
      const answer = await client.call(method, spelled, body);
      expect(answer.status).toBe(200);
      expect(Object.keys(first(answer.body)).sort()).toEqual(['data', 'error_code', 'error_message']);
      expect(first(answer.body).error_code).not.toBe(3201);
    }
  });

  it('answers 3201 to a wrong key, to none, and to one with a prefix', async () => {
    const { originstampKey: key } = running;
    for (const authorization of ['wrong', undefined, '', `Bearer ${key}`, `Token ${key}`, running.apiKey]) {
      const answer = await client.call(method, path, body, { authorization });
      expect(answer.status).toBe(200);
      expect(first(answer.body)).toEqual({
        data: null,
        error_code: 3201,
        error_message: expect.stringMatching(/^You do not have a valid API key\. \[id [0-9a-f]{8}\]$/),
      });
    }
  });

  it('answers 405 to other methods, and says which it takes', async () => {
    for (const other of [method === 'GET' ? 'POST' : 'GET', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await client.call(other, path);
      expect(answer.status).toBe(405);
      expect(answer.headers.get('allow')).toContain(method);
      expect(first(answer.body)).toMatchObject({ data: null, error_code: expect.any(Number) });
    }
  });

  it('lets pages of every origin call it, with the headers that clients send', async () => {
    const preflight = await fetch(`${running.url}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': method,
        'access-control-request-headers': 'authorization,content-type,accept,user-agent',
        'access-control-request-private-network': 'true',
      },
    });
    expect(preflight.ok).toBe(true);
    const allowed = preflight.headers.get('access-control-allow-headers')?.toLowerCase().split(', ');
    expect(allowed).toEqual(
      expect.arrayContaining(['authorization', 'content-type', 'accept', 'user-agent']),
    );
    expect(preflight.headers.get('access-control-allow-methods')).toContain(method);
    expect(preflight.headers.get('access-control-allow-private-network')).toBeNull();
    const answer = await client.call(method, path, body, {
      origin: 'https://app.example',
      authorization: 'wrong',
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe.each(endpoints.filter(([method]) => method === 'POST'))(
  'the body of %s %s',
  (method, path, body) => {
    it('answers 400 to what is no JSON object', async () => {
      const bodies = ['', '{', 'hash=abc', '[]', '[{}]', 'null', '17', '"text"', '{"hash":"a"}x', '\u0000'];
      for (const wrong of bodies) {
        const answer = await client.call(method, path, wrong);
        expect([wrong, answer.status]).toEqual([wrong, 400]);
        expect(answer.body).toMatchObject({ data: null, error_code: 9400 });
      }
    });

    it('takes JSON of any Content-Type, with a byte order mark, and after white space', async () => {
      const json = JSON.stringify(body);
      const types = [
        'application/json;charset=UTF-8',
        'APPLICATION/JSON',
        'text/plain',
        'application/x-www-form-urlencoded',
      ];
      for (const type of types) {
        expect((await client.call(method, path, json, { 'content-type': type })).status).toBe(200);
      }
      expect((await client.call(method, path, `\ufeff\r\n ${json}\n`)).status).toBe(200);
    });

    it('answers 413 to more than 1 MiB', async () => {
      const answer = await client.call(method, path, `{"padding":"${'x'.repeat(1024 * 1024)}"}`);
      expect(answer.status).toBe(413);
    });
  },
);

describe.each(endpoints.filter(([method]) => method === 'GET'))('the headers of %s %s', (_method, path) => {
  it('does not mind a Content-Type without a body, nor any Accept', async () => {
    for (const accept of ['application/json', '*/*', 'text/html', 'application/octet-stream', undefined]) {
      expect((await client.call('GET', path, undefined, { accept })).status).toBe(200);
    }
  });
});

describe('paths', () => {
  it.each([
    '/v4',
    '/v4/',
    '/v4/timestamp',
    '/v4/timestamp/a/b',
    '/v4/timestamp/status/seed',
    '/v4/currencies/get',
    '/v3/timestamp/proof/pdf',
    '/v3/api_key',
    '/v3/currencies',
    '/v3/webhook/unregister',
  ])('that do not exist are 404, with an envelope: %s', async (path) => {
    for (const method of ['GET', 'POST']) {
      expect(await client.call(method, path)).toMatchObject({
        status: 404,
        body: { data: null, error_code: 9404 },
      });
    }
  });

  it('are served under a prefix, too, as soon as one is set', async () => {
    expect((await fetch(`${running.url}/stamps/os/v3/currencies/get`)).status).toBe(404);
    settings.originstampPrefix = '/stamps/os';
    for (const [method, path, body] of endpoints) {
      const answer = await client.call(method, `/stamps//os/${path}`, body);
      expect(answer.status).toBe(200);
      expect(await client.call(method, path, body)).toMatchObject({ status: 200 });
    }
    expect((await client.call('GET', '/stamps/os/v4/no/thing')).status).toBe(404);
    expect((await fetch(`${running.url}/stamps/osv4/timestamp/${hash}`)).status).toBe(404);
    settings.originstampPrefix = '';
  });

  it('of uploads by link, which stand in the same version, are still those', async () => {
    const { url } = (await running.json('GET', {}, undefined, '/upload-link')).body;
    expect(new URL(url).pathname).toMatch(/^\/v3\/files\//);
    const form = new FormData();
    form.append('file', new Blob(['by link']), 'link.txt');
    const answer = await fetch(url, { method: 'POST', body: form });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ data: { cid: expect.stringMatching(/^Qm/) } });
    const wrong = await fetch(`${running.url}/v3/files/none`, { method: 'POST' });
    expect(wrong.status).toBeGreaterThanOrEqual(400);
    expect(await wrong.json()).toMatchObject({ success: false });
  });
});

describe('a service that is switched off', () => {
  it('answers every key as an invalid one, and knows it again when it is on', async () => {
    settings.webhookEnabled = false;
    expect(await client.create({ hash })).toMatchObject({
      data: null,
      error_code: 3201,
      error_message: expect.stringMatching(/^This service is switched off\..*webhookEnabled true/),
    });
    const stranger = await client.call('POST', '/v4/timestamp/create', { hash }, { authorization: 'wrong' });
    expect(stranger.body).toMatchObject({ error_message: expect.stringMatching(/^You do not have a valid/) });
    expect(await client.bulk([{ hash }, { hash }])).toMatchObject([
      { error_code: 3201 },
      { error_code: 3201 },
    ]);
    settings.webhookEnabled = true;
    expect(await client.create({ hash })).toMatchObject({ error_code: 0 });
  });

  it('is off for a tenant alone, too', async () => {
    await running.ledger.write((db) => db.exec('UPDATE tenants SET is_enabled = 0'));
    expect(await client.create({ hash })).toMatchObject({ data: null, error_code: 3201 });
    await running.ledger.write((db) => db.exec('UPDATE tenants SET is_enabled = 1'));
    expect(await client.create({ hash })).toMatchObject({ error_code: 0 });
  });
});

describe('too many requests', () => {
  it('from elsewhere are answered with 429, Retry-After and an envelope', async () => {
    settings.requestsPerMinute = 1;
    const headers = { authorization: running.originstampKey, 'x-forwarded-for': '203.0.113.7' };
    const ask = () => sendHttp(running.url, '//v3/currencies/get', { headers });
    expect((await ask()).status).toBe(200);
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(refused.headers['content-type']).toBe('application/json;charset=UTF-8');
    expect(JSON.parse(refused.body)).toMatchObject({ data: null, error_code: 9009 });
    // This computer is not counted.
    for (let count = 0; count < 5; count++) {
      expect((await client.call('GET', '/v3/currencies/get')).status).toBe(200);
    }
    settings.requestsPerMinute = 1_000;
  });
});

describe('in process', () => {
  it('the service answers as over HTTP, bodies included', async () => {
    const answer = await running.service.app.fetch(
      new Request(`${running.url}/v4/timestamp/bulk/create`, {
        method: 'POST',
        headers: { authorization: running.originstampKey },
        body: JSON.stringify({ timestamps: [{ hash: digestOf('in process') }] }),
      }),
    );
    expect(await answer.json()).toMatchObject([{ data: { created: true }, error_code: 0 }]);
  });
});

describe('HEAD', () => {
  it('answers as GET does, without a body', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      httpRequest(`${running.url}/v3/currencies/get`, { method: 'HEAD' }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode));
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(200);
  });
});
