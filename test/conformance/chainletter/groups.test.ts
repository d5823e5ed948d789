import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService;
beforeAll(async () => {
  running = await startService();
});
afterAll(() => running.stop());

/** A name as clients put it into a header: UTF-8 bytes, one character each. */
const asBytes = (name: string) => Buffer.from(name, 'utf8').toString('latin1');

const createGroup = (name: string, headers: Record<string, string> = {}, body: string | undefined = '{}') =>
  running.json('POST', { 'group-id': asBytes(name), 'content-type': 'application/json', ...headers }, body);

describe('POST a group', () => {
  it('creates it with 201 and no hash, then finds it with 200', async () => {
    const created = await createGroup('Spring 2026', { network: 'private' });
    expect(created).toEqual({
      status: 201,
      body: {
        success: true,
        message: 'Group created',
        group_id: 'spring-2026',
        name: 'Spring 2026',
        network: 'private',
      },
    });
    const again = await createGroup('Spring 2026', { network: 'private' });
    expect(again).toMatchObject({ status: 200, body: { success: true, group_id: 'spring-2026' } });
  });

  it.each([
    ['an empty body that says it is JSON', '', { 'content-type': 'application/json' }],
    ['no body at all', undefined, {}],
    ['white space', '  \n', { 'content-type': 'application/json' }],
  ])('takes %s', async (what, body, headers) => {
    const { status } = await running.json('POST', { 'group-id': `body ${what}`, ...headers }, body);
    expect(status).toBe(201);
  });

  it('needs a name', async () => {
    const absent: Record<string, string>[] = [{}, { 'group-id': '' }, { 'group-id': '   ' }];
    for (const headers of absent) {
      expect(await running.json('POST', headers, '{}')).toEqual({
        status: 400,
        body: { success: false, message: 'group-id header is required' },
      });
    }
  });

  it('refuses a network that does not exist', async () => {
    const answer = await createGroup('Wrong network', { network: 'intranet' });
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('"intranet"') } });
  });
});

describe('group names', () => {
  it.each([
    'Cert Demo',
    'RWA Files (public)',
    '1-ada (Public)',
    `quotes ' " \` “”`,
    'slashes / and \\ back',
    '../..',
    '.',
    'emoji 🎓 👩‍👩‍👧',
    '证书 2026',
    '50% off',
    'a&b=c?d#e;f',
    "'; DROP TABLE groups; --",
    '<img src=x onerror=alert(1)>',
    'x'.repeat(255),
    '🎓'.repeat(255),
  ])('takes %j, gives it a URL-safe id, and finds it by both', async (name) => {
    const { status, body } = await createGroup(name);
    expect(status).toBe(201);
    expect(body.name).toBe(name);
    expect(body.group_id).toMatch(/^[A-Za-z0-9._~-]{1,64}$/);
    expect(['.', '..']).not.toContain(body.group_id);

    await running.upload({ 'group-id': body.group_id }, `content of ${name}`);
    for (const reference of [asBytes(name), encodeURIComponent(name), body.group_id]) {
      const found = await running.json('GET', { 'group-id': reference });
      expect(found).toMatchObject({
        status: 200,
        body: { group_id: body.group_id, files: [{ name: 'hello.txt' }] },
      });
    }
    const { body: list } = await running.json('GET');
    expect(list.groups).toContainEqual(
      expect.objectContaining({ id: body.group_id, name, group_name: name }),
    );
  });

  it('refuses a name of 300 characters and states the limit', async () => {
    const answer = await createGroup('n'.repeat(300));
    expect(answer).toEqual({
      status: 400,
      body: {
        success: false,
        message: 'Group name too long: 300 characters, at most 255 are allowed. Shorten the name.',
      },
    });
    const upload = await running.upload({ 'group-id': 'n'.repeat(300) }, 'for a group that cannot be');
    expect(upload.status).toBe(400);
    expect(await running.incomingFiles()).toEqual([]);
  });

  it('refuses control characters that come percent-encoded', async () => {
    expect((await createGroup('line%0Abreak')).status).toBe(400);
  });

  it('reads a name in Latin-1 as such', async () => {
    const { body } = await running.json(
      'POST',
      { 'group-id': 'Größe', 'content-type': 'application/json' },
      '{}',
    );
    expect(body.name).toBe('Größe');
  });

  it('takes composed and decomposed letters for the same name', async () => {
    const { body } = await createGroup('Café'.normalize('NFD'));
    const again = await createGroup('Café'.normalize('NFC'));
    expect(again).toMatchObject({ status: 200, body: { group_id: body.group_id } });
  });

  it('gives colliding names different ids', async () => {
    const ids = [];
    for (const name of ['Term One', 'term one', 'TERM-ONE!', 'Términ one']) {
      ids.push((await createGroup(name)).body.group_id);
    }
    expect(new Set(ids).size).toBe(4);
  });

  it('makes one group when two requests name it first at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => running.upload({ 'group-id': 'All at once' }, `file ${index}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(answers.map(({ body }) => body.group_id)).size).toBe(1);
    const { body } = await running.json('GET', { 'group-id': 'All at once' });
    expect(body.files).toHaveLength(8);
  });
});

describe('a group that was first touched without a network', () => {
  const readPublicly = (cid: string) => fetch(`${running.url}/ipfs/${cid}`).then(({ status }) => status);

  it('keeps its bytes unpublished and adopts the first network stated', async () => {
    const manifest = await running.upload(
      { 'group-id': 'Undecided' },
      '{"manifest":1}',
      'm.json',
      'application/json',
    );
    expect(await readPublicly(manifest.body.hash)).toBe(404);
    await running.upload({ 'group-id': 'Undecided', network: 'private' }, 'a private diploma');
    const { body } = await running.json('GET', { 'group-id': 'Undecided' });
    expect(body.network).toBe('private');
    expect(body.files.map((file: { network: string }) => file.network)).toEqual(['private', 'private']);
    expect(await readPublicly(manifest.body.hash)).toBe(404);
  });

  it('takes the default when it is stamped before anybody says', async () => {
    const { body } = await running.upload({ 'group-id': 'Never said' }, 'stamped before anybody said');
    expect(await readPublicly(body.hash)).toBe(404);
    await running.json('PATCH', { 'group-id': 'Never said' });
    expect(await readPublicly(body.hash)).toBe(200);
  });

  it('reads "all" as not stated', async () => {
    const { body } = await running.upload({ 'group-id': 'All', network: 'all' }, 'network all');
    expect(await readPublicly(body.hash)).toBe(404);
  });

  it('does not publish an undecided file that is registered elsewhere too', async () => {
    const { body } = await running.upload(
      { 'group-id': 'Undecided too' },
      'undecided and registered elsewhere',
    );
    const registered = await running.json(
      'POST',
      { 'group-id': 'Elsewhere', network: 'private', 'content-type': 'application/json' },
      JSON.stringify({ hash: body.hash }),
    );
    expect(registered.body.network).toBe('private');
    expect(await readPublicly(body.hash)).toBe(404);
  });

  it('keeps a file of the other network with its own', async () => {
    await createGroup('Mixed', { network: 'private' });
    const { body } = await running.upload(
      { 'group-id': 'Mixed', network: 'public' },
      'public in a private group',
    );
    expect(body.network).toBe('public');
    const only = await running.json('GET', { 'group-id': 'Mixed', network: 'private' });
    expect(only.body.files).toEqual([]);
  });
});
