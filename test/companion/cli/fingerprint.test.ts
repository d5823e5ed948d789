import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runFingerprint } from '../../../companion/cli/fingerprint.ts';
import { createRecordingIo } from './recording-io.ts';

const hello = {
  digest: 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9',
  cid: 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD',
  sizeBytes: 11,
  hashedBy: 'native',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hashmark-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('runFingerprint', () => {
  it('prints path, digest, CID and size', async () => {
    const io = createRecordingIo();
    const path = await file('hello.txt', 'hello world');
    expect(await runFingerprint({ files: [path] }, io)).toBe(0);
    const text = io.out.join('\n');
    for (const part of [path, hello.digest, hello.cid, '11 bytes']) expect(text).toContain(part);
    expect(io.err).toEqual([]);
  });

  it('prints one object a line with --json, in the order given, whatever their sizes', async () => {
    const io = createRecordingIo();
    const large = await file('large.bin', new Uint8Array(6 << 20));
    const small = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => file(`small-${n}`, 'hello world')));
    expect(await runFingerprint({ files: [large, ...small, large], json: true }, io)).toBe(0);
    expect(io.json().map(({ path }) => path)).toEqual([large, ...small, large]);
    expect(io.json()[1]).toEqual({ path: small[0], ...hello });
  });

  it('reports a file that cannot be read in its place, does the others, and fails', async () => {
    const io = createRecordingIo();
    const path = await file('good.txt', 'hello world');
    const absent = join(folder, 'absent');
    expect(await runFingerprint({ files: [absent, path, absent], json: true }, io)).toBe(1);
    expect(io.json()).toEqual([
      { path: absent, error: expect.objectContaining({ code: 'file-not-found' }) },
      { path, ...hello },
      { path: absent, error: expect.objectContaining({ code: 'file-not-found' }) },
    ]);
  });

  it('walks a folder: sorted, hidden files too, and through no link', async () => {
    const io = createRecordingIo();
    const walked = join(folder, 'walked');
    await mkdir(join(walked, 'b', '.hidden'), { recursive: true });
    for (const name of ['c', 'b/z', 'b/.hidden/y', 'a.txt']) await file(`walked/${name}`, 'hello world');
    await symlink(folder, join(walked, 'link-out'));
    await symlink(join(folder, 'good.txt'), join(walked, 'link-to-file'));
    expect(await runFingerprint({ files: [walked], json: true }, io)).toBe(0);
    const names = ['a.txt', 'b/.hidden/y', 'b/z', 'c'];
    expect(io.json()).toEqual(names.map((name) => ({ path: join(walked, name), ...hello })));
    expect(io.err).toEqual([`hashmark fingerprint: 4 files in ${walked}`]);
  });

  it('says in words what went wrong, on standard error', async () => {
    const io = createRecordingIo();
    expect(await runFingerprint({ files: [join(folder, 'absent')] }, io)).toBe(1);
    expect(io.out).toEqual([]);
    expect(io.err.join()).toMatch(/absent” does not exist/);
  });

  it('fingerprints the empty file: refusing it is for stamping', async () => {
    const io = createRecordingIo();
    expect(await runFingerprint({ files: [await file('empty', '')], json: true }, io)).toBe(0);
    expect(io.json()[0]).toMatchObject({
      sizeBytes: 0,
      cid: 'QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH',
    });
  });

  it('shows progress over all files', async () => {
    const io = createRecordingIo();
    await runFingerprint({ files: [await file('a', new Uint8Array(3 << 20)), await file('b', 'x')] }, io);
    expect(io.progressed.at(-1)).toBe('Reading file 2 of 2 (3.1 MB)');
  });

  it('cannot be tricked by control characters in a file name', async () => {
    const io = createRecordingIo();
    const path = await file('evil\u001b[2K\rQm\u202etxt', 'hello world');
    await runFingerprint({ files: [path] }, io);
    expect(io.out.join('')).not.toMatch(/\p{Bidi_Control}|(?!\n)\p{Cc}/u);
  });

  it('is bad usage without files', async () => {
    expect(await runFingerprint({ files: [] }, createRecordingIo())).toBe(64);
  });

  it('stops when interrupted', async () => {
    const controller = new AbortController();
    controller.abort();
    const io = createRecordingIo(controller.signal);
    expect(await runFingerprint({ files: [await file('c', 'x')] }, io)).toBe(130);
    expect(io.out).toEqual([]);
  });
});
