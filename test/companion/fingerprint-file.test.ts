import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintFile, nodePlatform } from '../../companion/fingerprint-file.ts';
import { fingerprint } from '../../shared/fingerprint/fingerprint.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hashmark-fingerprint-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe('fingerprintFile', () => {
  it.each([0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5_000_001])(
    'agrees with a pass over the bytes in memory: %i bytes',
    async (size) => {
      const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
      const seen: number[] = [];
      const result = await fingerprintFile(await file('some', bytes), {
        onProgress: (done) => seen.push(done),
      });
      expect(result).toEqual(await fingerprint([bytes], nodePlatform));
      expect(seen.at(-1) ?? 0).toBe(size);
    },
  );

  it('says that a file does not exist', async () => {
    const path = join(folder, 'absent.pdf');
    await expect(fingerprintFile(path)).rejects.toMatchObject({
      code: 'file-not-found',
      message: `“${path}” does not exist. Check the spelling of the path.`,
      data: { path },
    });
    await expect(
      fingerprintFile(join(await file('plain', new Uint8Array(1)), 'below')),
    ).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });

  it('says that a folder is not a file', async () => {
    await expect(fingerprintFile(folder)).rejects.toMatchObject({
      code: 'not-a-file',
      data: { path: folder },
    });
  });

  it('says that a file could not be read, and why', async () => {
    const path = join(folder, 'n'.repeat(300));
    await expect(fingerprintFile(path)).rejects.toMatchObject({
      code: 'file-unreadable',
      message: expect.stringContaining('(ENAMETOOLONG)'),
      data: { path },
    });
  });

  it('can be cancelled', async () => {
    const controller = new AbortController();
    const path = await file('large', new Uint8Array(20 << 20));
    const pass = fingerprintFile(path, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(pass).rejects.toMatchObject({ name: 'AbortError' });
  });
});
