import { writeFileSync } from 'node:fs';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Upstream } from '../../../companion/keyholder/forwarding.ts';
import { listenOnLoopback } from '../../../companion/listen.ts';
import { terminalOrigin } from '../../../shared/wire/companion.ts';
import { createSignedFetch } from '../../../shared/wire/companion-fetch.ts';
import {
  importPairingKey,
  maxClockSkewMs,
  signatureHeaders,
} from '../../../shared/wire/companion-signing.ts';
import { fromBase64Url } from '../../../shared/wire/encoding.ts';
import { createTestExtension, extensionOrigin, startKeyholder } from '../../helpers/keyholder-server.ts';

const secretKey = 'upstream-secret-that-nobody-may-see';
const apiKey = 'upstream-api-key';
const originstampKey = 'upstream-originstamp-key';

/** What reached the upstream. */
let received: { method: string; url: string; headers: Headers; body: string }[];
/** An event stream that goes on until somebody cancels it, for the test that sets it. */
let endless: ReadableStream<Uint8Array> | undefined;
let server: Awaited<ReturnType<typeof startKeyholder>>;
let extension: ReturnType<typeof createTestExtension>;

const upstream: Upstream = {
  webhookUrl: `http://127.0.0.1:1/webhook/${apiKey}`,
  secretKey,
  originstamp: { baseUrl: 'http://127.0.0.1:1/stamps', key: originstampKey },
  async fetch(request) {
    received.push({
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: await request.text(),
    });
    if (request.method === 'HEAD') {
      return new Response(null, { headers: { 'x-credits': '847', 'x-powered-by': 'hidden' } });
    }
    if (request.headers.get('group-id') === 'missing') {
      return Response.json({ success: false, message: 'No files found in group to stamp' }, { status: 400 });
    }
    if (request.headers.get('group-id') === 'elsewhere')
      return Response.redirect('https://evil.example/', 302);
    if (request.headers.get('group-id') === 'down') throw new TypeError('connect ECONNREFUSED');
    if (request.url.endsWith('/events/stream') && endless) {
      return new Response(endless, { headers: { 'content-type': 'text/event-stream' } });
    }
    if (request.url.endsWith('/events/stream')) {
      return new Response(
        'data: {"id":"7","type":"file.pinned"}\n\nid: 8\ndata: {"id":"8","type":"file.deleted"}\n\n',
        {
          headers: { 'content-type': 'text/event-stream' },
        },
      );
    }
    return Response.json({ success: true }, { headers: { 'set-cookie': 'a=b', 'x-total-files': '2' } });
  },
};

beforeEach(async () => {
  received = [];
  endless = undefined;
  server = await startKeyholder({ upstream: (account) => (account === 'embedded' ? upstream : undefined) });
  extension = createTestExtension();
  await extension.client.pair(server.url, server.desk.showCode().code);
  extension.sent.length = 0;
});
afterEach(() => server.close());

/** Signed by the keyholder, or, outside its paths, not. */
async function statusOf(answer: Promise<Response>): Promise<number> {
  return answer.then(
    ({ status }) => status,
    ({ data }) => data.status,
  );
}

describe('forwarding', () => {
  it('should replace account and signature by the real key and secret', async () => {
    const answer = await extension.client.signedFetch(await extension.client.accountBaseUrl(), {
      method: 'PATCH',
      headers: { 'group-id': 'Spring (2026)', network: 'public', cookie: 'x=y', 'x-other': 'z' },
    });
    expect(await answer.json()).toEqual({ success: true });
    expect([...answer.headers.keys()].sort()).toEqual(['content-type', 'x-total-files']);
    const [request] = received;
    expect(request).toMatchObject({ method: 'PATCH', url: upstream.webhookUrl });
    expect(Object.fromEntries(request?.headers ?? [])).toEqual({
      'group-id': 'Spring (2026)',
      network: 'public',
      'secret-key': secretKey,
    });
  });

  it('should carry JSON bodies, and the headers of a HEAD', async () => {
    const base = await extension.client.accountBaseUrl();
    await extension.client.signedFetch(base, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"hash":"é"}',
    });
    expect(received[0]?.body).toBe('{"hash":"é"}');
    const head = await extension.client.signedFetch(base, { method: 'HEAD' });
    expect(Object.fromEntries(head.headers)).toMatchObject({ 'x-credits': '847' });
    expect(head.headers.has('x-powered-by')).toBe(false);
    expect(received[1]?.method).toBe('HEAD');
  });

  it('should pass the query of an upload link, and refuse any other parameter', async () => {
    const base = await extension.client.accountBaseUrl();
    await extension.client.signedFetch(`${base}/upload-link?expires=60&filename=a%20b.txt`);
    expect(received[0]?.url).toBe(`${upstream.webhookUrl}/upload-link?expires=60&filename=a+b.txt`);
    const refused = await extension.client.signedFetch(`${base}/upload-link?secret-key=guess`);
    expect(refused.status).toBe(400);
    expect((await extension.client.signedFetch(`${base}?jwt=x`)).status).toBe(400);
    expect(received).toHaveLength(1);
  });

  describe('to the API for digests', () => {
    const digest = 'ab'.repeat(32);
    const seed = '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10';
    const send = async (method: string, path: string, body?: string) =>
      extension.client.signedFetch(`${(await extension.client.originstamp()).baseUrl}${path}`, {
        method,
        body,
      });

    it.each([
      ['POST', '/v4/timestamp/create', '{"hash":"é"}'],
      ['POST', '/v4/timestamp/bulk/create', '{"timestamps":[]}'],
      ['GET', `/v4/timestamp/${digest}`, ''],
      ['GET', `/v4/timestamp/status/seed/${seed}`, ''],
      ['POST', '/v3/timestamp/proof/url', '{}'],
      ['GET', '/v3/api_key/usage', ''],
      ['GET', '/v3/currencies/get', ''],
    ])('should forward %s %s with the key and without the secret', async (method, path, body) => {
      const answer = await send(method, path, body || undefined);
      expect(answer.status).toBe(200);
      expect(received).toMatchObject([{ method, url: `http://127.0.0.1:1/stamps${path}`, body }]);
      expect(received[0]?.headers.get('authorization')).toBe(originstampKey);
      expect(received[0]?.headers.has('secret-key')).toBe(false);
    });

    it.each([
      ['POST', '/v3/webhook/register'],
      ['POST', '/v3/webhook/start'],
      ['GET', '/v3/timestamp/proof/download'],
      ['GET', `/v4/timestamp/${digest}0`],
      ['GET', '/v4/timestamp/not-a-digest'],
      ['GET', `/v4/timestamp/..%2f..%2fwebhook%2f${digest}`],
      ['GET', `/v4/timestamp/status/seed/${seed}%2f..`],
      ['DELETE', `/v4/timestamp/${digest}`],
    ])('should not forward %s %s', async (method, path) => {
      expect(await statusOf(send(method, path))).toBe(404);
      expect(received).toEqual([]);
    });

    it('should refuse a query', async () => {
      expect((await send('GET', '/v3/currencies/get?token=x')).status).toBe(400);
      expect(received).toEqual([]);
    });

    it('should say so when the account has no key for it', async () => {
      const { originstamp, ...filesOnly } = upstream;
      await server.close();
      server = await startKeyholder({ upstream: () => filesOnly });
      await extension.client.pair(server.url, server.desk.showCode().code);
      const answer = await send('GET', '/v3/currencies/get');
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ message: expect.stringContaining('files only') });
    });
  });

  it("should pass the upstream's own refusals on", async () => {
    const answer = await extension.client.signedFetch(await extension.client.accountBaseUrl(), {
      method: 'PATCH',
      headers: { 'group-id': 'missing' },
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ message: 'No files found in group to stamp' });
  });

  it.each([
    ['a redirect, which could carry the secret away', 'elsewhere'],
    ['an upstream that is down', 'down'],
  ])('should answer 502 for %s', async (_what, group) => {
    const answer = await extension.client.signedFetch(await extension.client.accountBaseUrl(), {
      headers: { 'group-id': group },
    });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ code: 'upstream-unreachable' });
  });

  it('should not let file bytes pass', async () => {
    const form = new FormData();
    form.append('file', new Blob(['bytes']), 'a.txt');
    const answer = await extension.client.signedFetch(await extension.client.accountBaseUrl(), {
      method: 'POST',
      body: form,
    });
    expect(answer.status).toBe(415);
    expect(received).toEqual([]);
  });

  it('should refuse a body of more than a mebibyte', async () => {
    await expect(
      extension.client.signedFetch(await extension.client.accountBaseUrl(), {
        method: 'POST',
        body: 'x'.repeat(1024 * 1024 + 1),
      }),
    ).rejects.toMatchObject({ code: 'impostor', data: { status: 413 } });
    expect(received).toEqual([]);
  });

  it.each([
    ['PUT', '/keyholder/embedded/webhook'],
    ['POST', '/keyholder/embedded/webhook/jwt'],
    ['GET', '/keyholder/embedded/webhook/list-remote'],
    ['POST', '/keyholder/embedded/webhook/upload-link'],
    ['GET', '/keyholder/embedded/v3/files/1'],
    ['GET', '/keyholder/embedded/../../webhook/x'],
    ['GET', '/keyholder/credentials'],
  ])('should have nothing at %s %s', async (method, path) => {
    expect(await statusOf(extension.client.signedFetch(path, { method }))).toBe(404);
    expect(received).toEqual([]);
  });

  it('should know no other account', async () => {
    const answer = await extension.client.signedFetch('/keyholder/other/webhook');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 'no-account' });
  });

  it('should refuse an upstream that is reached without https', async () => {
    await server.close();
    server = await startKeyholder({
      upstream: () => ({ ...upstream, webhookUrl: 'http://service.example/webhook/k' }),
    });
    await extension.client.pair(server.url, server.desk.showCode().code);
    const answer = await extension.client.signedFetch(await extension.client.accountBaseUrl());
    expect(await answer.json()).toMatchObject({ code: 'upstream-refused-address' });
    expect(received).toEqual([]);
  });

  it('should stream events behind a signed head', async () => {
    const events = [];
    for await (const item of extension.client.openEvents({ lastEventId: '6' })) {
      if (item.kind === 'event') events.push([item.lastEventId, item.event.type]);
    }
    expect(events).toEqual([
      [undefined, 'file.pinned'],
      ['8', 'file.deleted'],
    ]);
    expect(received[0]?.headers.get('last-event-id')).toBe('6');
  });

  it('should let go of the upstream when the reader leaves', async () => {
    const abort = new AbortController();
    const cancelled = Promise.withResolvers<void>();
    endless = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(': tick\n\n')),
      cancel: () => cancelled.resolve(),
    });
    const events = extension.client.openEvents({ signal: abort.signal })[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { kind: 'heartbeat' } });
    abort.abort();
    await cancelled.promise;
  });

  it.each<[string, () => Promise<unknown>]>([
    ['is ended', () => extension.client.signedFetch('/keyholder/pairing', { method: 'DELETE' })],
    [
      'is replaced by another of the same origin',
      () => createTestExtension().client.pair(server.url, server.desk.showCode().code),
    ],
  ])('should end the events of a pairing that %s', async (_what, end) => {
    endless = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(': tick\n\n')),
    });
    const events = extension.client.openEvents({})[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { kind: 'heartbeat' } });
    await end();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it('should leave the events of other pairings alone', async () => {
    const controllers: ReadableStreamDefaultController[] = [];
    endless = new ReadableStream({ start: (controller) => void controllers.push(controller) });
    const events = extension.client.openEvents({})[Symbol.asyncIterator]();
    const next = events.next();
    const other = createTestExtension({ origin: extensionOrigin.replace('abcd', 'bbbb') });
    await other.client.pair(server.url, server.desk.showCode().code);
    await other.client.signedFetch('/keyholder/pairing', { method: 'DELETE' });
    controllers[0]?.enqueue(new TextEncoder().encode(': tick\n\n'));
    expect(await next).toMatchObject({ value: { kind: 'heartbeat' } });
    await events.return?.(undefined);
  });

  it('should write no secret into its log', async () => {
    await extension.client.signedFetch(await extension.client.accountBaseUrl(), {
      headers: { 'group-id': 'down' },
    });
    await extension.client.signedFetch(
      `${await extension.client.accountBaseUrl()}/upload-link?secret-key=${secretKey}`,
    );
    await extension.client.signedFetch('/keyholder/other/webhook');
    const log = server.logLines.join('\n');
    expect(log).toContain('query-refused');
    for (const secret of [secretKey, apiKey, ...server.vault.content.pairings.map(({ key }) => key)]) {
      expect(log.includes(secret)).toBe(false);
    }
  });
});

describe('a signed request', () => {
  /** Sends again what the extension sent, as somebody who listened would. */
  async function replay(change: (sent: SentRequest) => unknown = () => undefined) {
    const last = lastSent();
    change(last);
    const answer = await fetch(last.url, last);
    return { status: answer.status, body: await answer.json() };
  }

  beforeEach(async () => {
    await extension.client.signedFetch(await extension.client.accountBaseUrl(), {
      method: 'PATCH',
      headers: { 'group-id': 'one', 'content-type': 'application/json' },
      body: '{}',
    });
    received = [];
  });
  afterEach(() => expect(received).toEqual([]));

  it('should be done once', async () => {
    expect(await replay()).toMatchObject({ status: 401, body: { code: 'replayed-request' } });
  });

  it('should be refused when it is older, or newer, than a minute', async () => {
    for (const offsetMs of [maxClockSkewMs + 1_000, -maxClockSkewMs - 1_000]) {
      server.clock.offsetMs = offsetMs;
      expect(await replay()).toMatchObject({ status: 401, body: { code: 'stale-request' } });
    }
  });

  it('should be taken again after the clock was set back, at the second try of the client', async () => {
    const anHourMs = 3_600_000;
    await server.close();
    server = await startKeyholder({ upstream: () => upstream, offsetMs: anHourMs });
    const { client } = createTestExtension();
    await client.pair(server.url, server.desk.showCode().code);
    server.clock.offsetMs = 0;
    expect((await client.signedFetch('/keyholder/state')).status).toBe(200);
  });

  it('should be refused by a companion that started after it was signed', async () => {
    const sent = lastSent();
    const { pairings } = server.vault.content;
    const later = await startKeyholder({ upstream: () => upstream });
    try {
      later.vault.update((content) => ({ ...content, pairings }));
      // As if it had the former's port: the authority is what was signed.
      const answer = await new Hono().route('/keyholder', later.app).fetch(new Request(sent.url, sent));
      expect(await answer.json()).toMatchObject({ code: 'stale-request' });
    } finally {
      await later.close();
    }
  });

  const set = (name: string, value: string) => (sent: SentRequest) => sent.headers.set(name, value);
  it.each<[string, (sent: SentRequest) => unknown]>([
    ['another method', (sent) => Object.assign(sent, { method: 'DELETE' })],
    ['another path', (sent) => Object.assign(sent, { url: sent.url.replace('embedded', 'other') })],
    ['another query', (sent) => Object.assign(sent, { url: `${sent.url}?a=b` })],
    ['another group', set('group-id', 'two')],
    ['a header more', set('stamp-immediately', 'true')],
    ['a header less', (sent) => sent.headers.delete('group-id')],
    ['another body', (sent) => Object.assign(sent, { body: '{"a":1}' })],
    ['another time', set(signatureHeaders.time, String(Date.now() + 1))],
    ['another nonce', set(signatureHeaders.nonce, 'AAAAAAAAAAAAAAAAAAAAAA')],
    ['no base64url', set(signatureHeaders.signature, '***')],
  ])('should be refused with %s', async (_what, change) => {
    expect(await replay(change)).toMatchObject({ status: 401, body: { code: 'bad-signature' } });
  });

  it('should be refused without a signature, or under an unknown pairing', async () => {
    expect(await replay(({ headers }) => headers.delete(signatureHeaders.signature))).toMatchObject({
      status: 401,
      body: { code: 'not-signed' },
    });
    expect(
      await replay(({ headers }) => headers.set(signatureHeaders.pairing, 'AAAAAAAAAAAA')),
    ).toMatchObject({ status: 401, body: { code: 'not-paired' } });
  });

  it('should be refused from a web page, and from another extension', async () => {
    expect(await replay(({ headers }) => headers.set('origin', 'https://evil.example'))).toMatchObject({
      status: 403,
      body: { code: 'origin-refused' },
    });
    expect(
      await replay(({ headers }) => headers.set('origin', extensionOrigin.replace('abcd', 'bbbb'))),
    ).toMatchObject({ status: 403, body: { code: 'wrong-origin' } });
  });

  it('should not pass a relay on another port', async () => {
    const relay = await listenOnLoopback(0);
    relay.serve(async (request, response) => {
      // It forwards everything, and addresses the companion properly.
      const headers = new Headers(request.headers as Record<string, string>);
      for (const name of ['host', 'connection', 'content-length']) headers.delete(name);
      const answer = await fetch(server.url + request.url, { method: request.method ?? 'GET', headers });
      response.writeHead(answer.status, Object.fromEntries(answer.headers));
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
    try {
      const stored = await extension.store.read();
      if (!stored) throw new Error('not paired');
      await extension.store.write({ ...stored, url: relay.url });
      await expect(extension.client.signedFetch('/keyholder/state')).rejects.toMatchObject({
        code: 'companion-refused',
        data: { code: 'bad-signature' },
      });
    } finally {
      await relay.close();
    }
  });
});

describe('a signed answer', () => {
  async function through(change: (answer: Response) => Promise<Response>) {
    const stored = await extension.store.read();
    if (!stored) throw new Error('not paired');
    const tampering = createTestExtension({ fetch: async (url, init) => change(await fetch(url, init)) });
    await tampering.store.write(stored);
    return tampering.client;
  }

  it.each<[string, (answer: Response, body: string) => Response]>([
    ['another body', (answer) => new Response('{"success":false}', answer)],
    ['another status', (answer, body) => new Response(body, { status: 201, headers: answer.headers })],
    [
      'another header',
      (answer, body) => new Response(body, { headers: [...answer.headers, ['x-credits', '0']] }),
    ],
    [
      'no signature',
      (_answer, body) => new Response(body, { headers: { 'content-type': 'application/json' } }),
    ],
  ])('should not be believed with %s', async (_what, change) => {
    const client = await through(async (answer) => change(answer, await answer.text()));
    await expect(client.signedFetch('/keyholder/state')).rejects.toMatchObject({ code: 'impostor' });
    expect(await client.state()).toMatchObject({ status: 'refused' });
  });

  it("should be signed, too, when it tells of the companion's own failure", async () => {
    writeFileSync(server.vaultPath, 'not a vault');
    const answer = await extension.client.signedFetch('/keyholder/pairing', { method: 'DELETE' });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ success: false, code: 'vault-unreadable' });
  });

  it('should be signed and say nothing of a failure that nobody foresaw', async () => {
    await server.close();
    server = await startKeyholder({
      upstream: () => {
        throw new TypeError('inner workings');
      },
    });
    await extension.client.pair(server.url, server.desk.showCode().code);
    const answer = await extension.client.signedFetch(await extension.client.accountBaseUrl());
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('inner workings');
    expect(server.logLines.join()).toContain('inner workings');
  });

  it('should not be believed when it answers an earlier request', async () => {
    let kept: Response | undefined;
    const client = await through(async (answer) => {
      kept ??= answer.clone();
      return kept.clone();
    });
    await client.signedFetch('/keyholder/state');
    await expect(client.signedFetch('/keyholder/state')).rejects.toMatchObject({ code: 'impostor' });
  });

  it('should not be believed when the head of an event stream is changed', async () => {
    const client = await through(async (answer) => {
      const headers = new Headers(answer.headers);
      if (headers.get('content-type')?.startsWith('text/event-stream')) headers.set('x-credits', '1');
      return new Response(answer.body, { status: answer.status, headers });
    });
    await expect(client.openEvents({})[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'impostor',
    });
  });

  it('should not be taken from a program that grabbed the port', async () => {
    const { port } = server;
    await server.close();
    const grabber = await listenOnLoopback(port);
    const seen: string[] = [];
    grabber.serve((request, response) => {
      seen.push(JSON.stringify(request.headers));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"version":"9"}');
    });
    try {
      expect(await extension.client.state()).toMatchObject({ status: 'refused' });
      expect(seen.join().includes(secretKey)).toBe(false);
    } finally {
      await grabber.close();
      server = await startKeyholder();
    }
  });
});

describe('pairing codes on request', () => {
  it('should be shown to the terminal', async () => {
    const terminal = server.vault.content.pairings.find(({ origin }) => origin === terminalOrigin);
    if (!terminal) throw new Error('no terminal pairing');
    const signedFetch = createSignedFetch({
      companionUrl: server.url,
      pairing: terminal.id,
      key: await importPairingKey(fromBase64Url(terminal.key)),
      fetch: (url, init) => fetch(url, init),
    });
    const answer = await signedFetch('/keyholder/pairing-code', { method: 'POST' });
    const { code } = (await answer.json()) as { code: string };
    await createTestExtension().client.pair(server.url, code);
    expect((await signedFetch('/keyholder/pairing', { method: 'DELETE' })).status).toBe(404);
  });

  it('should not be shown to an extension', async () => {
    await expect(
      extension.client.signedFetch('/keyholder/pairing-code', { method: 'POST' }),
    ).rejects.toMatchObject({ code: 'companion-refused', data: { code: 'terminal-only' } });
  });
});

interface SentRequest {
  url: string;
  method: string;
  headers: Headers;
  body: string | null;
}

/** A copy of what the extension sent last, free to be changed. */
function lastSent(): SentRequest {
  const { url = '', init: { method = '', headers = {}, body = null } = {} } = extension.sent.at(-1) ?? {};
  const text = body === null ? null : new TextDecoder().decode(body as Uint8Array);
  return { url, method, headers: new Headers(headers), body: text };
}
