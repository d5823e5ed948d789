import { createServer } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';

import {
  createWebhookPoster,
  type WebhookPosterOptions,
} from '../../../../../companion/service/originstamp/notifications/post-webhook.ts';
import { serveOverTls } from '../../../../helpers/tls-site.ts';
import { receiveWebhooks } from '../../../../helpers/webhook-receiver.ts';

const trusted = getCACertificates('default');
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function startReceiver(host?: string) {
  const receiver = await receiveWebhooks(host);
  cleanUp.push(receiver.close);
  return receiver;
}

function createPoster(options: Partial<WebhookPosterOptions> = {}) {
  const poster = createWebhookPoster({
    allowsPrivate: () => true,
    timeoutMs: 5_000,
    maxPerHost: 2,
    ...options,
  });
  cleanUp.push(poster.close);
  return poster;
}

const never = new AbortController().signal;
const failed = (message: string | RegExp) =>
  expect.objectContaining({ code: 'webhook-failed', message: expect.stringMatching(message) });

describe('createWebhookPoster', () => {
  it('sends the body as it is, with its query, and nothing that names this computer', async () => {
    const receiver = await startReceiver();
    const json = JSON.stringify({ comment: 'Grüße 🙂' });
    await createPoster().post(`${receiver.url}/os?id=17&x=%20#part`, json, never);
    expect(receiver.received).toHaveLength(1);
    const { method, url, headers, body } = receiver.received[0] ?? {};
    expect({ method, url, body }).toEqual({ method: 'POST', url: '/os?id=17&x=%20', body: json });
    expect(headers).toEqual({
      host: `127.0.0.1:${receiver.port}`,
      connection: 'close',
      'content-type': 'application/json;charset=UTF-8',
      'content-length': String(Buffer.byteLength(json)),
      'user-agent': expect.stringMatching(/^Hashmark\/\d/),
    });
  });

  it.each([200, 201, 204, 299])('takes %i as delivered', async (status) => {
    const receiver = await startReceiver();
    receiver.answer((_request, response) => response.writeHead(status).end());
    await createPoster().post(receiver.url, '{}', never);
  });

  it.each([300, 304, 400, 404, 429, 500, 503])('takes %i as failed', async (status) => {
    const receiver = await startReceiver();
    receiver.answer((_request, response) => response.writeHead(status).end('secret of the receiver'));
    await expect(createPoster().post(receiver.url, '{}', never)).rejects.toEqual(
      failed(`^The target answered ${status}; expected 2xx\\. Redirects are not followed\\.$`),
    );
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (status) => {
    const [receiver, elsewhere] = [await startReceiver(), await startReceiver()];
    receiver.answer((_request, response) => response.writeHead(status, { location: elsewhere.url }).end());
    await expect(createPoster().post(receiver.url, '{}', never)).rejects.toEqual(failed(`${status}`));
    expect(elsewhere.received).toEqual([]);
    expect(receiver.received).toHaveLength(1);
  });

  it('gives up a target that does not answer in time', async () => {
    const receiver = await startReceiver();
    receiver.answer(() => undefined);
    await expect(createPoster({ timeoutMs: 50 }).post(receiver.url, '{}', never)).rejects.toEqual(
      failed(/did not answer within 0\.05 s/),
    );
  });

  it('gives up a name that is not resolved in time', async () => {
    const poster = createPoster({ timeoutMs: 50, resolve: () => new Promise(() => undefined) });
    await expect(poster.post('http://slow.example/', '{}', never)).rejects.toEqual(failed(/within 0\.05 s/));
  });

  it('is content with a status whose body never ends, and cuts that off', async () => {
    const receiver = await startReceiver();
    let closed: Promise<unknown> | undefined;
    receiver.answer((_request, response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      const more = () => {
        if (!response.destroyed) response.write('x'.repeat(1024), more);
      };
      more();
    });
    await createPoster().post(receiver.url, '{}', never);
    await closed;
  });

  it('sends each request once, on a connection of its own, also to a target that resets it', async () => {
    let requests = 0;
    let connections = 0;
    const server = createServer((socket) => {
      connections++;
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests++;
        // The first is invited to go on; all others are read and reset.
        if (requests > 1) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUp.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as { port: number };
    const poster = createPoster({ maxPerHost: 1 });
    const results = await Promise.allSettled(
      Array.from({ length: 4 }, () => poster.post(`http://127.0.0.1:${port}/`, '{}', never)),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', ...Array(3).fill('rejected')]);
    expect({ requests, connections }).toEqual({ requests: 4, connections: 4 });
  });

  it.each([
    [
      'switches to another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
    ],
    ['hangs up', ''],
    ['speaks something else', '220 smtp.mail.example\r\n'],
    ['has endless headers', `HTTP/1.1 200 OK\r\n${`X: ${'y'.repeat(1_000)}\r\n`.repeat(100)}`],
  ])('fails at a target that %s', async (_what, answer) => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanUp.push(() => new Promise((resolve) => server.close(resolve)));
    const { port } = server.address() as { port: number };
    await expect(createPoster().post(`http://127.0.0.1:${port}/`, '{}', never)).rejects.toEqual(
      failed(/^The target could not be reached: /),
    );
  });

  it('checks the certificate of the name in the URL', async () => {
    const bodies: string[] = [];
    const site = await serveOverTls(async (request, response) => {
      for await (const chunk of request) bodies.push(String(chunk));
      response.end();
    });
    cleanUp.push(site.close);
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    await expect(createPoster({ resolve }).post(site.origin, '{}', never)).rejects.toEqual(
      failed(/DEPTH_ZERO_SELF_SIGNED_CERT/),
    );
    cleanUp.push(() => setDefaultCACertificates(trusted));
    setDefaultCACertificates([...trusted, site.certificate]);
    const other = site.origin.replace('localhost', 'hooks.example');
    await expect(createPoster({ resolve }).post(other, '{}', never)).rejects.toEqual(failed(/ALTNAME/));
    expect(bodies).toEqual([]);
    await createPoster({ resolve }).post(site.origin, '{"a":1}', never);
    expect(bodies).toEqual(['{"a":1}']);
  });

  it('says in a word why nothing could be reached, without an address', async () => {
    const receiver = await startReceiver();
    await receiver.close();
    cleanUp.pop();
    await expect(createPoster().post(receiver.url, '{}', never)).rejects.toEqual(
      failed(/^The target could not be reached: ECONNREFUSED\.$/),
    );
  });

  it('ends with the reason of its signal', async () => {
    const receiver = await startReceiver();
    receiver.answer(() => undefined);
    const stopping = new AbortController();
    const posting = createPoster().post(receiver.url, '{}', stopping.signal);
    stopping.abort(new Error('ending'));
    await expect(posting).rejects.toThrow('ending');
  });
});

describe('createWebhookPoster without private targets', () => {
  const refused = expect.objectContaining({ code: 'private-target' });

  it('refuses an address in the URL before it connects', async () => {
    const receiver = await startReceiver();
    await expect(
      createPoster({ allowsPrivate: () => false }).post(receiver.url, '{}', never),
    ).rejects.toEqual(refused);
    expect(receiver.connections()).toBe(0);
  });

  it.each([
    ['loopback', [{ address: '127.0.0.1', family: 4 }]],
    ['loopback in IPv6', [{ address: '::1', family: 6 }]],
    ['a mapped address', [{ address: '::ffff:127.0.0.1', family: 6 }]],
    [
      'a public and a private address',
      [
        { address: '8.8.8.8', family: 4 },
        { address: '127.0.0.1', family: 4 },
      ],
    ],
  ])('refuses a name that leads to %s, at connect time', async (_what, addresses) => {
    const receiver = await startReceiver();
    const poster = createPoster({ allowsPrivate: () => false, resolve: async () => addresses });
    await expect(poster.post(`http://rebound.example:${receiver.port}/`, '{}', never)).rejects.toEqual(
      refused,
    );
    expect(receiver.connections()).toBe(0);
  });

  it('asks again with each connection: what a name led to before counts for nothing', async () => {
    const receiver = await startReceiver();
    let address = '127.0.0.1';
    let allowsPrivate = true;
    const poster = createPoster({
      allowsPrivate: () => allowsPrivate,
      resolve: async () => [{ address, family: 4 }],
    });
    const target = `http://rebinding.example:${receiver.port}/`;
    receiver.answer((_request, response) => response.writeHead(200, { connection: 'close' }).end());
    await poster.post(target, '{}', never);
    allowsPrivate = false;
    await expect(poster.post(target, '{}', never)).rejects.toEqual(refused);
    address = '169.254.169.254';
    await expect(poster.post(target, '{}', never)).rejects.toEqual(refused);
    expect(receiver.received).toHaveLength(1);
  });

  it('survives a name without any address', async () => {
    const poster = createPoster({ allowsPrivate: () => false, resolve: async () => [] });
    await expect(poster.post('http://nowhere.example/', '{}', never)).rejects.toEqual(failed(/no address/));
  });

  it('connects to the address that was checked, and asks only once', async () => {
    const receiver = await startReceiver();
    let lookUps = 0;
    const poster = createPoster({
      resolve: async () => {
        lookUps++;
        return [{ address: '127.0.0.1', family: 4 }];
      },
    });
    await poster.post(`http://hooks.example:${receiver.port}/`, '{}', never);
    expect(lookUps).toBe(1);
    expect(receiver.received[0]?.headers.host).toBe(`hooks.example:${receiver.port}`);
  });

  it('leaves threads free: no more than two names are resolved at once', async () => {
    const pending: (() => void)[] = [];
    let most = 0;
    let current = 0;
    const poster = createPoster({
      maxPerHost: 32,
      resolve: () =>
        new Promise((_resolve, reject) => {
          most = Math.max(most, ++current);
          pending.push(() => {
            current--;
            reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' }));
          });
        }),
    });
    const posts = Array.from({ length: 6 }, (_, index) =>
      poster.post(`http://host${index}.example/`, '{}', never),
    );
    const settled = Promise.allSettled(posts);
    let isSettled = false;
    void settled.then(() => {
      isSettled = true;
    });
    while (!isSettled) {
      pending.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(most).toBe(2);
    for (const result of await settled) expect(result).toMatchObject({ reason: { code: 'webhook-failed' } });
  });
});
