import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { Refusal } from '../../../../companion/service/refusal.ts';
import { readUploadMetadata } from '../../../../companion/service/resumable/upload-metadata.ts';

const base64 = (text: string, encoding: BufferEncoding = 'utf8') =>
  Buffer.from(text, encoding).toString('base64');

describe('readUploadMetadata', () => {
  it.each([
    ['nothing', undefined, {}],
    ['an empty header', '', {}],
    ['a value', `filename ${base64('größe.bin')}`, { filename: 'größe.bin' }],
    ['Latin-1, as btoa makes it', `filename ${base64('größe.bin', 'latin1')}`, { filename: 'größe.bin' }],
    ['an empty value, with and without its space', 'filetype ,is_final', { filetype: '', is_final: '' }],
    ['spaces around pairs', `a ${base64('1')} , b ${base64('2')}`, { a: '1', b: '2' }],
    ['a name that objects know', `__proto__ ${base64('x')}`, Object.fromEntries([['__proto__', 'x']])],
  ])('reads %s', (_what, header, expected) => {
    expect(readUploadMetadata(header)).toEqual(expected);
  });

  it.each([
    ['no base64', 'filename größe'],
    ['three words', 'filename abc= def'],
    ['a name twice', `a ${base64('1')},a ${base64('2')}`],
    ['a name of other characters', `fi/le ${base64('1')}`],
    ['too many pairs', Array.from({ length: 33 }, (_, index) => `k${index}`).join(',')],
  ])('refuses %s', (_what, header) => {
    expect(() => readUploadMetadata(header)).toThrow(Refusal);
  });

  it('reads back whatever a tus client writes', () => {
    const names = fc.stringMatching(/^[a-z_]{1,20}$/);
    fc.assert(
      fc.property(fc.dictionary(names, fc.string({ unit: 'grapheme' }), { maxKeys: 10 }), (metadata) => {
        const header = Object.entries(metadata)
          .map(([name, value]) => `${name} ${base64(value)}`)
          .join(',');
        expect(readUploadMetadata(header)).toEqual({ ...metadata });
      }),
    );
  });
});
