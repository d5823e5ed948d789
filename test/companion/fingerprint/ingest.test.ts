import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createIngest } from '../../../companion/fingerprint/ingest.ts';
import { nodePlatform } from '../../../companion/fingerprint/node-platform.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { sampleBytes } from './sample-folder.ts';

async function ingest(bytes: Uint8Array, chunkBytes: number, expectedBytes = bytes.length) {
  const pass = createIngest(expectedBytes);
  // One buffer for all chunks, as a socket has: what was taken must not be needed any more.
  const chunk = new Uint8Array(chunkBytes);
  for (let from = 0; from < bytes.length; from += chunkBytes) {
    const part = bytes.subarray(from, from + chunkBytes);
    chunk.set(part);
    await pass.update(chunk.subarray(0, part.length));
    chunk.fill(0);
  }
  return pass.finish();
}

describe('createIngest', () => {
  it.each([0, 1, 262_144, 262_145, 1 << 20, (1 << 20) + 1, 12 << 20])(
    'agrees with a pass over the bytes in memory: %i bytes',
    async (size) => {
      const bytes = sampleBytes(size);
      expect(await ingest(bytes, 65_536)).toEqual(await fingerprint([bytes], nodePlatform));
    },
  );

  it.each([
    [9 << 20, 0],
    [0, 9 << 20],
    [5_000_000, 9 << 20],
  ])('agrees when %i bytes come and %i were expected', async (size, expectedBytes) => {
    const bytes = sampleBytes(size);
    expect(await ingest(bytes, 65_536, expectedBytes)).toEqual(await fingerprint([bytes], nodePlatform));
  });

  it('agrees for chunks of any size, several contents at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(fc.integer({ min: 0, max: 12_000_000 }), fc.integer({ min: 1_000, max: 700_000 })),
          {
            minLength: 1,
            maxLength: 4,
          },
        ),
        async (contents) => {
          const results = await Promise.all(
            contents.map(([size, chunkBytes]) => ingest(sampleBytes(size), chunkBytes)),
          );
          const expected = await Promise.all(
            contents.map(([size]) => fingerprint([sampleBytes(size)], nodePlatform)),
          );
          expect(results).toEqual(expected);
        },
      ),
      { numRuns: 15 },
    );
  });

  it('leaves nothing of abandoned content to the next', async () => {
    for (const size of [300_000, 9 << 20]) {
      const abandoned = createIngest(size);
      await abandoned.update(sampleBytes(size).fill(1));
      abandoned.abandon();
      const bytes = sampleBytes(10 << 20);
      expect(await ingest(bytes, 1 << 20)).toEqual(await fingerprint([bytes], nodePlatform));
    }
  });
});
