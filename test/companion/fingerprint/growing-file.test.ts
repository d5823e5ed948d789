import { appendFile, writeFile } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { fingerprintGrown, hashAhead } from '../../../companion/fingerprint/growing-file.ts';
import { nodePlatform } from '../../../companion/fingerprint/node-platform.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { sampleBytes, useSampleFolder } from './sample-folder.ts';

const folder = useSampleFolder();
const mebibyte = 1 << 20;
const inMemory = (bytes: Uint8Array) => fingerprint([bytes], nodePlatform);

const threads: Worker[] = [];
process.on('worker', (thread) => threads.push(thread));

/** Writes the bytes in pieces and tells of each, as an upload does. */
async function grow(name: string, bytes: Uint8Array, pieceBytes: number) {
  const path = await folder.put(name, new Uint8Array());
  for (let from = 0; from < bytes.length; from += pieceBytes) {
    await appendFile(path, bytes.subarray(from, from + pieceBytes));
    hashAhead(path, Math.min(from + pieceBytes, bytes.length));
  }
  return fingerprintGrown(path, bytes.length);
}

describe('a file that grows', () => {
  it.each([0, 1, 262_144, mebibyte, mebibyte + 1, 9 * mebibyte, 9 * mebibyte + 5])(
    'has the fingerprint of its bytes, told of before or not: %i bytes',
    async (size) => {
      const bytes = sampleBytes(size);
      const expected = await inMemory(bytes);
      expect(await fingerprintGrown(await folder.put('whole', bytes), size)).toEqual(expected);
      expect(await grow('grown', bytes, 700_001)).toEqual(expected);
    },
  );

  it('has it for pieces of any size, with others at the same time', async () => {
    const content = fc.tuple(
      fc.integer({ min: 0, max: 6_000_000 }),
      fc.integer({ min: 100_000, max: 3_000_000 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(content, { minLength: 1, maxLength: 4 }), async (contents) => {
        const results = await Promise.all(
          contents.map(([size, piece], index) => grow(`several-${index}`, sampleBytes(size), piece)),
        );
        expect(results).toEqual(await Promise.all(contents.map(([size]) => inMemory(sampleBytes(size)))));
      }),
      { numRuns: 10 },
    );
  });

  it('has it when more files grow than are followed', async () => {
    const sizes = Array.from({ length: 40 }, (_, index) => 2 * mebibyte + index);
    const paths = await Promise.all(
      sizes.map((size, index) => folder.put(`many-${index}`, sampleBytes(size))),
    );
    for (const path of paths) hashAhead(path, mebibyte + 1);
    for (const path of paths) hashAhead(path, 2 * mebibyte);
    const results = await Promise.all(
      paths.map((path, index) => fingerprintGrown(path, sizes[index] as number)),
    );
    expect(results).toEqual(await Promise.all(sizes.map((size) => inMemory(sampleBytes(size)))));
  });

  it('has it though an earlier look found nothing', async () => {
    const path = folder.path('late');
    hashAhead(path, 2 * mebibyte);
    const bytes = sampleBytes(3 * mebibyte);
    await writeFile(path, bytes);
    expect(await fingerprintGrown(path, bytes.length)).toEqual(await inMemory(bytes));
  });

  it('has none when bytes are missing, and hinders no other', async () => {
    const path = await folder.put('short', sampleBytes(2 * mebibyte));
    await expect(fingerprintGrown(path, 3 * mebibyte)).rejects.toMatchObject({
      code: 'hashing-failed',
      cause: { message: expect.stringContaining('The file ends at byte 2097152 of 3145728.') },
    });
    await expect(fingerprintGrown(folder.path('absent'), 3 * mebibyte)).rejects.toMatchObject({
      code: 'hashing-failed',
    });
    expect(await fingerprintGrown(path, 2 * mebibyte)).toEqual(await inMemory(sampleBytes(2 * mebibyte)));
  });

  it('has none when its thread ends, and the next one is hashed by another', async () => {
    const size = 64 * mebibyte;
    const path = await folder.put('orphaned', sampleBytes(size));
    hashAhead(path, 20 * mebibyte);
    const pass = fingerprintGrown(path, size);
    const count = threads.length;
    await threads.at(-1)?.terminate();
    await expect(pass).rejects.toMatchObject({ code: 'hashing-failed' });
    expect(await fingerprintGrown(path, size)).toEqual(await inMemory(sampleBytes(size)));
    expect(threads.length).toBe(count + 1);
  });
});
