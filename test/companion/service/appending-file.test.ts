import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createAppendingFile } from '../../../companion/service/appending-file.ts';
import { createFolder } from '../../helpers/create-folder.ts';
import { sampleBytes } from '../fingerprint/sample-folder.ts';

let folder: string;
let path: string;
let file: FileHandle;
beforeEach(async () => {
  folder = createFolder();
  path = join(folder, 'file');
  file = await open(path, 'w+');
});
afterEach(() => file.close());

/** The file, on a disk that takes so many bytes of a write and, once it holds `room`, none. */
function onDisk({ perWrite = Number.POSITIVE_INFINITY, room = Number.POSITIVE_INFINITY }): FileHandle {
  const writev = async (chunks: Uint8Array[], position: number) => {
    const bytes = Buffer.concat(chunks).subarray(0, perWrite);
    if (position + bytes.length > room) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    return file.write(bytes, 0, bytes.length, position);
  };
  return { writev } as unknown as FileHandle;
}

describe('an appending file', () => {
  it('holds what was appended, in order, behind what it held', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 400_000 }), { maxLength: 8 }), async (lengths) => {
        await file.truncate(0);
        await file.write(sampleBytes(3), 0, 3, 0);
        const appending = createAppendingFile(file, 3);
        const chunks = lengths.map((length, index) => sampleBytes(length).fill(index + 1));
        for (const chunk of chunks) await appending.append(chunk);
        const expected = Buffer.concat([sampleBytes(3), ...chunks]);
        expect(appending.sizeBytes).toBe(expected.length);
        await appending.flush();
        expect(appending.writtenBytes).toBe(expected.length);
        expect((await readFile(path)).equals(expected)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('writes the rest when the disk takes less at once', async () => {
    const appending = createAppendingFile(onDisk({ perWrite: 100_000 }));
    const bytes = sampleBytes(1_000_001);
    for (let from = 0; from < bytes.length; from += 70_000)
      await appending.append(bytes.subarray(from, from + 70_000));
    await appending.flush();
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it('fails when the disk is full, and goes on to say what it holds', async () => {
    const appending = createAppendingFile(onDisk({ room: 700_000 }));
    const append = async () => {
      for (;;) await appending.append(sampleBytes(100_000));
    };
    await expect(append()).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(appending.flush()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(appending.writtenBytes).toBe(600_000);
    expect((await readFile(path)).equals(Buffer.concat(Array(6).fill(sampleBytes(100_000))))).toBe(true);
  });

  it('holds few bytes that are not written yet', async () => {
    const appending = createAppendingFile(file);
    for (let count = 0; count < 100; count += 1) {
      await appending.append(sampleBytes(65_536));
      expect(appending.sizeBytes - appending.writtenBytes).toBeLessThanOrEqual(1 << 20);
    }
  });

  it('holds few chunks that are not written yet, however small they are', async () => {
    const appending = createAppendingFile(file);
    for (let count = 0; count < 5_000; count += 1) await appending.append(sampleBytes(1));
    expect(appending.sizeBytes - appending.writtenBytes).toBeLessThanOrEqual(2_048);
    await appending.flush();
    expect(await readFile(path)).toHaveLength(5_000);
  });
});
