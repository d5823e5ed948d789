import { describe, expect, it } from 'vitest';

import { readDigestLine } from '../../../shared/evidence/digest-line.ts';

const digest = 'ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb';

describe('readDigestLine', () => {
  it.each([
    ['text mode', `${digest}  file.txt`, 'file.txt'],
    ['binary mode', `${digest} *file.bin`, 'file.bin'],
    ['upper case', `${digest.toUpperCase()}  file.txt`, 'file.txt'],
    ['a name with spaces around it', `${digest}   spaced out `, ' spaced out '],
    ['an escaped name', `\\${digest}  a\\nb\\\\c\\rd`, 'a\nb\\c\rd'],
    ['a name that only looks escaped', `${digest}  a\\nb`, 'a\\nb'],
    ['a BSD tag', `SHA256 (file (1).txt) = ${digest}`, 'file (1).txt'],
    ['an escaped BSD tag', `\\SHA256 (a\\nb) = ${digest}`, 'a\nb'],
    ['OpenSSL', `SHA2-256(file.txt)= ${digest}`.replace('SHA2-256', 'SHA256'), 'file.txt'],
    ['a tab between', `${digest}\tfile.txt`, 'file.txt'],
    ['a digest alone', ` ${digest} \r`, ''],
    ['a digest with 0x', `0x${digest}`, ''],
  ])('should read %s', (_, line, name) => {
    expect(readDigestLine(line)).toEqual({ kind: 'digest', digest, name });
  });

  it.each(['', '   ', '# comment', '; comment', '-----BEGIN PGP SIGNED MESSAGE-----', 'Hash: SHA512'])(
    'should find nothing in %j',
    (line) => expect(readDigestLine(line)).toEqual({ kind: 'none' }),
  );

  it.each([
    ['a shorter digest', `${digest.slice(1)}  file`],
    ['a longer one', `${digest}0`],
    ['another algorithm', `SHA512 (file) = ${digest}`],
    ['no separator', `${digest}file`],
    ['more than a line can be', `${digest}  ${'x'.repeat(20_000)}`],
    ['two lines that a null character parts', `${digest}  one\0${digest}  two`],
  ])('should not guess: %s', (_, line) => expect(readDigestLine(line)).toEqual({ kind: 'unreadable' }));
});
