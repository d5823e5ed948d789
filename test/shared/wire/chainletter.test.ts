import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { HashmarkError } from '../../../shared/errors.ts';
import {
  type ChainletterClient,
  createChainletterClient,
  uploadToLink,
  type WireFetch,
} from '../../../shared/wire/chainletter.ts';
import { encodeHeaderValue } from '../../../shared/wire/service-request.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

const helloCid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';

describe('the client against a service', () => {
  let running: RunningService;
  let client: ChainletterClient;
  beforeAll(async () => {
    running = await startService({ chain: true });
    client = createChainletterClient({
      baseUrl: running.webhook,
      fetch,
      headers: { 'secret-key': running.secretKey },
    });
  });
  afterAll(() => running.stop());

  it('walks the whole journey: group, link, upload, list, stamp, verify', async () => {
    const group = await client.createGroup('Diplomas / 证书 "2026" 100%', { network: 'public' });
    expect(group).toMatchObject({ name: 'Diplomas / 证书 "2026" 100%', network: 'public', isNew: true });
    expect((await client.createGroup(group.name)).isNew).toBe(false);

    const link = await client.uploadLink({
      groupId: group.name,
      filename: 'Ada “Löve”.txt',
      maxFileBytes: 100,
      allowMimeTypes: ['text/*'],
      expiresSeconds: 60,
      keyvalues: { course: 'maths' },
    });
    expect(link).toMatchObject({ network: 'public', expiresInSeconds: 60 });
    const sent = await uploadToLink(fetch, link.url, new Blob(['hello world'], { type: 'text/plain' }), {
      name: 'ignored.txt',
      network: 'public',
    });
    expect(sent).toEqual({
      cid: helloCid,
      name: 'Ada “Löve”.txt',
      sizeBytes: 11,
      groupId: group.id,
      network: 'public',
    });
    expect(await client.verify(helloCid)).toEqual({ state: 'unstamped' });

    const stamp = await client.stamp(group.id);
    expect(stamp).toMatchObject({ filesStamped: 1, isPending: false, postmarkCid: helloCid });
    expect(await client.verify(helloCid)).toEqual({
      state: 'stamped',
      name: 'Ada “Löve”.txt',
      groupId: group.id,
      network: 'public',
      stamps: [
        {
          contract: running.chain?.contract,
          chainId: running.chain?.id,
          transaction: stamp.transaction,
          bundleCid: null,
          blockTimeSeconds: expect.any(Number),
        },
      ],
    });
    expect(await client.listFiles(group.name)).toEqual([
      {
        cid: helloCid,
        name: 'Ada “Löve”.txt',
        sizeBytes: 11,
        mimetype: 'text/plain',
        network: 'public',
        isStamped: true,
        postmarkCid: helloCid,
        transaction: stamp.transaction,
        contract: running.chain?.contract,
        gatewayUrl: `${running.url}/ipfs/${helloCid}`,
        createdAt: expect.stringMatching(/Z$/),
      },
    ]);
    expect(await client.listGroups()).toEqual([
      {
        id: group.id,
        name: group.name,
        network: 'public',
        createdAt: expect.stringMatching(/Z$/),
        fileCount: 1,
      },
    ]);
  });

  it('registers and deletes a hash', async () => {
    const cid = 'QmbVuw4C4vcmVKqxoWtgDVobvcHrSn51qsmQmyxjk4sB2Q';
    const registered = await client.registerHash({
      groupId: 'Hashes',
      cid,
      name: 'two chunks',
      sizeBytes: 262_145,
    });
    expect(registered).toEqual({ cid, groupId: 'Hashes', network: 'none' });
    await expect(client.registerHash({ groupId: 'Hashes', cid })).rejects.toMatchObject({
      code: 'already-exists',
      data: { status: 409, cid },
      message: expect.stringContaining('File already exists in group'),
    });
    await client.deleteFile('Hashes', cid);
    expect(await client.listFiles('Hashes')).toEqual([]);
  });

  it('tells absence from failure', async () => {
    expect(await client.verify('QmehMASWcBsX7VcEQqs6rpR5AHoBfKyBVEgmkJHjpPg8jq')).toEqual({
      state: 'unknown',
    });
    await expect(client.listFiles('Nowhere')).rejects.toMatchObject({
      code: 'not-found',
      data: { status: 404 },
    });
    await expect(client.stamp('Hashes')).rejects.toMatchObject({
      code: 'service-refused',
      data: { status: 400 },
    });
    const stranger = createChainletterClient({
      baseUrl: running.webhook,
      fetch,
      headers: { 'secret-key': 'no' },
    });
    await expect(stranger.listGroups()).rejects.toMatchObject({ code: 'service-unauthorized' });
  });

  it('says what a link refuses', async () => {
    const small = await client.uploadLink({ groupId: 'Small', maxFileBytes: 3 });
    await expect(uploadToLink(fetch, small.url, new Blob(['four']), { name: 'a' })).rejects.toMatchObject({
      code: 'service-refused',
      data: { status: 413 },
    });
    const images = await client.uploadLink({ groupId: 'Small', allowMimeTypes: ['image/*'] });
    await expect(
      uploadToLink(fetch, images.url, new Blob(['text']), { name: 'a.png' }),
    ).rejects.toMatchObject({
      code: 'service-refused',
      data: { status: 400 },
      message: expect.stringContaining('Type not allowed'),
    });
  });

  it('works in process, without a socket', async () => {
    const inProcess = createChainletterClient({
      baseUrl: running.webhook,
      fetch: async (url, init) => running.service.app.fetch(new Request(url, init)),
      headers: { 'secret-key': running.secretKey },
    });
    expect((await inProcess.listGroups()).length).toBeGreaterThan(0);
  });
});

describe('the client against answers that differ', () => {
  const clientOf = (answer: () => Response | Promise<Response>) =>
    createChainletterClient({ baseUrl: 'https://service.test/webhook/K/', fetch: async () => answer() });
  const clientOfJson = (json: unknown) => clientOf(() => Response.json(json));

  it.each([
    [[{ group_id: 'a', group_name: 'A', visibility: 'private' }]],
    [{ collections: [{ id: 'a', name: 'A', network: 'private' }] }],
    [{ success: true, data: [{ id: 'a', name: 'A', network: 'private', file_count: 'many' }] }],
  ])('reads groups of the shape %j', async (json) => {
    expect(await clientOfJson(json).listGroups()).toEqual([
      { id: 'a', name: 'A', network: 'private', createdAt: '', fileCount: undefined },
    ]);
  });

  it('reads a file that has only a cid, and believes bulk_check over is_stamped', async () => {
    const json = {
      files: [{ cid: helloCid, is_stamped: false, bulk_check: { is_stamped: true, postmark_hash: 'QmX' } }],
    };
    expect(await clientOfJson(json).listFiles('g')).toMatchObject([
      { cid: helloCid, isStamped: true, postmarkCid: 'QmX', sizeBytes: 0 },
    ]);
  });

  it.each([
    [{ data: { created: 5, foreign_tx_id: '0x1', is_bulk: 'QmB', contract: '0xc' } }],
    [{ chainLetterResult: { data: { created: 5, foreign_tx_id: '0x1', isBulk: 'QmB', contract: '0xc' } } }],
    [{ data: {}, allResults: [{ created: 5, foreign_tx_id: '0x1', is_bulk: 'QmB', contract: '0xc' }] }],
    [{ data: { allResults: [{ created: 5, foreign_tx_id: '0x1', is_bulk: 'QmB', contract: '0xc' }] } }],
  ])('reads a verification of the shape %j', async (json) => {
    expect(await clientOfJson(json).verify(helloCid)).toMatchObject({
      state: 'stamped',
      stamps: [{ contract: '0xc', transaction: '0x1', bundleCid: 'QmB', blockTimeSeconds: 5 }],
    });
  });

  it('reads a link under either name', async () => {
    for (const name of ['upload_url', 'url']) {
      const link = await clientOfJson({ [name]: 'https://up.test/x', expires_in: 5 }).uploadLink({});
      expect(link.url).toBe('https://up.test/x');
    }
  });

  it.each([
    ['HTML', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['an empty answer', () => new Response('')],
    ['JSON without groups', () => Response.json({ success: true })],
    ['a group without an id', () => Response.json({ groups: [{ name: 'x' }] })],
    ['groups that are no list', () => Response.json({ groups: { a: 1 } })],
  ])('does not take %s for an empty list', async (_what, answer) => {
    await expect(clientOf(answer).listGroups()).rejects.toMatchObject({ code: 'service-unreadable' });
  });

  it.each([
    [403, 'service-forbidden'],
    [404, 'not-found'],
    [429, 'rate-limited'],
    [500, 'service-failed'],
    [502, 'service-failed'],
  ])('turns %i into %s', async (status, code) => {
    const client = clientOf(() => new Response('<h1>oops', { status, headers: { 'retry-after': '7' } }));
    await expect(client.listGroups()).rejects.toMatchObject({
      code,
      data: { status, retryAfterSeconds: 7 },
      message: `Could not list the groups: HTTP ${status}`,
    });
  });

  it('says that nobody answers, and never that a hash is unknown then', async () => {
    const client = clientOf(() => Promise.reject(new TypeError('fetch failed')));
    await expect(client.verify(helloCid)).rejects.toMatchObject({ code: 'service-unreachable' });
  });

  it('gives up after its time', async () => {
    const hanging: WireFetch = (_url, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.throwIfAborted();
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
    const client = createChainletterClient({
      baseUrl: 'https://service.test',
      fetch: hanging,
      timeoutMs: 20,
    });
    await expect(client.listGroups()).rejects.toMatchObject({
      code: 'service-unreachable',
      message: expect.stringContaining('did not answer in time'),
    });
    const reason = new Error('changed my mind');
    await expect(client.listGroups({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('keeps the words of a fetch that knows better', async () => {
    const client = clientOf(() =>
      Promise.reject(new HashmarkError('impostor', 'Somebody else answers there.')),
    );
    await expect(client.listGroups()).rejects.toMatchObject({ code: 'impostor' });
  });
});

describe('encodeHeaderValue', () => {
  it.each([
    ['plain', 'plain'],
    ['RWA Files (public)', 'RWA Files (public)'],
    ['50% off', '50%25%20off'],
    ['Größe', 'Gr%C3%B6%C3%9Fe'],
    ['a\r\nsecret-key: x', 'a%0D%0Asecret-key%3A%20x'],
    [' padded ', '%20padded%20'],
    ['\ud800', '%EF%BF%BD'],
  ])('sends %j as %j', (value, header) => {
    expect(encodeHeaderValue(value)).toBe(header);
  });
});
