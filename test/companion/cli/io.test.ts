import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes, formatTime, plain, toFailure, toSentence } from '../../../companion/cli/io.ts';
import { HashmarkError } from '../../../shared/errors.ts';

describe('plain', () => {
  it.each([
    ['a name', 'a name'],
    ['Zeugnis „é” 👩‍🎓.pdf', 'Zeugnis „é” 👩‍🎓.pdf'],
    ['red \u001b[31mtext\u001b[0m', 'red text'],
    ['two\nlines\r', 'two�lines�'],
    ['txt.\u202egpj', 'txt.�gpj'],
    ['\u0007bell \u009b31m', '�bell '],
  ])('%j becomes %j', (text, expected) => {
    expect(plain(text)).toBe(expected);
  });

  it('leaves nothing that moves the cursor or turns the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(plain(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/u);
      }),
    );
  });
});

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [1_550_000, '1.6 MB'],
    [300_000_000, '300.0 MB'],
    [2 ** 53, '9.0 PB'],
  ])('%i is %s', (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });
});

describe('formatTime', () => {
  it('gives UTC', () => {
    expect(formatTime(1_795_314_873)).toBe('2026-11-22 02:34:33 UTC');
  });

  it('survives any number a chain may name', () => {
    expect(formatTime(2 ** 60)).toContain('s after 1970');
  });
});

describe('failures', () => {
  const error = new HashmarkError('some-code', 'It failed for “x\u001b[2K”.', { data: { path: 'x' } });

  it('are one object for programs', () => {
    expect(JSON.parse(toFailure({ path: 'x' }, error))).toEqual({
      path: 'x',
      error: { code: 'some-code', message: 'It failed for “x\u001b[2K”.', data: { path: 'x' } },
    });
  });

  it('are one harmless sentence for people', () => {
    expect(toSentence(error)).toBe('It failed for “x”.');
  });
});
