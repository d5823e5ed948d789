import { createReadStream } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';

import { liveSettings, type ServiceSettings } from '../../../../companion/service/context.ts';
import { readImageOptions } from '../../../../companion/service/images/image-options.ts';
import { createImages, type Images } from '../../../../companion/service/images/images.ts';
import { createVariantCache } from '../../../../companion/service/images/variant-cache.ts';
import { createFolder } from '../../../helpers/create-folder.ts';
import { makeImage } from '../../../helpers/images.ts';

let folder: string;
let logged: string[];
beforeEach(() => {
  folder = createFolder();
  logged = [];
});

const cid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';

function createOver(
  bytes: Uint8Array,
  settings: Partial<ServiceSettings> = {},
): { images: Images; reads: () => number } {
  let reads = 0;
  const path = join(folder, 'source');
  const written = writeFile(path, bytes);
  const images = createImages({
    content: {
      read: () => {
        reads += 1;
        return createReadStream(path);
      },
    },
    folder: join(folder, 'variants'),
    settings: liveSettings(() => settings),
    log: (_level, message) => logged.push(message),
  });
  const variant: Images['variant'] = async (...call) => {
    await written;
    return images.variant(...call);
  };
  return { images: { variant }, reads: () => reads };
}

const contentOf = (bytes: Uint8Array, mimetype: string) => ({
  cid,
  digest: '',
  sizeBytes: bytes.byteLength,
  mimetype,
  isBundle: false,
});
const options = (query: string) => readImageOptions(new URLSearchParams(query)) ?? expect.fail('no wish');

describe('createImages', () => {
  it('makes a variant once, for many who ask at once and for whoever asks after a restart', async () => {
    const bytes = await makeImage('png');
    const source = contentOf(bytes, 'image/png');
    const { images, reads } = createOver(bytes);
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => images.variant(source, options('img-width=10'), undefined)),
    );
    expect(new Set(outcomes).size).toBe(1);
    expect(reads()).toBe(1);
    const later = createOver(bytes);
    expect(await later.images.variant(source, options('img-width=10'), undefined)).toEqual(outcomes[0]);
    expect(later.reads()).toBe(0);
  });

  it('turns away what would make it work for ever, and works again after', async () => {
    const bytes = await makeImage('png');
    const source = contentOf(bytes, 'image/png');
    const { images } = createOver(bytes);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, i) => images.variant(source, options(`img-width=${i + 1}`), undefined)),
    );
    expect(outcomes.filter((outcome) => typeof outcome === 'object').length).toBeGreaterThanOrEqual(66);
    expect(outcomes).toContain('failed');
    expect(await images.variant(source, options('img-width=300'), undefined)).toMatchObject({
      mimetype: 'image/png',
    });
  });

  it.each([
    [
      'an SVG that says it is a PNG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"/>'),
    ],
    ['a PDF that says it is a PNG', Buffer.from('%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer<<>>\n%%EOF')],
    ['a picture of a billion pixels in a few bytes', bomb(32_000, 32_000)],
    ['half a picture', undefined],
  ])('gives up on %s', async (_what, hostile) => {
    const bytes = hostile ?? (await makeImage('png', { width: 900, height: 900 })).subarray(0, 900);
    const { images } = createOver(bytes);
    const outcome = await images.variant(contentOf(bytes, 'image/png'), options('img-width=10'), undefined);
    expect(outcome).toBe('failed');
    expect(logged).toEqual(['An image is served as it is, because it could not be resized']);
    expect(await readdir(join(folder, 'variants'))).toEqual([]);
  });

  it.each(['text/plain', 'image/svg+xml', 'application/pdf', 'image/tiff', 'toString'])(
    'does not touch %s',
    async (type) => {
      const { images, reads } = createOver(new Uint8Array(1));
      expect(
        await images.variant(contentOf(new Uint8Array(1), type), options('img-width=10'), undefined),
      ).toBe('unsupported');
      expect(reads()).toBe(0);
    },
  );
});

describe('createVariantCache', () => {
  const kilobyte = (fill: number) => new Uint8Array(1_000).fill(fill);

  it('forgets the longest unused first', async () => {
    const cache = createVariantCache(folder, () => 3_000);
    for (const key of ['a', 'b', 'c']) await cache.put(key, kilobyte(1));
    await cache.get('a');
    await cache.put('d', kilobyte(2));
    expect((await readdir(folder)).toSorted()).toEqual(['a', 'c', 'd']);
    expect(await cache.get('b')).toBeUndefined();
    await cache.put('too large', new Uint8Array(3_001));
    expect(await cache.get('too large')).toBeUndefined();
  });

  it('goes on with what an earlier run left, half written files excepted', async () => {
    const first = createVariantCache(folder, () => 2_000);
    await first.put('a', kilobyte(1));
    await writeFile(join(folder, 'half.tmp'), 'half');
    const second = createVariantCache(folder, () => 2_000);
    expect(await second.get('a')).toEqual(kilobyte(1));
    expect(await readdir(folder)).toEqual(['a']);
    await second.put('b', kilobyte(2));
    await second.put('c', kilobyte(3));
    expect((await readdir(folder)).toSorted()).toEqual(['b', 'c']);
  });

  it('does not mind that somebody empties it', async () => {
    const cache = createVariantCache(folder, () => 2_000);
    await cache.put('a', kilobyte(1));
    await rm(join(folder, 'a'));
    expect(await cache.get('a')).toBeUndefined();
    await cache.put('a', kilobyte(1));
    expect(await cache.get('a')).toBeDefined();
  });
});

/** A valid PNG header that promises far more than it holds. */
function bomb(width: number, height: number): Buffer {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.byteLength);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(1_000))),
    chunk('IEND', new Uint8Array()),
  ]);
}
