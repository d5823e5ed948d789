import fc from 'fast-check';
import { CID } from 'multiformats/cid';
import { create as createMultihash } from 'multiformats/hashes/digest';
import { describe, expect, it } from 'vitest';

import { cidV0Text } from '../../../shared/fingerprint/cid-v0-text.ts';

const byLibrary = (hash: Uint8Array) => CID.createV0(createMultihash(0x12, hash)).toString();

describe('cidV0Text', () => {
  it.each([
    ['zeros', new Uint8Array(32)],
    ['ones', new Uint8Array(32).fill(0xff)],
    ['the smallest', Uint8Array.from({ length: 32 }, (_, i) => (i === 31 ? 1 : 0))],
    ['the first byte alone', Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0))],
  ])('agrees with multiformats on %s', (_name, hash) => {
    expect(cidV0Text(hash)).toBe(byLibrary(hash));
  });

  it('agrees with multiformats on any hash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (hash) => {
        expect(cidV0Text(hash)).toBe(byLibrary(hash));
      }),
      { numRuns: 2_000 },
    );
  });
});
