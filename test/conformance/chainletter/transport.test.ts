import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService;
beforeAll(async () => {
  running = await startService();
});
afterAll(() => running.stop());

describe('auth', () => {
  it.each([
    ['no key', {}, 'Missing API key or secret key'],
    ['an empty key', { 'secret-key': '' }, 'Missing API key or secret key'],
    ['a wrong key', { 'secret-key': 'wrong' }, 'Invalid API key'],
    [
      'a bearer token that nobody issued',
      { authorization: 'Bearer x.y.z' },
      'Expired or invalid Authorization bearer token',
    ],
  ])('with %s is 401', async (_what, headers: Record<string, string>, message) => {
    for (const method of ['GET', 'POST', 'PATCH', 'DELETE']) {
      const response = await fetch(running.webhook, { method, headers });
      expect(response.status).toBe(401);
      expect(await response.json()).toEqual({ success: false, message });
    }
    expect((await fetch(running.webhook, { method: 'HEAD', headers })).status).toBe(401);
  });

  it('with an unknown API key is the same 401 as with a wrong secret', async () => {
    const headers = { 'secret-key': running.secretKey };
    const response = await fetch(`${running.url}/webhook/unknown`, { headers });
    expect(await response.json()).toEqual({ success: false, message: 'Invalid API key' });
  });

  it('takes a secret from the query for events only', async () => {
    expect((await fetch(`${running.webhook}?secret-key=${running.secretKey}`)).status).toBe(401);
  });

  it('stores no key as it is', () => {
    const rows = JSON.stringify(running.ledger.db.prepare('SELECT * FROM tenants').all());
    expect(rows).not.toContain(running.secretKey);
    expect(rows).not.toContain(running.apiKey);
  });
});

describe('CORS', () => {
  it('lets any page call with what it holds', async () => {
    const response = await fetch(running.webhook, {
      method: 'OPTIONS',
      headers: {
        origin: 'https://example.org',
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'secret-key,group-id,network',
        'access-control-request-private-network': 'true',
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-methods')).toBe('GET,HEAD,POST,PATCH,DELETE,OPTIONS');
    for (const header of ['group-id', 'secret-key', 'last-event-id', 'upload-length', 'range']) {
      expect(response.headers.get('access-control-allow-headers')).toContain(header);
    }
    expect(response.headers.get('access-control-allow-private-network')).toBeNull();
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('shows failures to the page too', async () => {
    const response = await fetch(running.webhook, { headers: { origin: 'https://example.org' } });
    expect(response.status).toBe(401);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });
});

describe('HEAD', () => {
  const head = async (headers: Record<string, string> = {}) => {
    const response = await running.request('HEAD', headers);
    expect(response.status).toBe(200);
    return Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('x-')));
  };

  it('counts the tenant, a group, and a network of it', async () => {
    await running.upload({ 'group-id': 'Counted', network: 'public' }, '12345');
    await running.upload({ 'group-id': 'Counted', network: 'private' }, '678');
    await running.upload({ 'group-id': 'Closed', network: 'private' }, '9');
    expect(await head()).toEqual({
      'x-credits': '1000000',
      'x-total-files': '3',
      'x-total-size': '9',
      'x-group-enabled': 'true',
      'x-group-exists': 'false',
      'x-group-public': 'false',
    });
    expect(await head({ 'group-id': 'Counted' })).toMatchObject({
      'x-total-files': '2',
      'x-total-size': '8',
      'x-group-exists': 'true',
      'x-group-public': 'true',
    });
    expect(await head({ 'group-id': 'Counted', network: 'private' })).toMatchObject({ 'x-total-files': '1' });
    expect(await head({ 'group-id': 'Closed' })).toMatchObject({ 'x-group-public': 'false' });
  });

  it.each(['Nowhere', 'n'.repeat(300)])('answers 200 for a group that does not exist', async (name) => {
    expect(await head({ 'group-id': name })).toMatchObject({
      'x-group-exists': 'false',
      'x-total-files': '0',
      'x-total-size': '0',
    });
  });
});

describe('DELETE', () => {
  const remove = (group: string, body: unknown) =>
    running.json('DELETE', { 'group-id': group, 'content-type': 'application/json' }, JSON.stringify(body));

  it('takes a file out, and an upload brings it back', async () => {
    const { body: file } = await running.upload({ 'group-id': 'Bin', network: 'public' }, 'in and out');
    expect(await remove('Bin', { file_hash: file.hash })).toEqual({
      status: 200,
      body: { success: true, message: 'File deleted', hash: file.hash, group_id: 'Bin' },
    });
    expect((await running.json('GET', { 'group-id': 'Bin' })).body.files).toEqual([]);
    const { body: deleted } = await running.json('GET', { 'group-id': 'Bin', 'show-deleted': 'true' });
    expect(deleted.files).toEqual([
      expect.objectContaining({ hash: file.hash, deleted: true, deleted_at: expect.stringMatching(/Z$/) }),
    ]);
    expect((await running.json('GET', { hash: file.hash })).status).toBe(404);
    expect((await remove('Bin', { file_hash: file.hash })).status).toBe(404);
    expect((await running.upload({ 'group-id': 'Bin', network: 'public' }, 'in and out')).status).toBe(201);
    expect((await running.json('GET', { 'group-id': 'Bin' })).body.files).toHaveLength(1);
  });

  it.each([
    ['no body', undefined, 400],
    ['no hash', {}, 400],
    ['a number', { file_hash: 5 }, 400],
    ['no CID', { file_hash: 'hello' }, 400],
    ['an unknown file', { file_hash: 'QmehMASWcBsX7VcEQqs6rpR5AHoBfKyBVEgmkJHjpPg8jq' }, 404],
  ])('answers %s with JSON', async (_what, body, status) => {
    await running.json('POST', { 'group-id': 'Bad deletes' }, '{}');
    expect(await remove('Bad deletes', body)).toMatchObject({ status, body: { success: false } });
  });
});

describe('other paths', () => {
  it('has the webhook under the old prefix too', async () => {
    const response = await fetch(running.webhook.replace('/webhook/', '/api/v1/webhook/'), {
      headers: { 'secret-key': running.secretKey },
    });
    expect(response.status).toBe(200);
  });

  it.each(['/jwt', '/anything'])('says in JSON that the webhook has no %s yet', async (path) => {
    const { status, body } = await running.json('GET', {}, undefined, path);
    expect(status).toBe(404);
    expect(body).toMatchObject({ success: false, message: expect.stringContaining('has no') });
  });

  it('says in JSON what it does not have', async () => {
    const response = await fetch(`${running.url}/anything`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ success: false });
  });

  it('is alive', async () => {
    const response = await fetch(`${running.url}/healthcheck`);
    expect(await response.json()).toMatchObject({
      status: 'ok',
      service: 'hashmark',
      version: expect.any(String),
    });
  });
});
