import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';

import {
  readBeginning,
  readLines,
  readTable,
  readText,
  sniffList,
} from '../../../extension/stamping/bulk/read-list.ts';
import { createRowCollector, mostRows } from '../../../extension/stamping/bulk/row-collector.ts';

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
const [a, b, c] = [digestOf('a'), digestOf('b'), digestOf('c')];
const never = new AbortController().signal;

async function lines(text: string) {
  const into = createRowCollector();
  await readLines(text, into, never);
  return into;
}

async function table(text: string, choice = {}) {
  const into = createRowCollector();
  const kind = sniffList(text);
  if (kind.kind !== 'table') throw new Error(`It is ${kind.kind}.`);
  await readTable(text, { ...kind, ...choice }, into, never);
  return into;
}

describe('lines', () => {
  it('should take each digest once, in the order given, and name the lines that cannot be read', async () => {
    const list = await lines(
      `# a list\r\n${a}  one.txt\r\n\r\n${b.toUpperCase()} *two.bin\nnot a line\n${a}\n${c}`,
    );
    expect(list.rows).toEqual([
      { digest: a, name: 'one.txt' },
      { digest: b, name: 'two.bin' },
      { digest: c, name: '' },
    ]);
    expect(list.duplicateCount).toBe(1);
    expect(list.unreadable).toEqual([{ line: 5, text: 'not a line' }]);
  });

  it('should end at the signature of a signed list', async () => {
    const list = await lines(
      `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nSHA256 (f.iso) = ${a}\n-----BEGIN PGP SIGNATURE-----\n\niQIz\n-----END PGP SIGNATURE-----\n`,
    );
    expect(list.rows).toEqual([{ digest: a, name: 'f.iso' }]);
    expect(list.unreadableCount).toBe(0);
  });

  it('should refuse a list that no table can show, with the way out', async () => {
    const into = createRowCollector();
    for (let row = 0; row < mostRows; row += 1) into.add({ digest: String(row), name: '' });
    expect(() => into.add({ digest: 'one more', name: '' })).toThrow(/hashmark stamp --list/);
    expect(() => into.add({ digest: '0', name: '' })).not.toThrow();
  });

  it('should end when the user takes it back', async () => {
    const text = `${a}\n`.repeat(400_000);
    const abort = new AbortController();
    const reading = readLines(text, createRowCollector(), abort.signal);
    abort.abort(new Error('taken back'));
    await expect(reading).rejects.toThrow('taken back');
  });
});

describe('tables', () => {
  it('should find the column of digests and that of names, under any heading', () => {
    const kind = sniffList(`id;Dateiname;SHA-256\n1;"a;b.txt";${a}\n2;c.txt;${b}\n`);
    expect(kind).toMatchObject({ kind: 'table', hasHeading: true, digestColumn: 2, nameColumn: 1 });
    expect(kind.kind === 'table' && kind.columns.map(({ label }) => label)).toEqual([
      'id',
      'Dateiname',
      'SHA-256',
    ]);
  });

  it('should read quoted names with separators, quotes and line breaks', async () => {
    const { rows } = await table(`file,sha256\n"one, ""two""\nthree",${a}\nfour,0x${b}\n`);
    expect(rows).toEqual([
      { digest: a, name: 'one, "two"\nthree' },
      { digest: b, name: 'four' },
    ]);
  });

  it('should read the column that the user chose', async () => {
    const { rows } = await table(`before,after\n${a},${b}\n${c},${b}\n`, { digestColumn: 0 });
    expect(rows.map(({ digest }) => digest)).toEqual([a, c]);
  });

  it('should name records without a digest', async () => {
    const { unreadable, rows } = await table(`name,sha256\none,${a}\ntwo,missing\n`);
    expect(rows).toHaveLength(1);
    expect(unreadable).toEqual([{ line: 3, text: 'two, missing' }]);
  });

  it('should read every record of a long table, pausing between', async () => {
    const records = Array.from(
      { length: 20_000 },
      (_, row) => `file ${row} — ü.txt,${digestOf(String(row))}`,
    );
    const { rows, unreadableCount } = await table(`name,sha256\n${records.join('\n')}\n`);
    expect(rows).toHaveLength(20_000);
    expect(rows[19_999]).toEqual({ digest: digestOf('19999'), name: 'file 19999 — ü.txt' });
    expect(unreadableCount).toBe(0);
  });
});

describe('what a file is', () => {
  it.each([
    ['a SHA256SUMS file', `${a}  one\n${b}  two\n`, 'lines'],
    ['digests alone', `${a}\n${b}\n`, 'lines'],
    ['a comma separated table', `name,sha256\none,${a}\n`, 'table'],
    ['prose', 'Dear Sir or Madam,\nhello.\n', 'neither'],
    ['nothing', '', 'neither'],
  ])('should be told by its content: %s', (_, text, kind) => {
    expect(sniffList(text).kind).toBe(kind);
  });

  it('should be read in the encodings that Windows writes', async () => {
    const utf16 = new Blob([
      Uint8Array.of(0xff, 0xfe),
      new Uint8Array(Buffer.from(`${a}  ü.txt\n`, 'utf16le')),
    ]);
    expect((await lines(await readText(utf16))).rows).toEqual([{ digest: a, name: 'ü.txt' }]);
    const marked = new Blob([`\uFEFF${a}  ü.txt\n`]);
    expect((await lines(await readText(marked))).rows).toEqual([{ digest: a, name: 'ü.txt' }]);
  });

  it('should not be taken for text when it holds zero bytes', async () => {
    expect(await readBeginning(new Blob(['ELF\0\0']))).toBeUndefined();
  });

  it('should be a list when its lines end with zero bytes, as `sha256sum -z` writes them', async () => {
    const list = new Blob([`${a}  one\0${b}  two\nlines\0`]);
    expect(sniffList((await readBeginning(list)) ?? '').kind).toBe('lines');
    expect((await lines(await readText(list))).rows.map(({ digest }) => digest)).toEqual([a, b]);
  });
});
