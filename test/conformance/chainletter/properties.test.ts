import fc from 'fast-check';
import { base36 } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { nodePlatform } from '../../../companion/fingerprint/node-platform.ts';
import { normalizeCid, parseCid, toCidV1 } from '../../../shared/fingerprint/cid.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { type RunningService, startService } from '../../helpers/running-service.ts';

let running: RunningService;
beforeAll(async () => {
  running = await startService({ settings: { maxFileBytes: 1024 * 1024 } });
});
afterAll(async () => {
  expect(running.errors, 'nothing that a client sends is an error of the service').toEqual([]);
  expect(await running.incomingFiles()).toEqual([]);
  await running.stop();
});

const runs = { numRuns: 60 };
const urlSafe = /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,64}$/;

/** A header value is bytes: this puts UTF-8 there, as clients do. */
const asHeader = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

/** Text that a person could have typed as a name: no control characters, nothing that is trimmed away. */
const names = fc
  .oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom('Spring', ' ', '(Public)', '/', '..', '#', '?', '&', 'é', '日本', '-'),
    }),
  )
  .map((text) => text.normalize('NFC').trim())
  .filter((text) => text !== '' && [...text].length <= 255 && !/\p{Cc}/u.test(text) && text.isWellFormed());

const groupNames = names.filter((name) => !/%[0-9a-f]{2}/i.test(name));

async function createGroup(reference: string) {
  return running.json('POST', { 'group-id': asHeader(reference) }, '{}');
}

describe('any group name', () => {
  it('names a group that is found by name, by id, and by its percent-encoded name', async () => {
    await fc.assert(
      fc.asyncProperty(groupNames, async (name) => {
        const created = await createGroup(name);
        expect([200, 201]).toContain(created.status);
        const { group_id: id } = created.body;
        expect(id).toMatch(urlSafe);
        // A name that is another group's id means that group; otherwise it is kept as it is.
        if (created.status === 201) expect(created.body.name).toBe(name);
        for (const reference of [name, id, encodeURIComponent(name), name.normalize('NFD')]) {
          expect((await createGroup(reference)).body).toMatchObject({ group_id: id });
        }
      }),
      runs,
    );
  });

  it('gives two names two ids', async () => {
    const { body } = await running.json('GET');
    const ids = body.groups.map((group: { id: string }) => group.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(10);
  });
});

describe('any file name', () => {
  const fileNames = names.filter((name) => !/[/\\%]|^\.{1,2}$/.test(name));

  it('comes back as it was, in the answer, the list and the download', async () => {
    let count = 0;
    await fc.assert(
      fc.asyncProperty(fileNames, async (name) => {
        const group = `Names ${count++}`;
        const { status, body } = await running.upload(
          { 'group-id': group, network: 'public' },
          `content ${count}`,
          name,
        );
        expect(status).toBe(201);
        expect(body.name).toBe(name);
        const { body: list } = await running.json('GET', { 'group-id': group });
        expect(list.files[0].name).toBe(name);
        const download = await fetch(body.gatewayurl);
        expect(await download.text()).toBe(`content ${count}`);
        const disposition = download.headers.get('content-disposition') ?? '';
        const [, encoded = ''] = /; filename\*=UTF-8''([\w%.~!#$&+^`|-]+)$/.exec(disposition) ?? [];
        expect(decodeURIComponent(encoded)).toBe(name);
      }),
      runs,
    );
  });

  it('that looks like a path is only a name', async () => {
    const folders = fc.array(fc.constantFrom('..', '.', 'etc', 'C:', '~', ''), {
      minLength: 1,
      maxLength: 5,
    });
    await fc.assert(
      fc.asyncProperty(folders, fc.constantFrom('/', '\\'), async (parts, separator) => {
        const { status, body } = await running.upload(
          { 'group-id': `Paths ${count++}` },
          'the same bytes',
          [...parts, 'name.txt'].join(separator),
        );
        expect(status).toBe(201);
        expect(body.name).not.toMatch(/[/\\]/);
      }),
      runs,
    );
  });
  let count = 0;
});

describe('any content', () => {
  it('gets the CID of its bytes and comes back whole and in parts', async () => {
    const contents = fc.uint8Array({ minLength: 1, maxLength: 4_000 });
    const types = fc.constantFrom('text/plain', 'application/json', 'image/png', 'nonsense', '');
    await fc.assert(
      fc.asyncProperty(contents, types, fc.nat(), fc.nat(), async (content, type, from, to) => {
        const bytes = new Uint8Array(content);
        const { cid } = await fingerprint([bytes], nodePlatform);
        const headers = { 'group-id': 'Contents', network: 'public' };
        const { status, body } = await running.upload(headers, bytes, 'content.bin', type);
        expect([201, 409]).toContain(status);
        expect(body.hash).toBe(cid);
        const url = `${running.url}/ipfs/${cid}`;
        expect(await (await fetch(url)).bytes()).toEqual(bytes);
        const [start = 0, end = 0] = [from % bytes.length, to % bytes.length].toSorted((a, b) => a - b);
        const part = await fetch(url, { headers: { range: `bytes=${start}-${end}` } });
        expect(part.status).toBe(206);
        expect(await part.bytes()).toEqual(bytes.slice(start, end + 1));
      }),
      runs,
    );
  });
});

describe('any CID', () => {
  const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 });
  const toCidV0 = (hash: Uint8Array) => base58btc.encode(Uint8Array.of(0x12, 0x20, ...hash)).slice(1);
  /** The spellings of a file's CID that clients use. */
  const spellings = (cid: string) => {
    const bytes = Uint8Array.of(1, 0x70, ...base58btc.decode(`z${cid}`));
    return [cid, toCidV1(cid), toCidV1(cid).toUpperCase(), base36.encode(bytes), base58btc.encode(bytes)];
  };

  it('is the same in every spelling', async () => {
    await fc.assert(
      fc.asyncProperty(hashes, async (hash) => {
        const cid = toCidV0(hash);
        for (const [index, spelling] of spellings(cid).entries()) {
          const { status, body } = await running.json(
            'POST',
            { 'group-id': 'CIDs' },
            JSON.stringify({ hash: spelling }),
          );
          expect({ status, hash: body.hash }).toEqual({ status: index === 0 ? 201 : 409, hash: cid });
          const verified = await running.json('GET', { hash: spelling });
          expect(verified).toMatchObject({ status: 400, body: { success: false, hash: cid } });
        }
      }),
      runs,
    );
  });

  it('that is none, or of another kind, is refused and registers nothing', async () => {
    const almost = hashes.chain((hash) =>
      fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.nat({ max: 45 }).map((at) => toCidV0(hash).slice(0, at)),
        fc.nat({ max: 45 }).map((at) => `${toCidV0(hash).slice(0, at)}0${toCidV0(hash).slice(at + 1)}`),
        fc.constant(`ipfs://${toCidV0(hash)}`),
        fc.constant(base58btc.encode(Uint8Array.of(1, 0x55, 0x12, 0x20, ...hash))),
      ),
    );
    const before = (await running.json('GET', { 'group-id': 'CIDs' })).body.files.length;
    await fc.assert(
      fc.asyncProperty(
        almost.filter((text) => normalizeCid(text.trim()) === undefined),
        async (text) => {
          const { status, body } = await running.json(
            'POST',
            { 'group-id': 'CIDs' },
            JSON.stringify({ hash: text }),
          );
          expect({ status, success: body.success }).toEqual({ status: 400, success: false });
          const reference = asHeader(text)
            .replace(/[^\x20-\x7e\x80-\xff]/g, '')
            .trim();
          if (!reference) return;
          const verified = await running.json('GET', { hash: reference });
          // A CID without a CIDv0 form is one that nobody registered.
          expect(verified.status).toBe(parseCid(text.trim()) ? 404 : 400);
          const gateway = await fetch(`${running.url}/ipfs/${encodeURIComponent(text)}`);
          expect([400, 401, 404]).toContain(gateway.status);
          expect(await gateway.json()).toMatchObject({ success: false });
        },
      ),
      runs,
    );
    expect((await running.json('GET', { 'group-id': 'CIDs' })).body.files).toHaveLength(before);
  });
});

describe('any header value', () => {
  const values = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }).map(asHeader),
    fc.string({ unit: 'binary-ascii', maxLength: 50 }),
    fc.constantFrom('', ' ', 'true', 'TRUE', '0', '-1', 'null', 'all', 'public,private', '%', '%00', '%ff'),
  );
  const legal = values.map((text) => text.replace(/[^\x20-\x7e\x80-\xff]/g, ''));
  const headers = fc.dictionary(
    fc.constantFrom(
      'group-id',
      'network',
      'hash',
      'show-deleted',
      'export-links',
      'stamp-immediately',
      'last-event-id',
      'cidv1',
      'expires',
      'img-width',
      'source',
      'range',
      'if-none-match',
      'content-type',
    ),
    legal,
  );

  it('gets an answer in JSON, and none that says the service failed', async () => {
    await fc.assert(
      fc.asyncProperty(headers, fc.constantFrom('GET', 'PATCH', 'DELETE', 'POST'), async (given, method) => {
        const body = method === 'GET' ? undefined : '{}';
        const response = await running.request(method, given, body);
        expect(response.status).toBeLessThan(500);
        expect(response.headers.get('content-type')).toMatch(/^application\/json/);
        expect(await response.json()).toMatchObject({ success: response.ok });
      }),
      { numRuns: 200 },
    );
  });

  it('is no word for a network but the four', async () => {
    await fc.assert(
      fc.asyncProperty(legal, async (network) => {
        const isWord = /^(public|private|none|all|)$/i.test(network.trim());
        const { status } = await running.json('GET', { network });
        expect(status).toBe(isWord ? 200 : 400);
      }),
      runs,
    );
  });

  it('never lets in who has not the key', async () => {
    await fc.assert(
      fc.asyncProperty(legal, legal, async (secret, apiKey) => {
        fc.pre(secret.trim() !== running.secretKey);
        const wrongSecret = await fetch(running.webhook, { headers: { 'secret-key': secret } });
        expect(wrongSecret.status).toBe(401);
        const wrongKey = await fetch(`${running.url}/webhook/x${encodeURIComponent(apiKey)}`, {
          headers: { 'secret-key': running.secretKey },
        });
        expect(wrongKey.status).toBe(401);
      }),
      runs,
    );
  });
});

describe('any body', () => {
  it('of JSON gets an answer in JSON, and none that says the service failed', async () => {
    const known = fc.record(
      { hash: fc.jsonValue(), name: fc.jsonValue(), size: fc.jsonValue(), file_hash: fc.jsonValue() },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.jsonValue(), known),
        fc.constantFrom('POST', 'DELETE', 'PATCH'),
        async (value, method) => {
          const headers = { 'group-id': 'Bodies', 'content-type': 'application/json' };
          const { status, body } = await running.json(method, headers, JSON.stringify(value));
          expect(status).toBeLessThan(500);
          expect(body.success).toBe(status < 400);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('of broken multipart is refused and leaves nothing behind', async () => {
    const whole = Buffer.from(
      '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nsome bytes\r\n--x--\r\n',
    );
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 5 }), async (end) => {
        const headers = { 'group-id': 'Broken', 'content-type': 'multipart/form-data; boundary=x' };
        const { status, body } = await running.json('POST', headers, whole.subarray(0, end));
        expect({ status, success: body.success }).toEqual({ status: 400, success: false });
      }),
      runs,
    );
    expect((await running.json('GET', { 'group-id': 'Broken' })).status).toBe(404);
  });
});
