import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  type RunningService,
  type RunningServiceOptions,
  startService,
} from '../../helpers/running-service.ts';

const settings: RunningServiceOptions['settings'] = {};
let running: RunningService;
beforeAll(async () => {
  running = await startService({ settings });
  for (const n of [1, 2, 3, 4, 5]) {
    await running.upload({ 'group-id': 'Spring 2026', network: 'private' }, `file ${n}`, `File ${n}.txt`);
  }
  await running.upload(
    { 'group-id': 'Autumn', network: 'public' },
    '{"a":1}',
    'data.json',
    'application/json',
  );
  await running.json(
    'POST',
    { 'group-id': 'Autumn' },
    JSON.stringify({ hash: 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ' }),
  );
});
afterAll(() => running.stop());

const list = (query = '', headers: Record<string, string> = {}) =>
  running.json('GET', headers, undefined, `/list-remote${query}`);

const names = (answer: { body: { files: { name: string }[] } }) => answer.body.files.map(({ name }) => name);

describe('GET …/list-remote', () => {
  it('lists a group’s files in the provider’s form, newest first', async () => {
    const answer = await list('', { 'group-id': 'spring-2026' });
    expect(answer.status).toBe(200);
    expect(names(answer)).toEqual(['File 5.txt', 'File 4.txt', 'File 3.txt', 'File 2.txt', 'File 1.txt']);
    expect(answer.body).toMatchObject({ success: true, next_page_token: '' });
    const [file] = answer.body.files;
    expect(file).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      name: 'File 5.txt',
      cid: expect.stringMatching(/^Qm/),
      hash: file.cid,
      size: 6,
      mime_type: 'text/plain',
      number_of_files: 1,
      keyvalues: {},
      group_id: 'spring-2026',
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect((await list('', { 'group-id': 'Spring 2026' })).body).toEqual(answer.body);
  });

  it('lists what is stored, in all groups, and nothing that was only registered', async () => {
    const answer = await list();
    expect(names(answer)).toHaveLength(6);
    expect(names(answer)[0]).toBe('data.json');
  });

  it('goes through pages without losing or repeating a file, while others come', async () => {
    const group = { 'group-id': 'Paged', network: 'public' };
    for (const n of [1, 2, 3, 4, 5]) await running.upload(group, `page ${n}`, `p${n}.txt`);
    for (const order of ['ASC', 'DESC']) {
      const seen: string[] = [];
      let token = '';
      do {
        const answer = await list(`?limit=2&order=${order}&pageToken=${token}`, { 'group-id': 'Paged' });
        expect(answer.body.files.length).toBeGreaterThan(0);
        seen.push(...names(answer));
        token = answer.body.next_page_token;
        if (order === 'DESC' && token)
          await running.upload(group, `late ${seen.length}`, `late${seen.length}.txt`);
      } while (token);
      const expected = ['p1.txt', 'p2.txt', 'p3.txt', 'p4.txt', 'p5.txt'];
      expect(seen).toEqual(order === 'ASC' ? expected : expected.toReversed());
    }
  });

  it.each([
    ['?name=FILE%203', ['File 3.txt']],
    ['?name=nothing', []],
    ['?group=spring-2026&limit=1', ['File 5.txt']],
    ['?group=Spring%202026&limit=1', ['File 5.txt']],
    ['?mimeType=application/json', ['data.json']],
    ['?mimeType=application/*', ['data.json']],
    ['?mimeType=image/png', []],
    ['?cidPending=true', []],
    ['?group=Autumn&cidPending=false', ['data.json']],
    ['?cid=QmehMASWcBsX7VcEQqs6rpR5AHoBfKyBVEgmkJHjpPg8jq', []],
    ['?cid=bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e', []],
    ['?name=File%201&anything=else', ['File 1.txt']],
  ])('filters by %s', async (query, expected) => {
    expect(names(await list(query))).toEqual(expected);
  });

  it('filters by CID in either form, and by network', async () => {
    const { body } = await running.upload({ 'group-id': 'By CID', network: 'public' }, 'by cid', 'cid.txt');
    expect(names(await list(`?cid=${body.cid}`))).toEqual(['cid.txt']);
    expect(names(await list(`?cid=${body.cidv1}`))).toEqual(['cid.txt']);
    expect(names(await list('?limit=1000', { network: 'private' }))).toHaveLength(5);
    expect(names(await list(`?cid=${body.cid}`, { network: 'private' }))).toEqual([]);
  });

  it('filters by keyvalues, all of which a file must have', async () => {
    const { body } = await running.json(
      'GET',
      {},
      undefined,
      `/upload-link?group_id=Tagged&keyvalues=${encodeURIComponent('{"course":"Botany","year":"2026"}')}`,
    );
    const form = new FormData();
    form.append('file', new Blob(['tagged']), 'tagged.txt');
    expect((await fetch(body.url, { method: 'POST', body: form })).status).toBe(200);
    const answer = await list('?keyvalues[course]=Botany&keyvalues[year]=2026');
    expect(names(answer)).toEqual(['tagged.txt']);
    expect(answer.body.files[0].keyvalues).toEqual({ course: 'Botany', year: '2026' });
    expect(names(await list('?keyvalues[course]=Botany&keyvalues[year]=2025'))).toEqual([]);
    expect(names(await list(`?keyvalues=${encodeURIComponent('{"year":"2026"}')}`))).toEqual(['tagged.txt']);
  });

  it.each([
    ['?limit=0', 400],
    ['?limit=many', 400],
    ['?limit=1001', 400],
    ['?order=UP', 400],
    ['?pageToken=made-up', 400],
    ['?keyvalues=nope', 400],
    ['?group=no-such-group', 404],
  ])('refuses %s', async (query, status) => {
    expect(await list(query)).toMatchObject({
      status,
      body: { success: false, message: expect.any(String) },
    });
  });

  it('shows a token that is kept in its group that group only, and links to its files only', async () => {
    const minted = await running.json('POST', {}, JSON.stringify({ groupname: 'Spring 2026' }), '/jwt');
    const { jwt } = (await (await fetch(`${minted.body.shortlink}?claim=true`)).json()) as { jwt: string };
    const get = async (path: string, headers: Record<string, string> = {}) => {
      const response = await fetch(running.webhook + path, {
        headers: { authorization: `Bearer ${jwt}`, ...headers },
      });
      return { status: response.status, body: (await response.json()) as { files: { name: string }[] } };
    };
    const { cid: foreign } = (await list('?name=data.json')).body.files[0];
    const { cid: own } = (await list('?name=File%201')).body.files[0];
    expect((await get('/list-remote?limit=1000')).body.files.length).toBeGreaterThan(5);
    settings.tokensStayInGroup = true;
    expect(names(await get('/list-remote?limit=1000'))).toHaveLength(5);
    expect((await get('/list-remote?group=Autumn')).status).toBe(403);
    expect((await get('/list-remote', { 'group-id': 'Autumn' })).status).toBe(403);
    expect((await get('/download-link', { cidv1: foreign })).status).toBe(403);
    expect((await get(`/download-link?cid=${foreign}`)).status).toBe(403);
    for (const disguised of [
      `cidv1=${foreign}`,
      `cid=%20${foreign}`,
      `cid=${foreign}%0A`,
      `cid=&cid=${foreign}`,
    ])
      expect((await get(`/download-link?${disguised}`)).status, disguised).toBe(400);
    expect((await get('/download-link', { cidv1: own })).status).toBe(200);
    delete settings.tokensStayInGroup;
  });

  it('needs the key, and shows a tenant its own files only', async () => {
    expect((await fetch(`${running.webhook}/list-remote`)).status).toBe(401);
    await running.service.tenants.createTenant({ id: 'other', name: 'Other', apiKey: 'k2', secretKey: 's2' });
    const theirs = await fetch(`${running.url}/webhook/k2/list-remote`, { headers: { 'secret-key': 's2' } });
    expect(await theirs.json()).toEqual({ success: true, files: [], next_page_token: '' });
  });
});
