import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { eventually } from '../../helpers/eventually.ts';
import { digestOf } from '../../helpers/originstamp-caller.ts';
import { openRaw } from '../../helpers/raw-http.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService;
let host: string;
beforeAll(async () => {
  running = await startService({ chain: true, settings: { seedCloseSeconds: 3_600 } });
  host = new URL(running.url).host;
});
afterAll(async () => {
  expect(running.errors).toEqual([]);
  await running.stop();
});

const open = () => openRaw(running.url);

const createPath = '/v4/timestamp/create';
const chunked = 'Transfer-Encoding: chunked';
const length = (body: string) => `Content-Length: ${Buffer.byteLength(body)}`;
const item = (name: string, comment?: string) => JSON.stringify({ hash: digestOf(name), comment });

/** A request as text; `headers` are lines as they stand. The key comes by itself. */
function request(method: string, target: string, headers: string[] = [], body = ''): string {
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, `Authorization: ${running.originstampKey}`];
  return [...lines, ...headers, '', body].join('\r\n');
}

const isStored = (name: string) =>
  running.ledger.db
    .prepare('SELECT 1 FROM digests WHERE digest = ?')
    .get(Buffer.from(digestOf(name), 'hex')) !== undefined;

describe('what clients send on GET', () => {
  const target = '/v3/currencies/get';
  const json = 'Content-Type: application/json';

  it.each([
    ['a Content-Type alone', [json], ''],
    ['a length of zero', [json, 'Content-Length: 0'], ''],
    ['no chunks', [json, chunked], '0\r\n\r\n'],
    ['an empty object', [json, 'Content-Length: 2'], '{}'],
    ['chunks that nobody reads', [json, chunked], '4\r\nabcd\r\n0\r\n\r\n'],
    ['what is no JSON', [json, 'Content-Length: 3'], '{{{'],
  ])('may come with %s, and the next request on the connection is itself', async (_label, headers, body) => {
    const raw = await open();
    for (let count = 0; count < 2; count++) {
      await raw.send(request('GET', target, headers, body));
      const answer = await raw.answer();
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toBe('application/json;charset=UTF-8');
      expect(answer.json()).toMatchObject({ error_code: 0, data: [{ currency_id: 1 }] });
    }
  });
});

describe('headers', () => {
  it('are the same in any case, with any spaces around them', async () => {
    const raw = await open();
    const body = item('odd case');
    await raw.send(
      `POST ${createPath} HTTP/1.1\r\nhOST: ${host}\r\nAUTHORIZATION: \t ${running.originstampKey}  \r\n`,
      `cOnTeNt-TyPe:APPLICATION/json\r\nCONTENT-LENGTH:${body.length}\r\nACCEPT:\r\n\r\n${body}`,
    );
    expect((await raw.answer()).json()).toMatchObject({ error_code: 0, data: { created: true } });
  });

  it('that nobody knows are passed over, cookies and conditions too', async () => {
    const raw = await open();
    const odd = [
      'Cookie: Authorization=wrong',
      'X-Api-Key: wrong',
      'If-None-Match: *',
      'Range: bytes=0-1',
      'Accept-Encoding: br',
      'User-Agent: Swagger-Codegen/2.0.1/java',
      'Accept-Language: de',
    ];
    await raw.send(request('GET', '/v3/api_key/usage', odd));
    expect(await raw.answer()).toMatchObject({ status: 200 });
  });
});

describe('targets', () => {
  it.each([
    ['with doubled slashes', '//v4//timestamp///create'],
    ['in absolute form', `http://HOST${createPath}`],
    ['with a query', `${createPath}?hash=ignored`],
    ['with letters that need not be escaped', '/v4/timestamp/%63reate'],
  ])('may be written %s', async (label, target) => {
    const raw = await open();
    const body = item(label);
    await raw.send(request('POST', target.replace('HOST', host), [length(body)], body));
    expect((await raw.answer()).json()).toMatchObject({ error_code: 0, data: { created: true } });
  });

  it.each([
    '/v4/../v4/timestamp/none',
    '/v4/timestamp/%2e%2e/create',
    '/v4/timestamp/%ff',
    '/v4/timestamp/%',
  ])('that mean something else are answered, and break nothing: %s', async (target) => {
    const raw = await open();
    await raw.send(request('GET', target));
    const answer = await raw.answer();
    expect([200, 404, 405]).toContain(answer.status);
    expect(answer.json()).toMatchObject({ data: null });
  });
});

describe('bodies', () => {
  it('come in chunks of any size, letters torn apart too', async () => {
    const raw = await open();
    const bytes = Buffer.from(item('chunks', 'Prüfung 😀'));
    const parts = [...bytes].map((byte) =>
      Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]),
    );
    await raw.send(request('POST', createPath, [chunked]), ...parts, '0\r\n\r\n');
    expect((await raw.answer()).json()).toMatchObject({ data: { created: true, comment: 'Prüfung 😀' } });
  });

  it('that are announced by Expect are asked for', async () => {
    const raw = await open();
    const body = item('expected');
    await raw.send(request('POST', createPath, [length(body), 'Expect: 100-continue']));
    expect((await raw.answer()).status).toBe(100);
    await raw.send(body);
    expect((await raw.answer()).json()).toMatchObject({ error_code: 0, data: { created: true } });
  });

  it('in another encoding than UTF-8 are refused, not repaired', async () => {
    const raw = await open();
    const body = Buffer.from(item('latin', 'Pr\u00fcfung'), 'latin1');
    await raw.send(request('POST', createPath, [`Content-Length: ${body.length}`]), body);
    expect(await raw.answer()).toMatchObject({ status: 400 });
    expect(isStored('latin')).toBe(false);
  });

  it('whose sender goes away store nothing', async () => {
    const raw = await open();
    const body = item('torn');
    await raw.send(request('POST', createPath, [`Content-Length: ${body.length + 1}`], body));
    raw.cut();
    await raw.closed;
    const next = await open();
    await next.send(request('GET', '/v3/currencies/get'));
    await next.answer();
    expect(isStored('torn')).toBe(false);
  });

  it('of strangers are not waited for, and do not become the next request', async () => {
    const raw = await open();
    const body = item('stranger');
    await raw.send(
      `POST ${createPath} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: wrong\r\n${length(body)}\r\n\r\n${body}`,
    );
    expect((await raw.answer()).json()).toMatchObject({ error_code: 3201 });
    await raw.send(request('POST', createPath, [length(body)], body));
    expect((await raw.answer()).json()).toMatchObject({ error_code: 0, data: { created: true } });
  });

  it('that are too large are refused before they have come', async () => {
    const raw = await open();
    await raw.send(request('POST', '/v4/timestamp/bulk/create', [chunked]));
    const part = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    await raw.send(...Array<string>(17).fill(part));
    expect((await raw.answer()).status).toBe(413);
  });

  it.each([
    ['nested deeply', `{"hash":${'['.repeat(200_000)}${']'.repeat(200_000)}}`],
    ['with a key a hundred thousand times', `{${'"hash":1,'.repeat(100_000)}"hash":"x"}`],
    ['with a number beyond all numbers', `{"hash":"x","comment":1e999}`],
    ['with __proto__', `{"__proto__":{"hash":"${digestOf('proto')}"}}`],
  ])('%s are answered as any other', async (_label, body) => {
    const raw = await open();
    await raw.send(request('POST', createPath, [length(body)], body));
    const answer = await raw.answer();
    expect([200, 400]).toContain(answer.status);
    expect(answer.json()).toMatchObject({ data: null });
    expect(isStored('proto')).toBe(false);
  });
});

describe('connections', () => {
  it('take requests before the answers have come, and answer in their order', async () => {
    const raw = await open();
    const names = Array.from({ length: 20 }, (_, index) => `pipelined ${index}`);
    await raw.send(
      ...names.map((name) => {
        const body = item(name);
        return request('POST', createPath, [length(body)], body);
      }),
    );
    for (const name of names) {
      expect((await raw.answer()).json()).toMatchObject({
        data: { created: true, hash_string: digestOf(name) },
      });
    }
  });

  it('of HTTP/1.0 get their answer, and end', async () => {
    const raw = await open();
    await raw.send(
      `GET /v3/currencies/get HTTP/1.0\r\nHost: ${host}\r\nAuthorization: ${running.originstampKey}\r\n\r\n`,
    );
    expect((await raw.answer()).json()).toMatchObject({ error_code: 0 });
    await raw.closed;
  });

  it('that break off before the answer leave what was accepted', async () => {
    const raw = await open();
    const body = item('accepted');
    await raw.send(request('POST', createPath, [length(body)], body));
    raw.cut();
    await eventually('the digest is there', () => isStored('accepted'));
  });

  it('answer a preflight as it stands', async () => {
    const raw = await open();
    await raw.send(
      `OPTIONS ${createPath} HTTP/1.1\r\nHost: ${host}\r\nOrigin: null\r\nAccess-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization,content-type\r\n\r\n`,
    );
    const answer = await raw.answer();
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-origin']).toBe('*');
  });
});
