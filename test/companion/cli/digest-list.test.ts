import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

import { type ListedDigest, openDigestList } from '../../../companion/cli/digest-list.ts';
import { readLines } from '../../../companion/cli/lines.ts';
import { createSpool } from '../../../companion/cli/spool.ts';

const a = 'a'.repeat(64);
const b = 'b'.repeat(64);
const never = new AbortController().signal;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'hashmark-list-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function read(
  text: string | Buffer,
): Promise<{ digests: ListedDigest[]; bad: number[]; badCount: number }> {
  const list = await openDigestList('-', Readable.from([Buffer.from(text)]), never);
  try {
    const bad = list.badLines.map(({ line }) => line);
    return { digests: await collect(list.read()), bad, badCount: list.badCount };
  } finally {
    await list.close();
  }
}

describe('openDigestList', () => {
  it('reads every usual format, in order, with the line of each', async () => {
    const lines = [
      '# sha256sum of today',
      `${a}  a file.txt`,
      `${b} *binary.bin\r`,
      '',
      `SHA256 (tagged (1).txt) = ${a.toUpperCase()}`,
      b,
      `\\${a}  two\\nlines`,
    ];
    const { digests, bad } = await read(lines.join('\n'));
    expect(digests).toEqual([
      { line: 2, digest: a, name: 'a file.txt' },
      { line: 3, digest: b, name: 'binary.bin' },
      { line: 5, digest: a, name: 'tagged (1).txt' },
      { line: 6, digest: b, name: '' },
      { line: 7, digest: a, name: 'two\nlines' },
    ]);
    expect(bad).toEqual([]);
  });

  it('reads what sha256sum -z writes, whose lines end with a null character', async () => {
    const { digests, bad } = await read(`${a}  one\0${b} *two\0${a}\0`);
    expect(digests).toEqual([
      { line: 1, digest: a, name: 'one' },
      { line: 2, digest: b, name: 'two' },
      { line: 3, digest: a, name: '' },
    ]);
    expect(bad).toEqual([]);
  });

  it('reads what PowerShell writes', async () => {
    const text = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`${a}  ä.txt\r\n`, 'utf16le')]);
    expect((await read(text)).digests).toEqual([{ line: 1, digest: a, name: 'ä.txt' }]);
  });

  it('names lines that are no digests, the first of them', async () => {
    const { digests, bad, badCount } = await read(`${'nonsense\n'.repeat(30)}${a}\n${'c'.repeat(63)}\n`);
    expect(digests).toEqual([{ line: 31, digest: a, name: '' }]);
    expect(bad).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(badCount).toBe(31);
  });

  it('survives a text without line breaks', async () => {
    const { digests, badCount } = await read(Buffer.alloc(3 << 20, 'x'));
    expect(digests).toEqual([]);
    expect(badCount).toBe(1);
  });

  it('reads a file, and leaves nothing behind', async () => {
    const path = join(folder, 'SHA256SUMS');
    writeFileSync(path, `${a}  x\n`);
    const temporary = mkdtempSync(join(folder, 'tmp-'));
    vi.stubEnv('TMPDIR', temporary);
    const list = await openDigestList(path, Readable.from([]), never);
    vi.unstubAllEnvs();
    expect(list.count).toBe(1);
    expect(readdirSync(temporary)).toHaveLength(1);
    await list.close();
    expect(readdirSync(temporary)).toEqual([]);
  });

  it.each([
    ['absent', 'no-such-list', 'file-not-found'],
    ['a folder', '.', 'not-a-file'],
  ])('says why a list cannot be read: %s', async (_what, name, code) => {
    await expect(openDigestList(join(folder, name), Readable.from([]), never)).rejects.toMatchObject({
      code,
    });
  });

  it('ends with an interrupt, also while nothing comes', async () => {
    const controller = new AbortController();
    const reading = openDigestList('-', new Readable({ read() {} }), controller.signal);
    controller.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('readLines', () => {
  it('gives the same lines however the text is cut', async () => {
    const text = Buffer.from('one\r\ntwo ä€🎓\n\nlast');
    for (let size = 1; size <= text.length; size += 1) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < text.length; at += size) chunks.push(text.subarray(at, at + size));
      expect(await collect(readLines(Readable.from(chunks)))).toEqual(['one', 'two ä€🎓', '', 'last']);
    }
  });
});

describe('createSpool', () => {
  it('gives back what was added, in order, as often as asked', async () => {
    const spool = await createSpool<{ n: number; text: string }>();
    try {
      const items = Array.from({ length: 5_000 }, (_, n) => ({ n, text: `line\n${'ä'.repeat(n % 97)}` }));
      for (const item of items) await spool.add(item);
      expect(spool.count).toBe(items.length);
      expect(await collect(spool.read())).toEqual(items);
      expect(await collect(spool.read())).toEqual(items);
    } finally {
      await spool.close();
    }
  });
});
