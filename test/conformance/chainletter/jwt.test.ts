import { decodeJwt, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import { revokeToken } from '../../../companion/service/ledger/tokens.ts';
import { type RunningService, readEvents, startService } from '../../helpers/running-service.ts';
import { sendHttp } from '../../helpers/send-http.ts';

const day = 24 * 60 * 60_000;
const emptyFileCid = 'QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH';

let running: RunningService;
let aheadMs = 0;
/** Read by the service whenever it needs one: a test changes them in place. */
const settings: { tokensStayInGroup?: boolean } = {};
beforeAll(async () => {
  running = await startService({ now: () => Date.now() + aheadMs, settings });
});
afterAll(() => running.stop());
beforeEach(() => {
  aheadMs = 0;
  settings.tokensStayInGroup = false;
});

function mint(body: unknown, headers: Record<string, string> = {}) {
  return running.json(
    'POST',
    { 'content-type': 'application/json', ...headers },
    typeof body === 'string' ? body : JSON.stringify(body),
    '/jwt',
  );
}

async function claim(groupname: string | null) {
  const { body } = await mint({ groupname });
  return (await fetch(`${body.shortlink}?claim=true`)).json() as Promise<{
    jwt: string;
    webhookurl: string;
    expires: string;
  }>;
}

/** A request as a client makes it that has nothing but what the claim returned. */
async function call(
  { jwt, webhookurl }: { jwt: string; webhookurl: string },
  method: string,
  headers: Record<string, string> = {},
  body?: RequestInit['body'],
  path = '',
) {
  const response = await fetch(webhookurl + path, {
    method,
    headers: { Authorization: `Bearer ${jwt}`, ...headers },
    body,
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text ? JSON.parse(text) : undefined };
}

function fileForm(content: string, name = 'hello.txt') {
  const form = new FormData();
  form.append('file', new Blob([content], { type: 'text/plain' }), name);
  return form;
}

describe('POST jwt', () => {
  it('mints a short link for a group', async () => {
    const { status, body } = await mint({ groupname: '1-ada' });
    expect(status).toBe(201);
    expect(body).toEqual({
      success: true,
      message: 'Token created',
      token: expect.stringMatching(/^[A-Za-z0-9_-]{11}$/),
      shortlink: `${running.url}/jwt/${body.token}`,
      expires_in: 2_592_000,
      groupname: '1-ada',
    });
  });

  it.each([
    ['nothing', ''],
    ['an empty object', {}],
    ['null', { groupname: null }],
    ['an empty name', { groupname: '  ' }],
  ])('mints one that is bound to no group for %s', async (_what, body) => {
    expect(await mint(body)).toMatchObject({ status: 201, body: { groupname: null } });
  });

  it.each([
    ['a number', { groupname: 5 }],
    ['a long name', { groupname: 'x'.repeat(256) }],
    ['control characters', { groupname: 'a\nb' }],
    ['no JSON', '{'],
  ])('refuses %s', async (_what, body) => {
    expect(await mint(body)).toMatchObject({ status: 400, body: { success: false } });
  });

  it('takes the secret key and no token, so that tokens make no tokens', async () => {
    const { jwt } = await claim(null);
    const withToken = { 'secret-key': '', authorization: `Bearer ${jwt}` };
    expect(await mint({ groupname: 'x' }, withToken)).toEqual({
      status: 401,
      body: { success: false, message: 'Missing API key or secret key' },
    });
    expect((await mint({ groupname: 'x' }, { authorization: `Bearer ${jwt}` })).status).toBe(201);
  });

  it('stores neither token nor JWT as it is', async () => {
    const { body } = await mint({ groupname: 'kept' });
    const { jwt } = await (await fetch(`${body.shortlink}?claim=true`)).json();
    const rows = JSON.stringify(running.ledger.db.prepare('SELECT * FROM tokens').all());
    expect(rows).not.toContain(body.token);
    expect(rows).not.toContain(jwt.split('.')[2]);
  });
});

describe('a JWT', () => {
  it('does everything that the secret key does', async () => {
    const token = await claim('Full');
    const group = { 'group-id': 'Full' };
    const stored = await call(token, 'POST', { ...group, network: 'public' }, fileForm('by token'));
    expect(stored).toMatchObject({ status: 201, body: { group_id: 'Full' } });
    expect((await call(token, 'GET')).body.groups).toEqual(
      expect.arrayContaining([expect.objectContaining({ id: 'Full' })]),
    );
    expect((await call(token, 'GET', group)).body.files).toHaveLength(1);
    expect((await call(token, 'HEAD', group)).headers.get('x-total-files')).toBe('1');
    expect((await call(token, 'PATCH', group)).status).toBe(200);
    expect((await call(token, 'GET', group, undefined, '/upload-link?expires=60')).status).toBe(200);
    const bytes = await fetch(`${running.url}/ipfs/${running.apiKey}/${stored.body.hash}`, {
      headers: { authorization: `Bearer ${token.jwt}` },
    });
    expect(await bytes.text()).toBe('by token');
    // How a known client looks whether it is connected.
    expect((await call(token, 'GET', { hash: emptyFileCid })).status).toBe(404);
    const removed = await call(
      token,
      'DELETE',
      { ...group, 'content-type': 'application/json' },
      JSON.stringify({ file_hash: emptyFileCid }),
    );
    expect(removed.status).toBe(400);
  });

  it('works many times', async () => {
    const token = await claim(null);
    for (let times = 0; times < 3; times++) expect((await call(token, 'GET')).status).toBe(200);
  });

  it.each([
    [
      'Authorization',
      (jwt: string) => ({ path: '/events/stream', headers: { Authorization: `Bearer ${jwt}` } }),
    ],
    ['?jwt=', (jwt: string) => ({ path: `/events/stream?jwt=${jwt}`, headers: {} })],
  ])('opens the event stream by %s', async (_how, requestOf) => {
    const { jwt, webhookurl } = await claim(null);
    const { path, headers } = requestOf(jwt);
    const abort = new AbortController();
    const response = await fetch(webhookurl + path, { headers, signal: abort.signal });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    abort.abort();
  });

  it('counts in the query of nothing else', async () => {
    const { jwt, webhookurl } = await claim(null);
    expect((await fetch(`${webhookurl}?jwt=${jwt}`)).status).toBe(401);
  });

  it('helps beside a wrong secret, and does not hurt beside a good one', async () => {
    const token = await claim(null);
    expect((await call(token, 'GET', { 'secret-key': 'wrong' })).status).toBe(200);
    expect((await running.request('GET', { authorization: 'Bearer nonsense' })).status).toBe(200);
  });

  it('stands for its group where a writer names none', async () => {
    const token = await claim('Default group');
    const stored = await call(token, 'POST', { network: 'public' }, fileForm('no group named'));
    expect(stored).toMatchObject({ status: 201, body: { group_id: 'default-group' } });
    expect((await call(token, 'PATCH')).body).toMatchObject({ group_id: 'default-group' });
    const { body } = await call(token, 'GET', {}, undefined, '/upload-link?expires=60');
    expect(body.network).toBe('public');
  });

  it('without a group, a writer must name one', async () => {
    const token = await claim(null);
    for (const method of ['POST', 'PATCH']) {
      expect(await call(token, method)).toMatchObject({
        status: 400,
        body: { success: false, message: 'group-id header is required' },
      });
    }
  });

  it.each([
    ['no JWT at all', async () => 'nonsense'],
    [
      'one with a changed payload',
      async (jwt: string) => jwt.replace(/\.[^.]+\./, (part) => part.toLowerCase()),
    ],
    ['one of nobody’s signature', async (jwt: string) => jwt.replace(/[^.]+$/, '')],
    [
      'one that says it needs no signature',
      async (jwt: string) => `${Buffer.from('{"alg":"none"}').toString('base64url')}.${jwt.split('.')[1]}.`,
    ],
    [
      'one signed with another key',
      async (jwt: string) =>
        new SignJWT(decodeJwt(jwt)).setProtectedHeader({ alg: 'HS256' }).sign(new Uint8Array(32)),
    ],
  ])('%s is refused', async (_what, forge) => {
    const token = await claim(null);
    expect(await call({ ...token, jwt: await forge(token.jwt) }, 'GET')).toMatchObject({
      status: 401,
      body: { success: false, message: 'Expired or invalid Authorization bearer token' },
    });
  });

  it('is worth nothing at another tenant', async () => {
    const apiKey = 'another-tenants-api-key';
    await running.service.tenants.createTenant({
      id: 'globex',
      name: 'Globex',
      apiKey,
      secretKey: 'the secret of globex',
    });
    const { jwt } = await claim(null);
    expect((await call({ jwt, webhookurl: `${running.url}/webhook/${apiKey}` }, 'GET')).status).toBe(401);
  });

  it('ends 30 days after it was minted, whenever it was claimed', async () => {
    const { body } = await mint({ groupname: 'Aged' });
    aheadMs = 20 * day;
    const token = await (await fetch(`${body.shortlink}?claim=true`)).json();
    aheadMs = 30 * day - 5_000;
    expect((await call(token, 'GET')).status).toBe(200);
    aheadMs = 30 * day + 5_000;
    expect(await call(token, 'GET')).toMatchObject({
      status: 401,
      body: { message: 'Expired or invalid Authorization bearer token' },
    });
  });

  it('ends at once when it is revoked', async () => {
    const token = await claim(null);
    const { jti } = decodeJwt(token.jwt);
    await running.ledger.write((db) => revokeToken(db, Number(jti), Date.now()));
    expect((await call(token, 'GET')).status).toBe(401);
  });
});

describe('an upload link that a JWT asked for', () => {
  it('ends when the token is revoked, begun uploads included, and no other does', async () => {
    const token = await claim('Links');
    const link = async () => (await call(token, 'GET', {}, undefined, '/upload-link')).body.url as string;
    const [used, begun, unused] = [await link(), await link(), await link()];
    const { body: ours } = await running.json('GET', {}, undefined, '/upload-link?group_id=Links');
    const send = async (url: string, content: string) =>
      (await fetch(url, { method: 'POST', body: fileForm(content) })).status;
    expect(await send(used, 'before the end')).toBe(200);
    const { headers } = await fetch(begun, { method: 'POST', headers: { 'upload-length': '4' } });
    await running.ledger.write((db) => revokeToken(db, Number(decodeJwt(token.jwt).jti), Date.now()));
    expect(await send(unused, 'after the end')).toBe(401);
    const rest = await fetch(headers.get('location') ?? '', {
      method: 'PATCH',
      headers: { 'content-type': 'application/offset+octet-stream', 'upload-offset': '0' },
      body: 'rest',
    });
    expect(rest.status).toBe(401);
    expect(await send(ours.url, 'by the secret key')).toBe(200);
  });
});

describe('an event stream that a JWT opened', () => {
  it('ends when the token is revoked, and no other does', async () => {
    const { jwt, webhookurl } = await claim(null);
    const reader = await readEvents(running);
    const response = await fetch(`${webhookurl}/events/stream?jwt=${jwt}`);
    await running.ledger.write((db) => revokeToken(db, Number(decodeJwt(jwt).jti), Date.now()));
    // Resolves when the service ends the stream.
    expect(await response.text()).toContain('connection.established');
    await running.upload({ 'group-id': 'After the end' }, 'after the end');
    await expect.poll(() => reader.types()).toContain('file.pinned');
    await reader.stop();
  });
});

describe('a token elsewhere than in its group', () => {
  it('is let in unless the settings say otherwise', async () => {
    const token = await claim('Home');
    const stored = await call(token, 'POST', { 'group-id': 'Away' }, fileForm('permissive'));
    expect(stored.status).toBe(201);
  });

  describe('when it must stay', () => {
    let token: Awaited<ReturnType<typeof claim>>;
    let awayCid: string;
    beforeAll(async () => {
      const { body } = await running.upload({ 'group-id': 'Elsewhere', network: 'private' }, 'not theirs');
      awayCid = body.hash;
      await running.upload({ 'group-id': 'Own' }, 'theirs');
      await running.upload({ 'group-id': 'Own (Public)' }, 'theirs, public');
      token = await claim('Own');
    });
    beforeEach(() => {
      settings.tokensStayInGroup = true;
    });

    it.each(['Own', 'Own (Public)', 'Own (Private)', 'own-public'])('may use %s', async (group) => {
      const stored = await call(token, 'POST', { 'group-id': group }, fileForm(`strict ${group}`));
      expect(stored.status).toBe(201);
    });

    it('may name its group percent-encoded, as it must for names that no header can hold, before the group is there', async () => {
      const umlaut = await claim('Größe 1');
      const stored = await call(
        umlaut,
        'POST',
        { 'group-id': encodeURIComponent('Größe 1') },
        fileForm('new'),
      );
      expect(stored).toMatchObject({ status: 201 });
      const other = await call(
        umlaut,
        'POST',
        { 'group-id': encodeURIComponent('Größe 2') },
        fileForm('new'),
      );
      expect(other).toMatchObject({ status: 403 });
    });

    it.each([
      ['POST', { 'group-id': 'Elsewhere' }, ''],
      ['POST', { 'group-id': 'A new one' }, ''],
      ['POST', { 'group-id': 'Own (Secret)' }, ''],
      ['GET', { 'group-id': 'Elsewhere' }, ''],
      ['PATCH', { 'group-id': 'elsewhere' }, ''],
      ['DELETE', { 'group-id': 'Elsewhere' }, ''],
      ['GET', {}, '/upload-link?group_id=Elsewhere'],
      ['GET', {}, '/events/stream'],
    ])('%s %j %s is answered with 403', async (method, headers, path) => {
      const body = method === 'POST' ? fileForm('x') : undefined;
      const answer = await call(token, method, headers as Record<string, string>, body, path);
      expect(answer.status).toBe(403);
      if (path !== '/events/stream' || answer.body)
        expect(answer.body).toMatchObject({ success: false, message: expect.stringContaining('"Own" only') });
    });

    it('sees its own groups, totals and files only', async () => {
      const { groups } = (await call(token, 'GET')).body;
      expect(groups.map((group: { name: string }) => group.name)).toEqual(
        expect.arrayContaining(['Own', 'Own (Public)']),
      );
      expect(groups.map((group: { name: string }) => group.name)).not.toContain('Elsewhere');
      const own = await call(token, 'HEAD', { 'group-id': 'Own' });
      const all = await call(token, 'HEAD');
      expect(all.headers.get('x-total-files')).toBe(own.headers.get('x-total-files'));
      expect((await call(token, 'GET', { hash: awayCid })).status).toBe(403);
      const bytes = await fetch(`${running.url}/ipfs/${running.apiKey}/${awayCid}`, {
        headers: { authorization: `Bearer ${token.jwt}` },
      });
      expect(bytes.status).toBe(403);
    });

    it('hears nothing of what another group calls a stamped file that both have', async () => {
      const stamping = await startService({ chain: true, settings: { tokensStayInGroup: true } });
      try {
        await stamping.upload({ 'group-id': 'Elsewhere' }, 'in both', 'not theirs to know.txt');
        const { body } = await stamping.upload({ 'group-id': 'Own' }, 'in both', 'own name.txt');
        await stamping.json('PATCH', { 'group-id': 'Own' });
        const minted = await stamping.json(
          'POST',
          { 'content-type': 'application/json' },
          JSON.stringify({ groupname: 'Own' }),
          '/jwt',
        );
        const own = await (await fetch(`${minted.body.shortlink}?claim=true`)).json();
        const { status, body: verified } = await call(own, 'GET', { hash: body.hash });
        expect(status).toBe(200);
        const { group_id } = body;
        expect(verified.data).toMatchObject({ name: 'own name.txt', filename: 'own name.txt', group_id });
      } finally {
        await stamping.stop();
      }
    });

    it('may not name a group that only the handler would understand', async () => {
      // Not UTF-8 when decoded: one parser keeps it as it stands, another makes U+FFFD of it.
      const odd = await claim('100%FF');
      await running.upload({ 'group-id': Buffer.from('100\ufffd').toString('latin1') }, 'odd');
      const answer = await call(odd, 'GET', {}, undefined, '/upload-link?group_id=100%FF');
      expect(answer.status).toBe(403);
      const repeated = await call(odd, 'GET', {}, undefined, '/upload-link?group_id=100%25FF&group_id=Own');
      expect(repeated.status).toBe(403);
    });

    it('cannot bring a file of another group into its own by naming its CID', async () => {
      const registered = await call(
        token,
        'POST',
        { 'group-id': 'Own', 'content-type': 'application/json' },
        JSON.stringify({ hash: awayCid }),
      );
      expect(registered.status).toBe(403);
    });

    it('holds nobody back who has the secret key, or a token of no group', async () => {
      expect((await running.request('GET', { 'group-id': 'Elsewhere' })).status).toBe(200);
      expect((await call(await claim(null), 'GET', { 'group-id': 'Elsewhere' })).status).toBe(200);
    });
  });
});

describe('the header', () => {
  it('is read in any case, as HTTP allows', async () => {
    const { jwt } = await claim(null);
    const { status } = await sendHttp(running.url, new URL(running.webhook).pathname, {
      headers: { AUTHORIZATION: `bearer ${jwt}`, 'Content-Type': 'application/json' },
    });
    expect(status).toBe(200);
  });
});
