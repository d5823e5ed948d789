import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { normalizeCid } from '../../../shared/fingerprint/cid.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

const helloCid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const helloCidV1 = 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa';
const zeroByteCid = 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ';
const twoChunksCid = 'QmbVuw4C4vcmVKqxoWtgDVobvcHrSn51qsmQmyxjk4sB2Q';
const emptyCid = 'QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH';

let running: RunningService;
beforeAll(async () => {
  running = await startService({ settings: { maxFileBytes: 1024 * 1024 } });
});
afterAll(() => running.stop());

describe('POST a file', () => {
  it('stores it and answers 201 with every documented field', async () => {
    const { status, body } = await running.upload(
      { 'group-id': 'Timestamps', network: 'public' },
      'hello world',
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({
      success: true,
      hash: helloCid,
      cid: helloCid,
      cidv1: helloCidV1,
      name: 'hello.txt',
      size: 11,
      network: 'public',
      mimetype: 'text/plain',
      group_id: 'Timestamps',
      is_stamped: false,
      transaction_id: null,
      gatewayurl: `${running.url}/ipfs/${helloCid}`,
      verifyUrl: `${running.url}/verify/${helloCid}`,
    });
    // Mail clients would send these out as the verification link.
    expect(body).not.toHaveProperty('url');
    expect(body).not.toHaveProperty('link');
  });

  it('answers 409 with the exact message and the hash when the group holds it', async () => {
    await running.upload({ 'group-id': 'Twice' }, 'hello world');
    const { status, body } = await running.upload(
      { 'group-id': 'Twice', 'stamp-immediately': 'true' },
      'hello world',
    );
    expect(status).toBe(409);
    expect(body).toEqual({
      success: false,
      message: 'File already exists in group',
      hash: helloCid,
      group_id: 'Twice',
      is_stamped: false,
    });
  });

  it('takes a JSON file as a file, not as a JSON request', async () => {
    const { status, body } = await running.upload(
      { 'group-id': 'Manifests' },
      '{"hash":"x"}',
      'manifest.json',
      'application/json',
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({ name: 'manifest.json', mimetype: 'application/json', size: 12 });
  });

  it('ignores other parts, before and after the file', async () => {
    const form = new FormData();
    form.append('note', 'before');
    form.append('thumbnail', new Blob(['other']), 'thumbnail.bin');
    form.append('file', new Blob([new Uint8Array(1)]), 'zero.bin');
    form.append('metadata', '{"a":1}');
    const { status, body } = await running.json('POST', { 'group-id': 'Parts' }, form);
    expect(status).toBe(201);
    expect(body.hash).toBe(zeroByteCid);
  });

  it('keeps the name that the sender gave, in any script', async () => {
    const { body } = await running.upload({ 'group-id': 'Names' }, 'x', 'Zeugnis “Grün” 证书 🎓.txt');
    expect(body.name).toBe('Zeugnis “Grün” 证书 🎓.txt');
  });

  it('drops folders from a file name', async () => {
    const { body } = await running.upload({ 'group-id': 'Names' }, 'y', '../../etc/passwd');
    expect(body.name).toBe('passwd');
  });

  it('with network none registers the hash and keeps no bytes', async () => {
    const { status, body } = await running.upload(
      { 'group-id': 'Secret', network: 'none' },
      'never to be kept',
    );
    expect(status).toBe(201);
    expect(body).toMatchObject({ network: 'none', gatewayurl: null });
    expect(await running.service.content.has(body.hash)).toBe(false);
  });

  it('brings the bytes to an entry that was registered without them', async () => {
    const { body } = await running.upload({ 'group-id': 'Later', network: 'none' }, 'the bytes come later');
    const second = await running.upload({ 'group-id': 'Later', network: 'public' }, 'the bytes come later');
    expect(second.status).toBe(201);
    expect(second.body).toMatchObject({ hash: body.hash, network: 'public' });
  });

  it('judges the type by the bytes, not by what the sender says', async () => {
    const png = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      'base64',
    );
    const { body } = await running.upload(
      { 'group-id': 'Types' },
      new Uint8Array(png),
      'notes.txt',
      'text/plain',
    );
    expect(body.mimetype).toBe('image/png');
    const lie = await running.upload({ 'group-id': 'Types' }, 'no image at all', 'photo.png', 'image/png');
    expect(lie.body.mimetype).toBe('text/plain');
  });
});

describe('POST a file that cannot be taken', () => {
  it.each([
    [
      'no closing boundary',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhello',
      /broken/,
    ],
    ['no part at all', 'no boundary anywhere', /broken|No file/],
    ['an empty body with a boundary only', '--x--\r\n', /No file found/],
    [
      'a file part without a filename',
      '--x\r\nContent-Disposition: form-data; name="file"\r\n\r\nhello\r\n--x--\r\n',
      /filename/,
    ],
    [
      'another part only',
      '--x\r\nContent-Disposition: form-data; name="doc"; filename="a"\r\n\r\nhello\r\n--x--\r\n',
      /No file found/,
    ],
    [
      'two files',
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nA\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\nB\r\n--x--\r\n',
      /More than one/,
    ],
  ])('answers 400 in JSON: %s', async (_what, body, message) => {
    const answer = await running.json(
      'POST',
      { 'group-id': 'Broken', 'content-type': 'multipart/form-data; boundary=x' },
      body,
    );
    expect(answer).toMatchObject({
      status: 400,
      body: { success: false, message: expect.stringMatching(message) },
    });
    expect(await running.incomingFiles()).toEqual([]);
  });

  it('survives every damaged body, answers in JSON, and leaves nothing half received', async () => {
    const whole = Buffer.from(
      '--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n' +
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n' +
        'hello world\r\n--x--\r\n',
    );
    const damage = fc.record({
      at: fc.nat(whole.length),
      drop: fc.nat(40),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc
          .constantFrom('--x', '--x--', '\r\n', '\r\n\r\n', '"', ';', '\0', '%')
          .map((text) => new Uint8Array(Buffer.from(text))),
      ),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, drop, insert }) => {
        const body = Buffer.concat([whole.subarray(0, at), insert, whole.subarray(at + drop)]);
        const answer = await running.json(
          'POST',
          { 'group-id': `Damaged ${round++}`, 'content-type': 'multipart/form-data; boundary=x' },
          new Uint8Array(body),
        );
        expect([201, 400]).toContain(answer.status);
        expect(answer.body.success).toBe(answer.status === 201);
      }),
      { numRuns: 300 },
    );
    expect(await running.incomingFiles()).toEqual([]);
    expect(running.errors).toEqual([]);
  });

  it('answers 400 without a boundary', async () => {
    const answer = await running.json(
      'POST',
      { 'group-id': 'Broken', 'content-type': 'multipart/form-data' },
      'x',
    );
    expect(answer).toMatchObject({ status: 400, body: { message: expect.stringMatching(/[Bb]oundary/) } });
  });

  it('refuses an empty file', async () => {
    const answer = await running.upload({ 'group-id': 'Empty' }, '');
    expect(answer).toMatchObject({
      status: 400,
      body: { success: false, message: expect.stringMatching(/empty/i) },
    });
    expect(await running.incomingFiles()).toEqual([]);
  });

  it('stops a file that is larger than the service takes, and leaves nothing on disk', async () => {
    const answer = await running.upload(
      { 'group-id': 'Large' },
      new Uint8Array(1024 * 1024 + 1).fill(7),
      'large.bin',
    );
    expect(answer).toMatchObject({
      status: 413,
      body: { success: false, message: 'File too large: at most 1048576 bytes are allowed.' },
    });
    expect(await running.incomingFiles()).toEqual([]);
    expect((await running.json('GET', { 'group-id': 'Large' })).status).toBe(404);
  });

  it('lets go of a file whose sender disappears in the middle', async () => {
    const { port } = new URL(running.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST /webhook/${running.apiKey} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nsecret-key: ${running.secretKey}\r\n` +
        'group-id: Gone\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n' +
        `--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${'half '.repeat(2000)}`,
    );
    await expect.poll(() => running.incomingFiles()).toHaveLength(1);
    socket.destroy();
    await expect.poll(() => running.incomingFiles()).toEqual([]);
    expect((await running.json('GET', { 'group-id': 'Gone' })).status).toBe(404);
    expect(running.errors).toEqual([]);
  });

  it.each([
    ['text/plain', 'hello', 400],
    ['application/x-www-form-urlencoded', 'hash=Qm', 400],
    ['application/json', '{"hash":', 400],
    ['application/json', '["Qm"]', 400],
    ['application/json', '"Qm"', 400],
    ['application/json', `{"hash":"${'x'.repeat(70_000)}"}`, 413],
  ])('answers a body of type %s that cannot be read with its status', async (type, body, status) => {
    const answer = await running.json('POST', { 'group-id': 'Bodies', 'content-type': type }, body);
    expect(answer).toMatchObject({ status, body: { success: false, message: expect.any(String) } });
  });
});

describe('POST a hash', () => {
  const register = (group: string, body: unknown) =>
    running.json('POST', { 'group-id': group, 'content-type': 'application/json' }, JSON.stringify(body));

  it('registers a CID without bytes', async () => {
    const { status, body } = await register('1-ada', {
      hash: twoChunksCid,
      name: 'hello.txt',
      size: 262_145,
      mimetype: 'text/plain',
    });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      success: true,
      message: 'Hash registered in group (no file uploaded)',
      hash: twoChunksCid,
      network: 'none',
      group_id: '1-ada',
      size: 262_145,
    });
    expect((await register('1-ada', { hash: twoChunksCid })).status).toBe(409);
  });

  it.each([
    ['base32', helloCidV1],
    ['upper-case base32', `B${helloCidV1.slice(1).toUpperCase()}`],
  ])('reads a CIDv1 in %s as its CIDv0', async (what, cid) => {
    const { status, body } = await register(`v1 ${what}`, { hash: cid });
    expect(status).toBe(201);
    expect(body.hash).toBe(normalizeCid(cid));
  });

  it('attaches a file that the tenant holds already, with its real network', async () => {
    const { body: stored } = await running.upload(
      { 'group-id': 'First', network: 'private' },
      'held already',
    );
    const { status, body } = await register('Second', { hash: stored.hash });
    expect(status).toBe(201);
    expect(body).toMatchObject({ hash: stored.hash, network: 'private', size: 12, name: 'hello.txt' });
  });

  it.each([
    ['not a CID', 'hello', /Not a CID/],
    ['one letter short', helloCid.slice(0, -1), /Not a CID/],
    ['a letter that base58 lacks', `${helloCid.slice(0, -1)}0`, /Not a CID/],
    ['a digest', 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9', /Not a CID/],
    ['a raw leaf', 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e', /no CIDv0 form/],
    ['the empty file', emptyCid, /empty/i],
    ['an empty text', '', /Not a CID/],
    ['markup', '<script>alert(1)</script>', /Not a CID/],
  ])('refuses %s with 400', async (_what, hash, message) => {
    const answer = await register('Wrong', { hash });
    expect(answer).toMatchObject({
      status: 400,
      body: { success: false, message: expect.stringMatching(message) },
    });
  });

  it.each([
    ['hash', { hash: 5 }],
    ['size', { hash: helloCid, size: -1 }],
    ['size', { hash: helloCid, size: 1.5 }],
    ['name', { hash: helloCid, name: ['a'] }],
  ])('names the field %s that is not valid in %j', async (field, body) => {
    const answer = await register('Wrong', body);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(`"${field}"`);
  });
});
