import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** A folder for the tests of one file, and how to put content there; it goes when they are over. */
export function useSampleFolder() {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hashmark-fingerprint-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return {
    path: (name = '') => join(folder, name),
    async put(name: string, bytes: Uint8Array): Promise<string> {
      await writeFile(join(folder, name), bytes);
      return join(folder, name);
    },
  };
}

/** Bytes that differ from block to block, so that exchanged blocks are noticed. */
export function sampleBytes(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i += 1) bytes[i] = i * 7 + (i >> 8) + (i >> 18);
  return bytes;
}
