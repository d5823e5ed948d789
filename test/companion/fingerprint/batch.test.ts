import { unlink } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

import { type FilePass, fingerprintFiles } from '../../../companion/fingerprint/batch.ts';
import { nodePlatform } from '../../../companion/fingerprint/node-platform.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { sampleBytes, useSampleFolder } from './sample-folder.ts';

const folder = useSampleFolder();

async function collect(passes: AsyncIterable<FilePass>): Promise<FilePass[]> {
  const all: FilePass[] = [];
  for await (const pass of passes) all.push(pass);
  return all;
}

describe('fingerprintFiles', () => {
  it('has nothing to say about no files', async () => {
    expect(await collect(fingerprintFiles([]))).toEqual([]);
  });

  it('answers in the order given, whatever the sizes, and names what it could not read in its place', async () => {
    const sizes = Array.from({ length: 700 }, (_, i) => (i % 50 === 7 ? 3_000_000 + i : 100 + i));
    const paths = await Promise.all(sizes.map((size, i) => folder.put(`f${i}`, sampleBytes(size))));
    await unlink(paths[130] as string);
    const progress: [number, number][] = [];
    const passes = await collect(fingerprintFiles(paths, { onProgress: (...now) => progress.push(now) }));
    expect(passes.map(({ path }) => path)).toEqual(paths);
    for (const [i, { path, result }] of passes.entries()) {
      if (i === 130) {
        expect(result).toMatchObject({
          status: 'rejected',
          reason: { code: 'file-not-found', data: { path } },
        });
        continue;
      }
      const value = await fingerprint([sampleBytes(sizes[i] ?? 0)], nodePlatform);
      expect(result).toEqual({ status: 'fulfilled', value });
    }
    const bytes = sizes.reduce((sum, size, i) => (i === 130 ? sum : sum + size), 0);
    expect(progress.at(-1)).toEqual([700, bytes]);
  });

  it('runs two batches at once', async () => {
    const paths = await Promise.all(
      Array.from({ length: 200 }, (_, i) => folder.put(`g${i}`, sampleBytes(2_000 + i))),
    );
    const [one, other] = await Promise.all([
      collect(fingerprintFiles(paths)),
      collect(fingerprintFiles(paths.toReversed())),
    ]);
    expect(one).toEqual(other.toReversed());
    expect(one.every(({ result }) => result.status === 'fulfilled')).toBe(true);
  });

  it('rejects what is left when it is cancelled, and works again afterwards', async () => {
    const paths = await Promise.all(
      Array.from({ length: 12 }, (_, i) => folder.put(`h${i}`, sampleBytes(6_000_000))),
    );
    const controller = new AbortController();
    const passes: FilePass[] = [];
    for await (const pass of fingerprintFiles(paths, { signal: controller.signal })) {
      passes.push(pass);
      controller.abort();
    }
    expect(passes.map(({ path }) => path)).toEqual(paths);
    expect(passes[0]?.result.status).toBe('fulfilled');
    expect(passes.at(-1)?.result).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
    const again = await collect(fingerprintFiles(paths.slice(0, 3)));
    expect(again.every(({ result }) => result.status === 'fulfilled')).toBe(true);
  });

  it('ends its threads’ work when nobody wants the rest', async () => {
    const paths = await Promise.all(
      Array.from({ length: 300 }, (_, i) => folder.put(`i${i}`, sampleBytes(50_000))),
    );
    for await (const { result } of fingerprintFiles(paths)) {
      expect(result.status).toBe('fulfilled');
      break;
    }
    expect((await collect(fingerprintFiles(paths))).length).toBe(300);
  });
});
