import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type RunningService, readEvents, startService } from '../../helpers/running-service.ts';

const helloCid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const png = new Uint8Array(
  Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
);

let running: RunningService;
/** What the service takes for now, in milliseconds ahead of the clock. */
let aheadMs = 0;
beforeAll(async () => {
  running = await startService({ now: () => Date.now() + aheadMs });
});
afterAll(() => running.stop());

async function link(query: Record<string, string>, headers: Record<string, string> = {}): Promise<string> {
  const { status, body } = await running.json(
    'GET',
    headers,
    undefined,
    `/upload-link?${new URLSearchParams(query)}`,
  );
  expect(status).toBe(200);
  return body.upload_url;
}

/** Sends a file the way the provider's SDK does. */
async function send(
  url: string,
  content: string | Uint8Array<ArrayBuffer>,
  { name = 'hello.txt', type = 'text/plain', fields = {} as Record<string, string> } = {},
) {
  const form = new FormData();
  form.append('file', new Blob([content], { type }), name);
  for (const [field, value] of Object.entries({ network: 'public', name, ...fields }))
    form.append(field, value);
  const response = await fetch(url, {
    method: 'POST',
    body: form,
    headers: { Authorization: 'Bearer undefined', Source: 'sdk/file' },
  });
  return { status: response.status, body: await response.json() };
}

describe('GET upload-link', () => {
  it('answers with the URL under both names', async () => {
    const { body } = await running.json('GET', { network: 'private' }, undefined, '/upload-link?expires=600');
    expect(body).toEqual({
      success: true,
      upload_url: expect.stringMatching(
        /^http:\/\/127\.0\.0\.1:\d+\/v3\/files\/[0-9a-f-]{36}\?.*X-Signature=[0-9a-f]{64}$/,
      ),
      url: body.upload_url,
      network: 'private',
      expires_in: 600,
    });
    expect(body.url).not.toContain(running.apiKey);
    expect(body.url).not.toContain(running.secretKey);
  });

  it.each([
    ['expires=0', 'expires'],
    ['expires=-5', 'expires'],
    ['expires=99999999', 'expires'],
    ['expires=soon', 'expires'],
    ['max_file_size=0', 'max_file_size'],
    ['max_file_size=1e3', 'max_file_size'],
    ['allow_mime_types=image', 'allow_mime_types'],
    ['allow_mime_types=[', 'allow_mime_types'],
    ['keyvalues={', 'keyvalues'],
    ['keyvalues=[1]', 'keyvalues'],
    ['cid_version=v2', 'cid_version'],
  ])('refuses %s and names the parameter', async (query, parameter) => {
    const { status, body } = await running.json('GET', {}, undefined, `/upload-link?${query}`);
    expect(status).toBe(400);
    expect(body.message).toContain(`"${parameter}"`);
  });
});

describe('the signed URL', () => {
  it('takes one file, without any key, into the group that was signed', async () => {
    const reader = await readEvents(running);
    const url = await link({ group_id: 'Links (public)', filename: 'diploma.txt' }, { network: 'public' });
    const { status, body } = await send(url, 'hello world', {
      fields: { name: 'other.txt', group_id: 'elsewhere', keyvalues: '{"a":"b"}' },
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        id: expect.any(String),
        name: 'diploma.txt',
        cid: helloCid,
        size: 11,
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        number_of_files: 1,
        mime_type: 'text/plain',
        group_id: 'links-public',
        keyvalues: {},
        vectorized: false,
        network: 'public',
      },
    });
    await expect.poll(() => reader.types()).toContain('file.pinned');
    await reader.stop();
    expect(reader.types()).toEqual([
      'connection.established',
      'group.created',
      'file.uploaded',
      'file.pinned',
    ]);
    const { body: list } = await running.json('GET', { 'group-id': 'Links (public)' });
    expect(list.files).toEqual([expect.objectContaining({ hash: helloCid, name: 'diploma.txt' })]);
    expect((await running.json('GET', { 'group-id': 'elsewhere' })).status).toBe(404);
  });

  it('answers with the CIDv1 when the sender asks for it', async () => {
    const url = await link({ group_id: 'v1' });
    const { body } = await send(url, 'hello world', { fields: { cid_version: 'v1' } });
    expect(body.data.cid).toBe('bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa');
  });

  it('keeps to the CID version that was signed', async () => {
    const v1 = await send(await link({ group_id: 'v1 signed', cid_version: 'v1' }), 'hello world');
    expect(v1.body.data.cid).toBe('bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa');
    const v0 = await send(await link({ group_id: 'v0 signed', cid_version: 'v0' }), 'hello world', {
      fields: { cid_version: 'v1' },
    });
    expect(v0.body.data.cid).toBe(helloCid);
  });

  it('keeps to the network that was signed', async () => {
    const url = await link({ group_id: 'Private link' }, { network: 'private' });
    const { body } = await send(url, 'must stay private', { fields: { network: 'public' } });
    expect(body.data.network).toBe('private');
    expect((await fetch(`${running.url}/ipfs/${body.data.cid}`)).status).toBe(404);
  });

  it('gives the same answer for the same bytes again, and takes no others', async () => {
    const url = await link({ group_id: 'Once' });
    const first = await send(url, 'the one file');
    expect(await send(url, 'the one file')).toEqual(first);
    const other = await send(url, 'another file');
    expect(other).toMatchObject({
      status: 403,
      body: { success: false, message: expect.stringContaining('already used') },
    });
    const { body } = await running.json('GET', { 'group-id': 'Once' });
    expect(body.files).toHaveLength(1);
  });

  it('takes one of several files that race for it', async () => {
    const url = await link({ group_id: 'Raced' });
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map((content) => send(url, `racer ${content}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403]);
    expect((await running.json('GET', { 'group-id': 'Raced' })).body.files).toHaveLength(1);
    expect(await running.incomingFiles()).toEqual([]);
  });

  it('accepts a file that the group holds already', async () => {
    await running.upload({ 'group-id': 'Held' }, 'held');
    const { status, body } = await send(await link({ group_id: 'Held' }), 'held');
    expect(status).toBe(200);
    expect(body.data.group_id).toBe('Held');
  });

  it('without a group stores the file, which can be attached later with its real network', async () => {
    const { body } = await send(await link({}, { network: 'private' }), 'no group yet', {
      name: 'loose.txt',
    });
    expect(body.data.group_id).toBeNull();
    const registered = await running.json(
      'POST',
      { 'group-id': 'Attached', 'content-type': 'application/json' },
      JSON.stringify({ hash: body.data.cid }),
    );
    expect(registered).toMatchObject({
      status: 201,
      body: { network: 'private', size: 12, name: 'loose.txt' },
    });
  });

  it('refuses a file larger than the link allows with 413, before all of it is sent', async () => {
    const url = await link({ group_id: 'Small', max_file_size: '100' });
    for (const size of [101, 30_000_000]) {
      const answer = await send(url, new Uint8Array(size).fill(65));
      expect(answer).toMatchObject({
        status: 413,
        body: { success: false, message: 'File too large: at most 100 bytes are allowed.' },
      });
    }
    expect(await running.incomingFiles()).toEqual([]);
    // The link is still good for a file that fits, and exactly 100 bytes fit.
    expect((await send(url, new Uint8Array(100).fill(65))).status).toBe(200);
  });

  it.each([
    ['text that says it is a PNG', 'just text', 'image/png', 'photo.png', 400],
    ['HTML that says it is a PNG', '<!doctype html><script>1</script>', 'image/png', 'photo.png', 400],
    ['a PNG that says it is text', png, 'text/plain', 'notes.txt', 200],
    ['an honest PNG', png, 'image/png', 'photo.png', 200],
    ['text that begins like a bitmap', 'BMW is a car', 'image/bmp', 'car.bmp', 400],
    [
      'zip bytes named like a picture',
      Buffer.from('PK\u0003\u0004\u0014\u0000\u0000\u0000\u0008\u0000', 'latin1'),
      'image/jpeg',
      'x.jpg',
      400,
    ],
  ])('with image/* judges %s by its bytes', async (_what, content, type, name, status) => {
    const url = await link({ group_id: `Types ${name} ${type}`, allow_mime_types: 'image/*' });
    const bytes = typeof content === 'string' ? content : new Uint8Array(content);
    const answer = await send(url, bytes, { type, name });
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.body.message).toMatch(/^Type not allowed: .* allowed is image\/\*\.$/);
    expect(await running.incomingFiles()).toEqual([]);
  });

  it.each([
    ['commas', 'allow_mime_types=application/pdf,text/*'],
    ['repeats', 'allow_mime_types=application/pdf&allow_mime_types=text/*'],
    ['a JSON array', `allow_mime_types=${encodeURIComponent('["application/pdf","TEXT/*"]')}`],
  ])('reads a list of types as %s', async (what, query) => {
    const { body } = await running.json('GET', {}, undefined, `/upload-link?group_id=List&${query}`);
    expect((await send(body.url, `text ${what}`)).status).toBe(200);
    const again = await running.json('GET', {}, undefined, `/upload-link?group_id=List&${query}`);
    expect((await send(again.body.url, png, { type: 'image/png' })).status).toBe(400);
  });

  it('keeps the keyvalues that were signed', async () => {
    const url = await link({ group_id: 'Keyed', keyvalues: '{"course":"maths","year":2026}' });
    expect((await send(url, 'keyed')).body.data.keyvalues).toEqual({ course: 'maths', year: '2026' });
    const other = await link({ group_id: 'Keyed', 'keyvalues[course]': 'art' });
    expect((await send(other, 'keyed too')).body.data.keyvalues).toEqual({ course: 'art' });
  });

  it('expires', async () => {
    const url = await link({ group_id: 'Late', expires: '60' });
    aheadMs = 61_000;
    const answer = await send(url, 'too late');
    aheadMs = 0;
    expect(answer).toMatchObject({ status: 401, body: { message: expect.stringContaining('expired') } });
  });

  it.each([
    ['a longer life', (url: string) => url.replace('X-Expires=60', 'X-Expires=6000')],
    ['a later start', (url: string) => url.replace(/X-Date=\d+/, 'X-Date=4000000000')],
    [
      'another id',
      (url: string) => url.replace(/files\/[^?]+/, 'files/00000000-0000-4000-8000-000000000000'),
    ],
    ['no signature', (url: string) => url.replace(/&X-Signature=.*/, '')],
    ['an empty signature', (url: string) => url.replace(/X-Signature=.*/, 'X-Signature=')],
    ['another signature', (url: string) => url.replace(/X-Signature=.*/, `X-Signature=${'0'.repeat(64)}`)],
    ['a short signature', (url: string) => url.slice(0, -2)],
    ['text for numbers', (url: string) => url.replace(/X-Date=\d+/, 'X-Date=NaN')],
  ])('with %s is refused', async (_what, forge) => {
    const url = await link({ group_id: 'Forged', expires: '60' });
    expect((await send(forge(url), 'forged')).status).toBe(403);
  });

  it('does not open the gateway: a signature is good for one purpose', async () => {
    const { body } = await running.upload({ 'group-id': 'Purpose', network: 'private' }, 'private purpose');
    const upload = new URL(await link({ group_id: 'Purpose' }));
    const response = await fetch(`${running.url}/ipfs/${body.hash}${upload.search}`);
    expect(response.status).toBe(403);
  });

  it.each([
    ['a body that is no form', { method: 'POST', body: 'hello' }, 400],
    ['PATCH', { method: 'PATCH', body: 'x' }, 405],
    ['GET', { method: 'GET' }, 405],
  ])('answers %s clearly', async (_what, init, status) => {
    const response = await fetch(await link({ group_id: 'Other protocols' }), init);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ success: false, message: expect.any(String) });
  });
});
