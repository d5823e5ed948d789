import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { openRaw } from '../../helpers/raw-http.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService;
let path: string;
let host: string;
beforeAll(async () => {
  running = await startService();
  path = new URL(running.webhook).pathname;
  host = new URL(running.url).host;
});
afterAll(async () => {
  expect(running.errors).toEqual([]);
  await running.stop();
});

const open = () => openRaw(running.url);

/** A request as text; `headers` are lines as they stand. The key comes by itself. */
function request(method: string, headers: string[] = [], body = '', target = path): string {
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, `secret-key: ${running.secretKey}`];
  return [...lines, ...headers, '', body].join('\r\n');
}

const multipart = (content: string, name = 'raw.txt') =>
  `--x\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n${content}\r\n--x--\r\n`;
const isMultipart = 'Content-Type: multipart/form-data; boundary=x';
const length = (body: string) => `Content-Length: ${Buffer.byteLength(body)}`;
const chunked = 'Transfer-Encoding: chunked';

/** A body in chunks of so many bytes. */
function chunks(body: string, size: number): string {
  const bytes = Buffer.from(body);
  const parts: string[] = [];
  for (let from = 0; from < bytes.length; from += size) {
    const part = bytes.subarray(from, from + size);
    parts.push(`${part.length.toString(16)}\r\n${part.toString('latin1')}\r\n`);
  }
  return `${parts.join('')}0\r\n\r\n`;
}

describe('headers', () => {
  it('are the same in any case, with any spaces around them', async () => {
    const raw = await open();
    const body = multipart('odd case');
    await raw.send(
      `POST ${path} HTTP/1.1\r\nhOST: ${host}\r\nSECRET-KEY: \t ${running.secretKey}  \r\n`,
      `GrOuP-iD:Odd Case (Public)\r\nNETWORK:   PUBLIC\r\ncontent-TYPE: Multipart/Form-Data; boundary=x\r\n`,
      `CONTENT-LENGTH: ${body.length}\r\n\r\n${body}`,
    );
    const answer = await raw.answer();
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({ group_id: 'odd-case-public', network: 'public' });
  });

  it('that nobody knows are passed over, cookies too', async () => {
    const raw = await open();
    const unknown = Array.from({ length: 40 }, (_, index) => `X-Unknown-${index}: ${'v'.repeat(100)}`);
    await raw.send(
      request('GET', [
        ...unknown,
        'Cookie: session=1; secret-key=wrong',
        'Source: sdk/file',
        'Range: bytes=0-1',
        'If-None-Match: *',
      ]),
    );
    expect(await raw.answer()).toMatchObject({ status: 200 });
  });

  it('hold names in UTF-8, in Latin-1, and percent-encoded', async () => {
    const raw = await open();
    const create = async (line: string | Uint8Array) => {
      const rest = `content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`;
      await raw.send(request('POST').trimEnd(), '\r\ngroup-id: ', line, `\r\n${rest}`);
      return (await raw.answer()).json();
    };
    const utf8 = await create('Prüfungen 2026');
    expect(utf8).toMatchObject({ name: 'Prüfungen 2026', group_id: 'prufungen-2026' });
    expect(await create(Buffer.from('Prüfungen 2026', 'latin1'))).toMatchObject({ group_id: utf8.group_id });
    expect(await create('Pr%C3%BCfungen%202026')).toMatchObject({ group_id: utf8.group_id });
    // Decomposed letters, as some systems type them.
    expect(await create('Prüfungen 2026'.normalize('NFD'))).toMatchObject({ group_id: utf8.group_id });
  });

  it('of more than 16 KiB are refused, and the service goes on', async () => {
    const raw = await open();
    await raw.send(request('GET', [`group-id: ${'n'.repeat(20_000)}`]));
    expect((await raw.answer()).status).toBe(431);
    await raw.closed;
    expect((await running.json('GET')).status).toBe(200);
  });
});

describe('bodies', () => {
  it.each(['GET', 'PATCH'])('of zero bytes that call themselves JSON are no error on %s', async (method) => {
    await running.upload({ 'group-id': 'Zero length' }, `there for ${method}`);
    const raw = await open();
    const headers = ['group-id: Zero length', 'Content-Type: application/json'];
    for (const end of ['Content-Length: 0', 'Content-Length: 0\r\nConnection: keep-alive']) {
      await raw.send(request(method, [...headers, end]));
      expect(await raw.answer()).toMatchObject({ status: 200 });
    }
    await raw.send(request(method, [...headers, chunked], '0\r\n\r\n'));
    const answer = await raw.answer();
    expect(answer.status).toBe(200);
    expect(answer.json().success).toBe(true);
  });

  it('on GET, HEAD and PATCH are read over, and the next request on the connection is itself', async () => {
    await running.upload({ 'group-id': 'With bodies' }, 'stampable');
    const raw = await open();
    const body = JSON.stringify({ hash: 'ignored', text: 'GET / HTTP/1.1\r\n\r\n' });
    for (const method of ['GET', 'HEAD', 'PATCH', 'GET']) {
      const headers = ['group-id: With bodies', 'Content-Type: application/json', length(body)];
      await raw.send(request(method, headers, body));
      expect((await raw.answer({ head: method === 'HEAD' })).status).toBe(200);
    }
  });

  it.each([1, 7, 4096])('may come in chunks of %i bytes', async (size) => {
    const raw = await open();
    const content = `chunked by ${size} ${'é'.repeat(300)}`;
    await raw.send(
      request('POST', ['group-id: Chunked', 'network: public', isMultipart, chunked]),
      Buffer.from(chunks(multipart(content), size), 'latin1'),
    );
    const answer = await raw.answer();
    expect(answer.status).toBe(201);
    const { gatewayurl, size: sizeBytes } = answer.json();
    expect(sizeBytes).toBe(Buffer.byteLength(content));
    expect(await (await fetch(gatewayurl)).text()).toBe(content);
  });

  it('of JSON may come in chunks that cut a character', async () => {
    const raw = await open();
    const body = JSON.stringify({
      hash: 'QmehMASWcBsX7VcEQqs6rpR5AHoBfKyBVEgmkJHjpPg8jq',
      name: 'Übergröße 😀.pdf',
    });
    await raw.send(
      request('POST', ['group-id: Chunked JSON', 'Content-Type: application/json', chunked]),
      Buffer.from(chunks(body, 3), 'latin1'),
    );
    expect((await raw.answer()).json()).toMatchObject({ name: 'Übergröße 😀.pdf', network: 'none' });
  });

  it('are asked for with 100 Continue when the client waits for that', async () => {
    const raw = await open();
    const body = multipart('patiently');
    await raw.send(
      request('POST', ['group-id: Continue', isMultipart, length(body), 'Expect: 100-continue']),
    );
    expect((await raw.answer()).status).toBe(100);
    await raw.send(body);
    expect((await raw.answer()).status).toBe(201);
  });

  it('that break off leave nothing behind', async () => {
    const raw = await open();
    const body = multipart('half of it '.repeat(50_000));
    await raw.send(
      request('POST', ['group-id: Broken off', isMultipart, length(body)]),
      body.slice(0, 300_000),
    );
    await expect.poll(() => running.incomingFiles(), { timeout: 15_000 }).toHaveLength(1);
    raw.cut();
    await expect.poll(() => running.incomingFiles(), { timeout: 15_000 }).toEqual([]);
    expect((await running.json('GET', { 'group-id': 'Broken off' })).status).toBe(404);
  });
});

describe('connections', () => {
  it('may carry several requests at once, answered in their order', async () => {
    await running.upload({ 'group-id': 'Counted' }, 'there before');
    const raw = await open();
    const body = multipart('pipelined');
    await raw.send(
      [
        request('POST', ['group-id: Pipeline', isMultipart, length(body)], body),
        request('GET', ['group-id: Nowhere']),
        request('HEAD', ['group-id: Counted']),
        request('GET', ['hash: QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH']),
        request('GET', [], '', '/healthcheck'),
      ].join(''),
    );
    expect((await raw.answer()).status).toBe(201);
    expect((await raw.answer()).json()).toMatchObject({
      success: false,
      message: 'Group not found: Nowhere',
    });
    const head = await raw.answer({ head: true });
    expect(head).toMatchObject({ status: 200, headers: { 'x-group-exists': 'true', 'x-total-files': '1' } });
    expect((await raw.answer()).status).toBe(404);
    expect((await raw.answer()).json()).toMatchObject({ status: 'ok' });
  });

  it('of HTTP/1.0 get their answer and end', async () => {
    const raw = await open();
    await raw.send(`GET ${path} HTTP/1.0\r\nHost: ${host}\r\nsecret-key: ${running.secretKey}\r\n\r\n`);
    expect((await raw.answer()).json()).toMatchObject({ success: true, groups: expect.any(Array) });
    await raw.closed;
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n'],
    ['a broken header', 'GET / HTTP/1.1\r\nHost: x\r\nbroken header\r\n\r\n'],
    [
      'two ways to say how long it is',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a chunk without a size', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
  ])('with %s are refused and ended, and nothing else happens', async (_what, text) => {
    const raw = await open();
    await raw.send(text);
    const answer = await raw.answer();
    expect([400, 404]).toContain(answer.status);
    await raw.closed;
    expect((await running.json('GET')).status).toBe(200);
  });

  it.each(['TRACE', 'PUT', 'PROPFIND'])('with the method %s get JSON', async (method) => {
    const raw = await open();
    await raw.send(request(method));
    const answer = await raw.answer();
    expect(answer.status).toBe(404);
    expect(answer.json()).toMatchObject({ success: false });
  });
});
