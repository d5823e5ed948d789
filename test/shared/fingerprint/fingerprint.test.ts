import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodePlatform, nodePoolPlatform } from '../../../companion/fingerprint/node-platform.ts';
import { nullCid, toCidV1 } from '../../../shared/fingerprint/cid.ts';
import {
  createFingerprinter,
  fingerprint,
  type HashPlatform,
  refuseEmpty,
} from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { profileShape, type TreeShape } from '../../../shared/fingerprint/tree.ts';
import { importerCid } from './importer.ts';

const chunk = profileShape.chunkBytes;
const platforms: [string, HashPlatform][] = [
  ['noble', jsPlatform],
  ['node', nodePlatform],
  ['node pool', nodePoolPlatform],
];

interface Vector {
  content: string;
  repeat: number;
  cid: string;
  digest?: string;
  cidV1?: string;
}
const vectors: Vector[] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../vectors/cid-v0.json'), 'utf8'),
);

/** Bytes that differ from place to place, so that a swapped or repeated block changes the CID. */
function patterned(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  const words = new Uint32Array(bytes.buffer, 0, length >>> 2);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < words.length; i += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state;
  }
  for (let i = words.length * 4; i < length; i += 1) bytes[i] = (i * 31 + seed) & 0xff;
  return bytes;
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Cuts bytes at the given places (any order, repeats allowed: they give empty pieces). */
function cut(bytes: Uint8Array, places: number[]): Uint8Array[] {
  const sorted = [0, ...places.toSorted((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

async function fingerprintInShape(bytes: Uint8Array, shape: TreeShape): Promise<string> {
  const pass = createFingerprinter(nodePlatform, shape);
  await pass.update(bytes);
  return (await pass.finish()).cid;
}

describe('fingerprint', () => {
  it.each(vectors)('gives the published CID $cid', async ({ content, repeat, cid, digest, cidV1 }) => {
    const one = new TextEncoder().encode(content);
    const bytes =
      one.length === 1
        ? new Uint8Array(repeat).fill(one[0] ?? 0)
        : new TextEncoder().encode(content.repeat(repeat));
    expect(await fingerprint([bytes], nodePlatform)).toEqual({
      cid,
      digest: digest ?? digestOf(bytes),
      sizeBytes: bytes.length,
    });
    if (cidV1) expect(toCidV1(cid)).toBe(cidV1);
  });

  describe.each(platforms)('on %s', (_name, platform) => {
    it.each([0, 1, 127, 128, chunk - 1, chunk, chunk + 1, 3 * chunk, 9 * chunk + 5])(
      'agrees with ipfs-unixfs-importer on %i bytes',
      async (size) => {
        const bytes = patterned(size);
        expect(await fingerprint([bytes], platform)).toEqual({
          cid: await importerCid(bytes),
          digest: digestOf(bytes),
          sizeBytes: size,
        });
      },
    );
  });

  it.each([174 * chunk - 1, 174 * chunk, 174 * chunk + 1, 175 * chunk])(
    'agrees with ipfs-unixfs-importer around one full level: %i bytes',
    async (size) => {
      const bytes = patterned(size);
      const { cid } = await fingerprint(cut(bytes, [1, chunk, 7_000_001]), nodePoolPlatform);
      expect(cid).toBe(await importerCid(bytes));
    },
  );

  it('agrees with ipfs-unixfs-importer on every size through four levels, in a small shape', async () => {
    const shape = { chunkBytes: 4, maxLinks: 3 };
    const bytes = patterned(4 * 3 ** 4 + 9);
    for (let size = 0; size <= bytes.length; size += 1) {
      const part = bytes.subarray(0, size);
      expect(await fingerprintInShape(part, shape), `${size} bytes`).toBe(await importerCid(part, shape));
    }
  });

  it('agrees with ipfs-unixfs-importer one past 174 × 174 chunks, with chunks of one byte', async () => {
    const shape = { chunkBytes: 1, maxLinks: profileShape.maxLinks };
    const bytes = patterned(174 * 174 + 1);
    expect(await fingerprintInShape(bytes, shape)).toBe(await importerCid(bytes, shape));
  });

  it('agrees with ipfs-unixfs-importer in any shape', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.record({ chunkBytes: fc.integer({ min: 1, max: 300 }), maxLinks: fc.integer({ min: 2, max: 6 }) }),
        fc.uint8Array({ maxLength: 600 }),
        async (shape, bytes) => {
          expect(await fingerprintInShape(bytes, shape)).toBe(await importerCid(bytes, shape));
        },
      ),
    );
  });

  it('does not depend on how content is cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 3 * chunk + 2 }).chain((size) =>
          fc.record({
            size: fc.constant(size),
            seed: fc.nat(),
            places: fc.array(fc.integer({ min: 0, max: size }), { maxLength: 40 }),
            platform: fc.constantFrom(nodePlatform, nodePoolPlatform),
          }),
        ),
        async ({ size, seed, places, platform }) => {
          const bytes = patterned(size, seed);
          const inPieces = await fingerprint(cut(bytes, places), platform);
          expect(inPieces).toEqual({
            cid: await importerCid(bytes),
            digest: digestOf(bytes),
            sizeBytes: size,
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets a source reuse its buffer', async () => {
    const bytes = patterned(12 * chunk + 7);
    async function* throughOneBuffer() {
      const buffer = new Uint8Array(100_000);
      for (let at = 0; at < bytes.length; at += buffer.length) {
        const piece = bytes.subarray(at, at + buffer.length);
        buffer.set(piece);
        yield buffer.subarray(0, piece.length);
        buffer.fill(0xee);
      }
    }
    expect(await fingerprint(throughOneBuffer(), nodePoolPlatform)).toEqual(
      await fingerprint([bytes], nodePlatform),
    );
  });

  it('reports the bytes done after every chunk', async () => {
    const seen: number[] = [];
    await fingerprint([patterned(5), new Uint8Array(), patterned(chunk)], nodePlatform, {
      onProgress: (bytesDone) => seen.push(bytesDone),
    });
    expect(seen).toEqual([5, 5, chunk + 5]);
  });

  it('stops at an abort, with its reason, and closes the source', async () => {
    const controller = new AbortController();
    let isClosed = false;
    async function* endless() {
      try {
        while (true) yield patterned(1000);
      } finally {
        isClosed = true;
      }
    }
    const reason = new Error('cancelled by the user');
    const pass = fingerprint(endless(), nodePlatform, {
      signal: controller.signal,
      onProgress: (bytesDone) => bytesDone >= 5000 && controller.abort(reason),
    });
    await expect(pass).rejects.toBe(reason);
    expect(isClosed).toBe(true);
  });

  it('stops at an abort while the source has nothing to give', async () => {
    const controller = new AbortController();
    async function* silent() {
      await new Promise(() => {});
      yield new Uint8Array();
    }
    const pass = fingerprint(silent(), nodePlatform, { signal: controller.signal });
    controller.abort();
    await expect(pass).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('does not start when it is aborted already', async () => {
    let isAsked = false;
    function* source() {
      isAsked = true;
      yield new Uint8Array();
    }
    await expect(fingerprint(source(), nodePlatform, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
    expect(isAsked).toBe(false);
  });

  it('passes on what the source throws', async () => {
    async function* broken() {
      yield patterned(10);
      throw new Error('disk gone');
    }
    await expect(fingerprint(broken(), nodePlatform)).rejects.toThrow('disk gone');
    await expect(
      fingerprint(broken(), nodePlatform, { signal: new AbortController().signal }),
    ).rejects.toThrow('disk gone');
  });

  it('passes on a failure of the platform', async () => {
    const failing: HashPlatform = {
      ...nodePlatform,
      sha256: async () => {
        throw new Error('no hashing today');
      },
    };
    await expect(fingerprint([patterned(20 * chunk)], failing)).rejects.toThrow('no hashing today');
  });

  it('reads a web stream', async () => {
    const bytes = patterned(2 * chunk);
    const { cid } = await fingerprint(new Blob([bytes as BlobPart]).stream(), nodePlatform);
    expect(cid).toBe(await importerCid(bytes));
  });
});

describe('refuseEmpty', () => {
  it('refuses content without bytes', async () => {
    const empty = await fingerprint([], nodePlatform);
    expect(empty.cid).toBe(nullCid);
    expect(() => refuseEmpty(empty, 'notes.txt')).toThrowError(
      expect.objectContaining({
        code: 'empty-content',
        message: expect.stringContaining('“notes.txt” is empty'),
      }),
    );
  });

  it('accepts one byte', async () => {
    expect(refuseEmpty(await fingerprint([patterned(1)], nodePlatform), 'a')).toBeUndefined();
  });
});
