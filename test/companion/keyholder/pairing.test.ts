import { statSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { codeLifetimeMs, triesPerCode } from '../../../companion/keyholder/pairing-desk.ts';
import { createPairingCode } from '../../../shared/wire/companion-pairing.ts';
import { createTestExtension, extensionOrigin, startKeyholder } from '../../helpers/keyholder-server.ts';
import { sendHttp } from '../../helpers/send-http.ts';

let server: Awaited<ReturnType<typeof startKeyholder>>;
beforeEach(async () => {
  server = await startKeyholder();
});
afterEach(() => server.close());

describe('pairing', () => {
  it('should let an extension in that knows the code, and keep a key that cannot be read out', async () => {
    const { client, store } = createTestExtension();
    await client.pair(server.url, server.desk.showCode().code);

    expect(await client.state()).toMatchObject({ status: 'connected', url: server.url, version: '0.0.0' });
    const stored = await store.read();
    expect(stored?.key.extractable).toBe(false);
    await expect(crypto.subtle.exportKey('raw', stored?.key as CryptoKey)).rejects.toThrow();
    expect(server.vault.content.pairings).toContainEqual(
      expect.objectContaining({ origin: extensionOrigin, id: stored?.pairing }),
    );
    expect(statSync(server.vaultPath).mode & 0o777).toBe(0o600);
  });

  it('should take a code in lower case, with spaces, and with look-alikes of its letters', async () => {
    const { client } = createTestExtension();
    const typed = server.desk
      .showCode()
      .code.toLowerCase()
      .replaceAll('-', ' ')
      .replaceAll('0', 'o')
      .replaceAll('1', 'l');
    await client.pair(server.url.replace('127.0.0.1', 'localhost'), ` ${typed} `);
    expect(await client.state()).toMatchObject({ status: 'connected', url: server.url });
  });

  it('should refuse a wrong code, five times, and then even the right one', async () => {
    const { client } = createTestExtension();
    const { code } = server.desk.showCode();
    for (let triesLeft = triesPerCode - 1; triesLeft >= 0; triesLeft--) {
      await expect(client.pair(server.url, createPairingCode())).rejects.toMatchObject({
        code: 'wrong-code',
        data: { triesLeft },
      });
    }
    await expect(client.pair(server.url, code)).rejects.toMatchObject({ code: 'too-many-tries' });
    await client.pair(server.url, server.desk.showCode().code);
    expect(await client.state()).toMatchObject({ status: 'connected' });
  });

  it('should count parallel wrong tries one by one', async () => {
    const { code } = server.desk.showCode();
    const guesses = await Promise.allSettled(
      Array.from({ length: 12 }, () => createTestExtension().client.pair(server.url, createPairingCode())),
    );
    const codes = guesses.map((guess) => guess.status === 'rejected' && guess.reason.code);
    expect(codes.filter((it) => it === 'wrong-code')).toHaveLength(triesPerCode);
    expect(codes.filter((it) => it === 'too-many-tries')).toHaveLength(12 - triesPerCode);
    await expect(createTestExtension().client.pair(server.url, code)).rejects.toMatchObject({
      code: 'too-many-tries',
    });
  });

  it('should refuse a code after five minutes', async () => {
    const { code } = server.desk.showCode();
    server.clock.offsetMs = codeLifetimeMs + 1;
    await expect(createTestExtension().client.pair(server.url, code)).rejects.toMatchObject({
      code: 'code-expired',
    });
  });

  it('should refuse a code that was used, also beside a fresh one, without taking a try from that', async () => {
    const { code } = server.desk.showCode();
    await createTestExtension().client.pair(server.url, code);
    await expect(createTestExtension().client.pair(server.url, code)).rejects.toMatchObject({
      code: 'code-used',
    });
    const fresh = server.desk.showCode();
    for (let round = 0; round < triesPerCode + 1; round++) {
      await expect(createTestExtension().client.pair(server.url, code)).rejects.toMatchObject({
        code: 'code-used',
      });
    }
    await createTestExtension().client.pair(server.url, fresh.code);
  });

  it('should let exactly one of two extensions in that use a code at once', async () => {
    const { code } = server.desk.showCode();
    const other = 'moz-extension://0f3c1a4e-1111-4222-8333-444455556666';
    const results = await Promise.allSettled([
      createTestExtension().client.pair(server.url, code),
      createTestExtension({ origin: other }).client.pair(server.url, code),
    ]);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'code-used' },
    });
  });

  it('should say that an older code was replaced', async () => {
    const { code } = server.desk.showCode();
    server.desk.showCode();
    await expect(createTestExtension().client.pair(server.url, code)).rejects.toMatchObject({
      code: 'code-expired',
      message: expect.stringContaining('newer'),
    });
  });

  it('should say that no code is shown', async () => {
    await expect(createTestExtension().client.pair(server.url, createPairingCode())).rejects.toMatchObject({
      code: 'no-code',
    });
  });

  it('should not send anything for text that cannot be a code, nor to another computer', async () => {
    const { client, sent } = createTestExtension();
    await expect(client.pair(server.url, 'ABC')).rejects.toMatchObject({ code: 'malformed-code' });
    await expect(client.pair('http://192.0.2.1:4774', createPairingCode())).rejects.toMatchObject({
      code: 'bad-companion-url',
    });
    await expect(client.pair('https://127.0.0.1.example:4774', createPairingCode())).rejects.toMatchObject({
      code: 'bad-companion-url',
    });
    expect(sent).toEqual([]);
  });

  it('should never send the code', async () => {
    const { client, sent } = createTestExtension();
    const { code } = server.desk.showCode();
    await client.pair(server.url, code);
    const bare = code.replaceAll('-', '');
    for (const { url, init } of sent) expect(`${url} ${init.body}`.includes(bare)).toBe(false);
  });

  it('should end the former pairing of an origin that pairs again', async () => {
    const first = createTestExtension();
    await first.client.pair(server.url, server.desk.showCode().code);
    await createTestExtension().client.pair(server.url, server.desk.showCode().code);
    expect(await first.client.state()).toMatchObject({ status: 'refused' });
  });

  it('should end on unpair, on both sides', async () => {
    const { client, store } = createTestExtension();
    await client.pair(server.url, server.desk.showCode().code);
    const stored = await store.read();
    await client.unpair();
    expect(await client.state()).toEqual({ status: 'not-paired' });
    expect(server.vault.content.pairings.map(({ id }) => id)).not.toContain(stored?.pairing);
  });

  it('should unpair while the companion is off', async () => {
    const { client } = createTestExtension();
    await client.pair(server.url, server.desk.showCode().code);
    await server.close();
    expect(await client.state()).toMatchObject({
      status: 'unreachable',
      message: expect.stringContaining('npm start'),
    });
    await client.unpair();
    expect(await client.state()).toEqual({ status: 'not-paired' });
    server = await startKeyholder();
  });

  it('should tell a browser that blocks from a companion that is off', async () => {
    const refuse = () => Promise.reject(new TypeError('Failed to fetch'));
    await expect(
      createTestExtension({ fetch: refuse }).client.pair(server.url, createPairingCode()),
    ).rejects.toMatchObject({ code: 'companion-unreachable' });
    await expect(
      createTestExtension({ fetch: refuse, mayReach: false }).client.pair(server.url, createPairingCode()),
    ).rejects.toMatchObject({ code: 'pairing-blocked' });
  });
});

describe('pairing with a hostile other side', () => {
  it('should recognise a program on the port that does not know the code', async () => {
    // It plays its part as well as it can without the code.
    const impostor = await startKeyholder();
    try {
      impostor.desk.showCode();
      await expect(
        createTestExtension().client.pair(impostor.url, server.desk.showCode().code),
      ).rejects.toMatchObject({ code: 'wrong-code' });

      const liar = createTestExtension({
        fetch: async (url, init) => {
          if (url.endsWith('/pair/start')) return fetch(url, init);
          return Response.json({ pairing: 'AAAAAAAAAAAAAAAA', proof: 'AAAAAAAAAAAAAAAA' });
        },
      });
      await expect(liar.client.pair(impostor.url, server.desk.showCode().code)).rejects.toMatchObject({
        code: 'impostor',
      });
      expect(await liar.store.read()).toBeUndefined();
    } finally {
      await impostor.close();
    }
  });

  it('should fail through a relay on another port', async () => {
    const { code } = server.desk.showCode();
    const { client } = createTestExtension({
      fetch: (url, init) => fetch(url.replace(/:\d+/, `:${server.port}`), init),
    });
    await expect(client.pair('http://127.0.0.1:9', code)).rejects.toMatchObject({ code: 'wrong-code' });
  });

  it('should fail when the relay swaps the public keys', async () => {
    const { code } = server.desk.showCode();
    const other = createTestExtension();
    const { client } = createTestExtension({
      async fetch(url, init) {
        if (!url.endsWith('/pair/start')) return fetch(url, init);
        const ours = JSON.parse(String(init.body));
        const theirs = await startOf(other, server.url);
        return fetch(url, { ...init, body: JSON.stringify({ ...ours, publicKey: theirs.publicKey }) });
      },
    });
    await expect(client.pair(server.url, code)).rejects.toMatchObject({ code: 'wrong-code' });
  });

  it.each([
    ['a web page', 'https://evil.example'],
    ['a sandboxed page', 'null'],
    ['a page that dresses up', 'https://chrome-extension.evil.example'],
    ['the companion itself', 'http://127.0.0.1:4774'],
  ])('should refuse %s, before a try is counted', async (_who, origin) => {
    const { code } = server.desk.showCode();
    for (let round = 0; round < triesPerCode + 1; round++) {
      const answer = await post(`${server.url}/keyholder/pair/start`, { origin }, '{}');
      expect(answer.status).toBe(403);
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
    }
    await createTestExtension().client.pair(server.url, code);
  });

  it('should refuse a request without an origin', async () => {
    expect((await post(`${server.url}/keyholder/pair/start`, {}, '{}')).status).toBe(403);
  });

  it('should refuse a preflight from anywhere', async () => {
    const answer = await fetch(`${server.url}/keyholder/pair/start`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(403);
    expect([...answer.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each([['evil.example'], ['127.0.0.1.evil.example'], ['127.0.0.1'], ['127.0.0.1:1']])(
    'should refuse the rebinding Host %s',
    async (host) => {
      const answer = await post(
        `${server.url}/keyholder/pair/start`,
        { host, origin: extensionOrigin },
        '{}',
      );
      expect(answer.status).toBe(421);
    },
  );

  it.each([
    ['no JSON', '{'],
    ['missing fields', '{}'],
    ['a public key of the wrong type', '{"publicKey":7,"nonce":"AAAA"}'],
    ['an endless public key', JSON.stringify({ publicKey: 'A'.repeat(300), nonce: 'AAAA' })],
  ])('should refuse a start with %s', async (_what, body) => {
    const answer = await post(`${server.url}/keyholder/pair/start`, { origin: extensionOrigin }, body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'malformed-message' });
  });

  it('should refuse a public key that is not on the curve', async () => {
    server.desk.showCode();
    const headers = { origin: extensionOrigin };
    const started = await post(
      `${server.url}/keyholder/pair/start`,
      headers,
      JSON.stringify({ publicKey: 'BAAA', nonce: 'AAAA' }),
    );
    const { attempt } = JSON.parse(started.body);
    const finished = await post(
      `${server.url}/keyholder/pair/finish`,
      headers,
      JSON.stringify({ attempt, proof: 'AAAA' }),
    );
    expect(finished.status).toBe(400);
  });

  it('should answer an attempt once, and only to its own origin', async () => {
    const { code } = server.desk.showCode();
    const { client, sent } = createTestExtension();
    await client.pair(server.url, code);
    const finish = sent.find(({ url }) => url.endsWith('/pair/finish'));
    const again = await post(finish?.url ?? '', { origin: extensionOrigin }, String(finish?.init.body));
    expect(again.status).toBe(404);
    expect(JSON.parse(again.body)).toMatchObject({ code: 'no-attempt' });
  });

  it('should write neither codes nor keys into its log', async () => {
    const { client } = createTestExtension();
    const { code } = server.desk.showCode();
    await expect(client.pair(server.url, createPairingCode())).rejects.toThrow();
    await client.pair(server.url, code);
    await client.state();
    const log = server.logLines.join('\n');
    expect(log).toContain('Paired');
    for (const secret of [
      code,
      code.replaceAll('-', ''),
      ...server.vault.content.pairings.map(({ key }) => key),
    ]) {
      expect(log.includes(secret)).toBe(false);
    }
  });
});

async function startOf(extension: ReturnType<typeof createTestExtension>, url: string) {
  await extension.client.pair(url, createPairingCode()).catch(() => undefined);
  const body = extension.sent.find((it) => it.url.endsWith('/pair/start'))?.init.body;
  return JSON.parse(String(body)) as { publicKey: string };
}

function post(url: string, headers: Record<string, string>, body: string) {
  return sendHttp(url, new URL(url).pathname, { method: 'POST', headers, body });
}
