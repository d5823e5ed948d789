import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createProofToken, readProofToken } from '../../../../companion/service/originstamp/proof-link.ts';

const context = { linkSigningKey: randomBytes(32), now: () => 1_767_225_600_000 };
const later = (ms: number) => ({ ...context, now: () => context.now() + ms });
const name = `proof.Ethereum.${'ab'.repeat(32)}.xml`;

describe('a proof token', () => {
  it('names its file for five minutes', () => {
    const token = createProofToken(context, name);
    expect(token).toMatch(/^[\w-]+$/);
    expect(readProofToken(context, token)).toBe(name);
    expect(readProofToken(later(5 * 60_000 - 1), token)).toBe(name);
    expect(readProofToken(later(5 * 60_000), token)).toBeUndefined();
  });

  it('of another key is worth nothing', () => {
    const token = createProofToken({ ...context, linkSigningKey: randomBytes(32) }, name);
    expect(readProofToken(context, token)).toBeUndefined();
  });

  it('with any changed character means nothing, or the same', () => {
    const token = createProofToken(context, name);
    const alphabet = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...alphabet), (index, letter) => {
        const changed = token.slice(0, index) + letter + token.slice(index + 1);
        expect([name, undefined]).toContain(readProofToken(context, changed));
      }),
    );
  });

  it('may be any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(readProofToken(context, text)).toBeUndefined();
        expect(readProofToken(context, Buffer.from(text).toString('base64url'))).toBeUndefined();
      }),
    );
  });
});
