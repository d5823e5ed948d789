import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plain, toFailure, toSentence } from '../../../companion/cli/io.ts';
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
