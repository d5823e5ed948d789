import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';

import { unpackWoff } from '../../../../../companion/service/originstamp/certificate/unpack-woff.ts';

const { resolve } = createRequire(import.meta.url);

/** The sum of a table as 32-bit numbers, which the font itself states for each of them. */
function checksum(table: Buffer): number {
  const padded = Buffer.concat([table, Buffer.alloc((4 - (table.length % 4)) % 4)]);
  let sum = 0;
  for (let at = 0; at < padded.length; at += 4) sum = (sum + padded.readUInt32BE(at)) >>> 0;
  return sum;
}

describe('unpackWoff', () => {
  it.each([
    '@fontsource/roboto/files/roboto-latin-400-normal.woff',
    '@fontsource/roboto-mono/files/roboto-mono-greek-400-normal.woff',
  ])('should give the tables of %s as the font states them', (file) => {
    const font = unpackWoff(readFileSync(resolve(file)));
    expect(font.readUInt32BE(0)).toBe(0x00_01_00_00);
    const tags = Array.from({ length: font.readUInt16BE(4) }, (_, index) => {
      const entry = 12 + index * 16;
      const tag = font.toString('latin1', entry, entry + 4);
      const offset = font.readUInt32BE(entry + 8);
      const table = Buffer.from(font.subarray(offset, offset + font.readUInt32BE(entry + 12)));
      // This field holds what makes the whole file add up, and counts as 0.
      if (tag === 'head') table.writeUInt32BE(0, 8);
      expect([tag, offset % 4, checksum(table)]).toEqual([tag, 0, font.readUInt32BE(entry + 4)]);
      return tag;
    });
    expect(tags).toEqual(expect.arrayContaining(['cmap', 'glyf', 'head', 'hmtx', 'loca', 'name']));
  });

  it('should refuse another format', () => {
    expect(() => unpackWoff(Buffer.from('wOF2'.padEnd(64)))).toThrow('no WOFF 1.0');
  });
});
