import { randomBytes } from 'node:crypto';
import { type ClientRequest, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { nodePlatform } from '../../../companion/fingerprint/node-platform.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { announce, base64, sendChunk, signLink } from '../../helpers/resumable-client.ts';
import { readCredentials, startCompanion } from '../../helpers/running-companion.ts';
import { type RunningService, readEvents, startService } from '../../helpers/running-service.ts';

let running: RunningService;
/** What the service takes for now, in milliseconds ahead of the clock. */
let aheadMs = 0;
const now = () => Date.now() + aheadMs;
beforeAll(async () => {
  running = await startService({ now });
});
afterAll(() => running.stop());

const cidOf = async (bytes: Uint8Array) => (await fingerprint([bytes], nodePlatform)).cid;
const headOf = (url: string) => fetch(url, { method: 'HEAD' });
/** Larger than the bytes that tell a type, and no multiple of anything. */
const content = randomBytes(300_001);

describe('a resumable upload', () => {
  it('is created without Tus-Resumable, takes chunks, and ends with 204 and Upload-Cid', async () => {
    const reader = await readEvents(running);
    const link = await signLink(running, { group_id: 'Resumable', keyvalues: '{"course":"maths"}' });
    const created = await fetch(link, {
      method: 'POST',
      headers: {
        'Upload-Length': String(content.length),
        'Upload-Metadata': `filename ${base64('größe.bin')},filetype ,network ${base64('public')},group_id ${base64('elsewhere')}`,
        Authorization: 'Bearer undefined',
        Source: 'sdk/file',
      },
    });
    expect(created.status).toBe(201);
    const location = created.headers.get('location') as string;
    expect(location).toMatch(
      /^http:\/\/127\.0\.0\.1:\d+\/v3\/files\/[0-9a-f-]{36}\/[0-9a-f-]{36}\?.*X-Signature=/,
    );
    expect(created.headers.get('access-control-expose-headers')).toContain('Location');
    expect(created.headers.get('tus-resumable')).toBe('1.0.0');
    expect(Date.parse(created.headers.get('upload-expires') ?? '')).toBeGreaterThan(Date.now());

    const first = await sendChunk(location, 0, content.subarray(0, 200_000));
    expect([first.status, first.headers.get('upload-offset'), first.headers.get('upload-cid')]).toEqual([
      204,
      '200000',
      null,
    ]);
    const told = await headOf(location);
    expect([told.status, told.headers.get('upload-offset'), told.headers.get('upload-length')]).toEqual([
      200,
      '200000',
      '300001',
    ]);
    expect((await running.json('GET', { 'group-id': 'Resumable' })).status, 'no group before its end').toBe(
      404,
    );

    const last = await sendChunk(location, 200_000, content.subarray(200_000));
    const cid = await cidOf(content);
    expect([last.status, last.headers.get('upload-offset'), last.headers.get('upload-cid')]).toEqual([
      204,
      '300001',
      cid,
    ]);
    await expect.poll(() => reader.types()).toContain('file.pinned');
    await reader.stop();
    expect(reader.types()).toEqual([
      'connection.established',
      'group.created',
      'file.uploaded',
      'file.pinned',
    ]);
    const { body } = await running.json('GET', { 'group-id': 'Resumable' });
    expect(body.files).toEqual([
      expect.objectContaining({ hash: cid, name: 'größe.bin', size: 300_001, network: 'public' }),
    ]);
    const served = await fetch(`${running.url}/ipfs/${cid}`);
    expect(Buffer.from(await served.arrayBuffer()).equals(content)).toBe(true);
    expect(await running.partialFiles()).toEqual([]);
  });

  it('takes a chunk that it has already, in whole or in part, as often as it comes', async () => {
    const link = await signLink(running, { group_id: 'Repeats' });
    const location = await announce(link, content.length);
    for (let time = 0; time < 3; time++) {
      const answer = await sendChunk(location, 0, content.subarray(0, 100_000));
      expect([answer.status, answer.headers.get('upload-offset')]).toEqual([204, '100000']);
    }
    const overlapping = await sendChunk(location, 50_000, content.subarray(50_000, 150_000));
    expect([overlapping.status, overlapping.headers.get('upload-offset')]).toEqual([204, '150000']);
    const cid = await cidOf(content);
    for (let time = 0; time < 3; time++) {
      const last = await sendChunk(location, 150_000, content.subarray(150_000));
      expect([last.status, last.headers.get('upload-cid')]).toEqual([204, cid]);
    }
    expect((await headOf(location)).headers.get('upload-cid')).toBe(cid);
    expect((await running.json('GET', { 'group-id': 'Repeats' })).body.files).toHaveLength(1);
  });

  it('is hashed while it grows, and after pieces that broke off or came twice', async () => {
    const bytes = randomBytes(9_000_001);
    const location = await announce(await signLink(running, { group_id: 'Megabytes' }), bytes.length);
    await sendChunk(location, 0, bytes.subarray(0, 3_000_000));
    const broken = beginPatch(location, 3_000_000, bytes.subarray(3_000_000, 6_000_000));
    await expect
      .poll(async () => Math.max(...(await running.partialFiles())), { timeout: 5_000 })
      .toBeGreaterThan(3_000_000);
    broken.destroy();
    await sendChunk(location, 2_000_000, bytes.subarray(2_000_000, 7_500_000));
    const last = await sendChunk(location, 7_000_000, bytes.subarray(7_000_000));
    expect([last.status, last.headers.get('upload-cid')]).toEqual([204, await cidOf(bytes)]);
  });

  it('refuses a gap and other bytes in the same place, and goes on after either', async () => {
    const location = await announce(await signLink(running, { group_id: 'Conflicts' }), content.length);
    await sendChunk(location, 0, content.subarray(0, 100_000));
    const gap = await sendChunk(location, 100_001, content.subarray(100_001));
    expect(gap.status).toBe(409);
    expect(await gap.json()).toMatchObject({ success: false, offset: 100_000 });
    const other = await sendChunk(location, 50_000, randomBytes(1_000));
    expect(other.status).toBe(409);
    expect((await other.json()).message).toMatch(/^From byte 50000 on/);
    const last = await sendChunk(location, 100_000, content.subarray(100_000));
    expect(last.headers.get('upload-cid')).toBe(await cidOf(content));
  });

  /** Begins a PATCH that announces more bytes than it sends, and leaves it open. */
  function beginPatch(location: string, offset: number, bytes: Uint8Array): ClientRequest {
    const sent = request(location, {
      method: 'PATCH',
      headers: {
        'content-type': 'application/offset+octet-stream',
        'upload-offset': offset,
        'content-length': bytes.length + 1,
      },
    });
    sent.on('error', () => undefined);
    sent.write(bytes);
    return sent;
  }

  /** The same; resolves when the service has written the first of the bytes. */
  async function beginAndHang(location: string, bytes: Uint8Array): Promise<ClientRequest> {
    const sent = beginPatch(location, 0, bytes);
    await expect
      .poll(async () => Math.max(...(await running.partialFiles())), { timeout: 5_000 })
      .toBeGreaterThan(0);
    return sent;
  }

  it('keeps what came before a connection broke', async () => {
    const location = await announce(await signLink(running, { group_id: 'Broken line' }), content.length);
    (await beginAndHang(location, content.subarray(0, 130_000))).destroy();
    const offset = Number((await headOf(location)).headers.get('upload-offset'));
    expect(offset).toBeGreaterThan(0);
    expect(offset).toBeLessThanOrEqual(130_000);
    const rest = await sendChunk(location, offset, content.subarray(offset));
    expect(rest.headers.get('upload-cid')).toBe(await cidOf(content));
  });

  it('lets a new request take over from one that hangs', async () => {
    const location = await announce(await signLink(running, { group_id: 'Hanging' }), content.length);
    const hanging = await beginAndHang(location, content.subarray(0, 65_536));
    const answer = await sendChunk(location, 0, content);
    expect([answer.status, answer.headers.get('upload-cid')]).toEqual([204, await cidOf(content)]);
    hanging.destroy();
  });

  it('goes on after a restart of the service, in the middle and right before the end', async () => {
    let service = await startService({ now });
    try {
      const parts = [0, 120_000, 250_000, content.length];
      let location = await announce(await signLink(service, { group_id: 'Restarts' }), content.length);
      for (const [index, from] of parts.slice(0, -1).entries()) {
        await sendChunk(location, from, content.subarray(from, parts[index + 1]));
        const { folder, url } = service;
        await service.stop({ keepFolder: true });
        service = await startService({ now, folder });
        location = location.replace(url, service.url);
        const told = await headOf(location);
        expect(told.headers.get('upload-offset')).toBe(String(parts[index + 1]));
      }
      expect((await headOf(location)).headers.get('upload-cid')).toBe(await cidOf(content));
      expect(await service.partialFiles()).toEqual([]);
    } finally {
      await service.stop();
    }
  });

  it('goes on after kill -9 of the companion in the middle of a chunk, with nothing lost that was confirmed', async () => {
    const bytes = randomBytes(40_000_000);
    let companion = await startCompanion();
    try {
      const { webhookUrl, secretKey } = await readCredentials(companion.home);
      const port = Number(new URL(webhookUrl).port);
      const headers = { 'secret-key': secretKey };
      const answer = await fetch(`${webhookUrl}/upload-link?group_id=Killed`, { headers });
      const location = await announce((await answer.json()).upload_url, bytes.length);
      let confirmed = 0;
      for (const killAfterMs of [5, 40]) {
        const next = confirmed + 8_000_000;
        expect((await sendChunk(location, confirmed, bytes.subarray(confirmed, next))).status).toBe(204);
        confirmed = next;
        const broken = beginPatch(location, confirmed, bytes.subarray(confirmed, -1));
        await delay(killAfterMs);
        await companion.end('SIGKILL');
        broken.destroy();
        companion = await startCompanion({ home: companion.home, port });
        const told = await headOf(location);
        expect(Number(told.headers.get('upload-offset'))).toBeGreaterThanOrEqual(confirmed);
      }
      // As the SDK does: again from where it was, whatever arrived since.
      const last = await sendChunk(location, confirmed, bytes.subarray(confirmed));
      expect(last.headers.get('upload-cid')).toBe(await cidOf(bytes));
      const listed = await fetch(webhookUrl, { headers: { ...headers, 'group-id': 'Killed' } });
      expect((await listed.json()).files).toHaveLength(1);
    } finally {
      await companion.stop();
    }
  });

  it('is dropped when nobody goes on with it for a day', async () => {
    const service = await startService({ now });
    const location = await announce(await signLink(service, { group_id: 'Idle', expires: '600000' }), 10);
    await sendChunk(location, 0, Buffer.from('12345'));
    expect(await service.partialFiles()).toHaveLength(1);
    const { folder, url } = service;
    await service.stop({ keepFolder: true });
    aheadMs = 25 * 3_600_000;
    const later = await startService({ now, folder });
    try {
      expect(await later.partialFiles()).toEqual([]);
      expect((await headOf(location.replace(url, later.url))).status).toBe(404);
    } finally {
      aheadMs = 0;
      await later.stop();
    }
  });

  it('outlasts its link, once it has begun', async () => {
    const link = await signLink(running, { group_id: 'Slow line', expires: '60' });
    const location = await announce(link, content.length);
    await sendChunk(location, 0, content.subarray(0, 1_000));
    aheadMs = 61_000;
    try {
      expect((await fetch(link, { method: 'POST', headers: { 'Upload-Length': '5' } })).status).toBe(401);
      const last = await sendChunk(location, 1_000, content.subarray(1_000));
      expect(last.headers.get('upload-cid')).toBe(await cidOf(content));
    } finally {
      aheadMs = 0;
    }
  });

  it('replaces an unfinished one of the same link, and may be given up', async () => {
    const link = await signLink(running, { group_id: 'Again' });
    const before = await announce(link, content.length);
    await sendChunk(before, 0, content.subarray(0, 1_000));
    const location = await announce(link, 5);
    expect((await headOf(before)).status).toBe(404);
    expect((await sendChunk(before, 1_000, content.subarray(1_000))).status).toBe(404);
    expect((await fetch(location, { method: 'DELETE' })).status).toBe(204);
    expect((await headOf(location)).status).toBe(404);
    expect(await running.partialFiles()).toEqual([]);
  });

  it('takes one file per link: the same again gets the same answer, another is refused', async () => {
    const link = await signLink(running, { group_id: 'One file' });
    const first = await sendChunk(await announce(link, 5), 0, Buffer.from('first'));
    const cid = first.headers.get('upload-cid');
    const again = await sendChunk(await announce(link, 5), 0, Buffer.from('first'));
    expect(again.headers.get('upload-cid')).toBe(cid);
    const other = await sendChunk(await announce(link, 5), 0, Buffer.from('other'));
    expect(other.status).toBe(403);
    const longer = await fetch(link, { method: 'POST', headers: { 'Upload-Length': '6' } });
    expect(longer.status).toBe(403);
    expect(await running.partialFiles()).toEqual([]);
  });

  it.each([
    ['signed', { cid_version: 'v1' }, '', ''],
    ['in the metadata', {}, `cid_version ${base64('v1')}`, ''],
    ['in the query', {}, '', '&X-Upload-Option-Cid-Version=v1'],
  ])('names the CIDv1 when that is %s', async (_where, terms, metadata, query) => {
    const link = await signLink(running, { group_id: `Version ${_where}`, ...terms });
    const location = await announce(`${link}${query}`, 11, metadata);
    const answer = await sendChunk(location, 0, Buffer.from('hello world'));
    expect(answer.headers.get('upload-cid')).toBe(
      'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa',
    );
  });

  it('judges the type by the first bytes and drops what is not allowed', async () => {
    const link = await signLink(running, { group_id: 'Only pictures', allow_mime_types: 'image/*' });
    const location = await announce(link, 50_000, `filetype ${base64('image/png')}`);
    const answer = await sendChunk(location, 0, Buffer.from('just text, '.repeat(500)));
    expect(answer.status).toBe(400);
    expect((await answer.json()).message).toMatch(/^Type not allowed: .*text\/plain/);
    expect((await headOf(location)).status).toBe(404);
    expect(await running.partialFiles()).toEqual([]);
  });

  it.each([
    ['no size', '', 400],
    ['zero bytes', '0', 400],
    ['no number', '1e3', 400],
    ['more than the link allows', '101', 413],
  ])('is refused with %s', async (_what, length, status) => {
    const link = await signLink(running, { group_id: 'Sizes', max_file_size: '100' });
    const answer = await fetch(link, { method: 'POST', headers: { 'Upload-Length': length } });
    expect(answer.status).toBe(length === '' ? 400 : status);
    expect(await answer.json()).toMatchObject({ success: false, message: expect.any(String) });
  });

  it('refuses what the disk has no room for, before anything is sent', async () => {
    const link = await signLink(running, { group_id: 'Too much', max_file_size: String(2 ** 52) });
    const small = await startService({ settings: { maxFileBytes: 2 ** 52 } });
    try {
      const roomy = await signLink(small, { group_id: 'Too much' });
      const answer = await fetch(roomy, { method: 'POST', headers: { 'Upload-Length': String(2 ** 50) } });
      expect(answer.status).toBe(507);
      expect((await answer.json()).message).toMatch(
        /^No room for this upload: it has 1125899906842624 bytes/,
      );
      expect(await small.partialFiles()).toEqual([]);
    } finally {
      await small.stop();
    }
    expect(
      (await fetch(link, { method: 'POST', headers: { 'Upload-Length': String(2 ** 50) } })).status,
    ).toBe(413);
  });

  it.each([
    ['more bytes than announced', { 'upload-offset': '0' }, 'too many', 413],
    ['another content type', { 'upload-offset': '0', 'content-type': 'application/json' }, '{}', 415],
    ['no offset', {}, 'abc', 400],
    ['a wrong offset', { 'upload-offset': '-1' }, 'abc', 400],
  ])('answers %s clearly', async (_what, headers, body, status) => {
    const location = await announce(await signLink(running, { group_id: 'Errors' }), 5);
    const answer = await fetch(location, {
      method: 'PATCH',
      headers: { 'content-type': 'application/offset+octet-stream', ...headers } as Record<string, string>,
      body,
    });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ success: false, message: expect.any(String) });
  });

  it.each([
    [
      'the query of the link',
      (location: string, link: string) => location.replace(/\?.*/, new URL(link).search),
    ],
    ['no signature', (location: string) => location.replace(/&X-Signature=.*/, '')],
    [
      'another upload',
      (location: string) => location.replace(/\/[0-9a-f]{8}-([0-9a-f-]{27}\?)/, '/00000000-$1'),
    ],
  ])('is closed to %s', async (_what, forge) => {
    const link = await signLink(running, { group_id: 'Forged' });
    const location = forge(await announce(link, 5), link);
    expect((await headOf(location)).status).toBe(403);
    expect((await sendChunk(location, 0, Buffer.from('12345'))).status).toBe(403);
  });

  it('says in a preflight what it speaks', async () => {
    const answer = await fetch(await signLink(running, {}), {
      method: 'OPTIONS',
      headers: {
        Origin: 'https://example.org',
        'Access-Control-Request-Method': 'PATCH',
        'Access-Control-Request-Headers': 'upload-offset,content-type',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(answer.headers.get('access-control-allow-headers')).toContain('upload-offset');
    expect(answer.headers.get('tus-version')).toBe('1.0.0');
    expect(answer.headers.get('tus-extension')).toBe('creation,expiration,termination');
  });
});
