import { execFile } from 'node:child_process';
import { appendFile, open, symlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

import { fingerprintFiles } from '../../../companion/fingerprint/batch.ts';
import { fingerprintFile } from '../../../companion/fingerprint/fingerprint-file.ts';
import { nodePlatform } from '../../../companion/fingerprint/node-platform.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { sampleBytes, useSampleFolder } from './sample-folder.ts';

const exec = promisify(execFile);
const folder = useSampleFolder();
const mebibyte = 1 << 20;
const leaf = 262_144;

describe('fingerprintFile', () => {
  it.each([
    0,
    1,
    leaf - 1,
    leaf,
    leaf + 1,
    3 * leaf,
    mebibyte - 1,
    mebibyte,
    mebibyte + 1,
    5_000_001,
    33 * mebibyte,
    34 * mebibyte + 5,
    // The ring runs by now, so from here on smaller ones take it too.
    mebibyte + 1,
    8 * mebibyte,
    9 * mebibyte - 1,
  ])('agrees with a pass over the bytes in memory: %i bytes', async (size) => {
    const bytes = sampleBytes(size);
    const seen: [number, string][] = [];
    const result = await fingerprintFile(await folder.put('some', bytes), {
      onProgress: (...progress) => seen.push(progress),
    });
    expect(result).toEqual(await fingerprint([bytes], nodePlatform));
    expect(seen.at(-1)).toEqual([size, 'native']);
    expect(seen.map(([done]) => done)).toEqual(seen.map(([done]) => done).toSorted((a, b) => a - b));
  });

  it('gives each of several large files at once its own fingerprint', async () => {
    const contents = [40, 35, 36].map((size, index) => sampleBytes(size * mebibyte + index));
    const paths = await Promise.all(contents.map((bytes, index) => folder.put(`large-${index}`, bytes)));
    const results = await Promise.all(paths.map((path) => fingerprintFile(path)));
    expect(results).toEqual(await Promise.all(contents.map((bytes) => fingerprint([bytes], nodePlatform))));
  });

  it('refuses at once what need not end, also among others', async () => {
    const path = folder.path('pipe');
    await exec('mkfifo', [path]);
    const file = await folder.put('file', sampleBytes(2 * mebibyte));
    for (const [special, kind] of [
      [path, 'a pipe'],
      ['/dev/zero', 'a device'],
    ] as const) {
      await expect(fingerprintFile(special)).rejects.toMatchObject({
        code: 'special-file',
        message: expect.stringContaining(`is ${kind}, not a file`),
        data: { path: special },
      });
    }
    const results: string[] = [];
    for await (const { result } of fingerprintFiles([file, path, file])) results.push(result.status);
    expect(results).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('follows a link to the file', async () => {
    const bytes = sampleBytes(10);
    const target = await folder.put('target', bytes);
    await symlink(target, folder.path('link'));
    expect(await fingerprintFile(folder.path('link'))).toEqual(await fingerprint([bytes], nodePlatform));
  });

  it('says that a file does not exist', async () => {
    const path = folder.path('absent.pdf');
    await expect(fingerprintFile(path)).rejects.toMatchObject({
      code: 'file-not-found',
      message: `“${path}” does not exist. Check the spelling of the path.`,
      data: { path },
    });
    await expect(
      fingerprintFile(join(await folder.put('plain', new Uint8Array(1)), 'below')),
    ).rejects.toMatchObject({ code: 'file-not-found' });
  });

  it('says that a folder is not a file', async () => {
    await expect(fingerprintFile(folder.path())).rejects.toMatchObject({
      code: 'not-a-file',
      data: { path: folder.path() },
    });
  });

  it('says that a file could not be read, and why', async () => {
    const path = folder.path('n'.repeat(300));
    await expect(fingerprintFile(path)).rejects.toMatchObject({
      code: 'file-unreadable',
      message: expect.stringContaining('(ENAMETOOLONG)'),
      data: { path },
    });
  });

  it.each([20, 40])('can be cancelled, and the next file is not disturbed: %i MiB', async (size) => {
    const controller = new AbortController();
    const bytes = sampleBytes(size * mebibyte);
    const path = await folder.put('large', bytes);
    const pass = fingerprintFile(path, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(pass).rejects.toMatchObject({ name: 'AbortError' });
    expect(await fingerprintFile(path)).toEqual(await fingerprint([bytes], nodePlatform));
  });

  describe('refuses a file that changes while it is read', () => {
    const size = 36 * mebibyte;
    const cases: [string, (path: string) => Promise<void>][] = [
      ['something is appended', (path) => appendFile(path, 'more')],
      [
        'it is cut',
        async (path) => {
          const file = await open(path, 'r+');
          await file.truncate(size - 1);
          await file.close();
        },
      ],
      ['a byte is rewritten', (path) => rewrite(path, 5 * mebibyte)],
      [
        'its head is rewritten and its time put back',
        async (path) => {
          await rewrite(path, 3);
          await utimes(path, 1_000, 1_000);
        },
      ],
    ];
    it.each(cases)('%s', async (_name, change) => {
      const path = await folder.put('changing', sampleBytes(size));
      await utimes(path, 1_000, 1_000);
      let changing: Promise<void> | undefined;
      const pass = fingerprintFile(path, {
        onProgress(bytesDone) {
          if (bytesDone > 0) changing ??= change(path);
        },
      });
      await expect(pass).rejects.toMatchObject({ code: 'content-changed', data: { path } });
      await changing;
    });
  });
});

async function rewrite(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Uint8Array.of(0xaa), 0, 1, position);
  await file.close();
}
