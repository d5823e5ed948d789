import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createChainletterClient, uploadToLink } from '../../shared/wire/chainletter.ts';
import type { EventStreamItem } from '../../shared/wire/event-stream.ts';
import { createTestExtension, extensionOrigin } from '../helpers/keyholder-server.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';
import { sendHttp } from '../helpers/send-http.ts';

let companion: RunningCompanion;
let url: string;
const { client } = createTestExtension();

beforeAll(async () => {
  companion = await startCompanion();
  url = companion.ready.url;
  await client.pair(url, companion.ready.pairingCode);
});
afterAll(() => companion.stop());

const everyDoor = [
  '/',
  '/demo',
  '/healthcheck',
  '/keyholder/state',
  '/rpc',
  '/ipfs/Qm',
  '/webhook/x',
  '/v3/files/x',
];

describe('the door', () => {
  it.each(everyDoor)('should refuse a rebinding Host at %s', async (path) => {
    for (const host of ['evil.example', `evil.example:${new URL(url).port}`, '127.0.0.1:1']) {
      expect(await send(path, { host })).toMatchObject({ status: 421 });
    }
    // The HTTP server itself refuses what is no host at all.
    expect(await send(path, { host: ' ' })).toMatchObject({ status: 400 });
  });

  it.each(['127.0.0.1', 'localhost', 'LOCALHOST', '[::1]'])('should open to %s', async (name) => {
    expect(await send('/healthcheck', { host: `${name}:${new URL(url).port}` })).toMatchObject({
      status: 200,
    });
  });

  it.each(['/keyholder/state', '/keyholder/pair/start', '/keyholder/embedded/webhook', '/rpc'])(
    'should refuse a web page at %s, and let it read nothing',
    async (path) => {
      for (const origin of ['https://evil.example', 'http://127.0.0.1:4774', 'null']) {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const answer = await send(path, { origin, 'content-type': 'application/json' }, method);
          expect(answer.status).toBe(403);
          expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
        }
      }
    },
  );

  it('should let programs and extensions read the chain, and nobody write it', async () => {
    const ask = (method: string, headers: Record<string, string> = {}) =>
      send('/rpc', { 'content-type': 'application/json', ...headers }, 'POST', {
        jsonrpc: '2.0',
        id: 1,
        method,
        params: [],
      });
    for (const headers of [{}, { origin: extensionOrigin }] as Record<string, string>[]) {
      expect(JSON.parse((await ask('eth_chainId', headers)).body)).toMatchObject({
        result: `0x${companion.ready.chain.id.toString(16)}`,
      });
    }
    for (const method of ['eth_sendRawTransaction', 'eth_sendTransaction', 'anvil_setBalance', 'evm_mine']) {
      expect(JSON.parse((await ask(method)).body)).toHaveProperty('error');
    }
  });

  it('should have no way around the keyholder into credentials', async () => {
    for (const path of [
      '/vault.json',
      '/keyholder/credentials',
      '/../vault.json',
      '/assets/../vault.json',
      '/assets/%2e%2e/vault.json',
    ]) {
      expect((await send(path)).status).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('the whole way of a stamp', () => {
  it('should go through the keyholder, the signed link, the chain, and come back as events', async () => {
    const wire = createChainletterClient({
      baseUrl: await client.accountBaseUrl(),
      fetch: (target, init) => client.signedFetch(target, init),
    });
    const abort = new AbortController();
    const events = client.openEvents({ signal: abort.signal })[Symbol.asyncIterator]();
    expect(await nextEvent(events)).toMatchObject({ event: { type: 'connection.established' } });

    const groupId = 'Grüße (2026) / “emoji” 🎓';
    const link = await wire.uploadLink({ groupId, filename: 'hello.txt', network: 'public' });
    const uploaded = await uploadToLink(fetch, link.url, new Blob(['hello world'], { type: 'text/plain' }), {
      name: 'hello.txt',
      network: 'public',
    });
    expect(uploaded.cid).toBe('Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD');
    const stamped = await wire.stamp(groupId);
    expect(stamped).toMatchObject({ filesStamped: 1, isPending: false });

    const types: string[] = [];
    let lastEventId: string | undefined;
    while (types.at(-1) !== 'collection.stamped') {
      const item = await nextEvent(events);
      types.push(item.event.type);
      lastEventId ??= item.lastEventId;
    }
    abort.abort();
    expect(types).toEqual(['group.created', 'file.uploaded', 'file.pinned', 'collection.stamped']);

    // A worker that slept after the first event gets the others again, and only them.
    const replayed: string[] = [];
    const again = new AbortController();
    const replay = client.openEvents({ lastEventId, signal: again.signal })[Symbol.asyncIterator]();
    while (replayed.at(-1) !== 'collection.stamped') replayed.push((await nextEvent(replay)).event.type);
    again.abort();
    expect(replayed).toEqual(['connection.established', ...types.slice(1)]);

    expect(await wire.verify(uploaded.cid)).toMatchObject({
      state: 'stamped',
      stamps: [{ transaction: stamped.transaction }],
    });
    expect(await (await fetch(`${url}/ipfs/${uploaded.cid}`)).text()).toBe('hello world');
  });

  it('should name its own issuer, which reads its chain and its gateway', async () => {
    const { id, contract } = companion.ready.chain;
    expect(await client.knownIssuers()).toEqual([
      expect.objectContaining({
        chainId: id,
        contract,
        isLocal: true,
        rpcUrls: [`${url}/rpc`],
        gatewayUrl: `${url}/ipfs/`,
      }),
    ]);
  });

  it('should have stamped the sample diploma under its own CID', async () => {
    const html = await (await fetch(`${url}/demo`)).text();
    expect(html).not.toContain('not stamped yet');
    const [, cid = ''] = html.match(/<a cid="(Qm\w+)" href="\/demo\/diploma.html">/) ?? [];
    const wire = createChainletterClient({
      baseUrl: await client.accountBaseUrl(),
      fetch: (target, init) => client.signedFetch(target, init),
    });
    expect(await wire.verify(cid)).toMatchObject({ state: 'stamped', stamps: [{ bundleCid: null }] });
    expect(await (await fetch(`${url}/ipfs/${cid}`)).text()).toBe(
      await (await fetch(`${url}/demo/diploma.html`)).text(),
    );
  });
});

async function nextEvent(events: AsyncIterator<EventStreamItem>) {
  for (;;) {
    const { done, value } = await events.next();
    if (done) throw new Error('The event stream ended.');
    if (value.kind === 'event') return value;
  }
}

function send(path: string, headers: Record<string, string> = {}, method = 'GET', body?: unknown) {
  return sendHttp(url, path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
}
