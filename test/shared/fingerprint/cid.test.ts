import fc from 'fast-check';
import { base16, base16upper } from 'multiformats/bases/base16';
import { base32, base32upper } from 'multiformats/bases/base32';
import { base36, base36upper } from 'multiformats/bases/base36';
import { base58btc } from 'multiformats/bases/base58';
import { CID } from 'multiformats/cid';
import { create as createMultihash } from 'multiformats/hashes/digest';
import { describe, expect, it } from 'vitest';
import {
  cidOfBlockHash,
  isDigest,
  normalizeCid,
  parseCid,
  toCidV1,
} from '../../../shared/fingerprint/cid.ts';

const cid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const cidV1 = 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa';
/** CIDv1 of the same content as one raw block: another tree. */
const rawLeaf = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';
const encoders = [base16, base16upper, base32, base32upper, base36, base36upper, base58btc];

const anyHash = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('normalizeCid', () => {
  it('keeps a CIDv0', () => {
    expect(normalizeCid(cid)).toBe(cid);
  });

  it('turns a CIDv1 of the same tree into CIDv0, in every spelling', () => {
    fc.assert(
      fc.property(anyHash, (hash) => {
        const v0 = cidOfBlockHash(hash);
        expect(normalizeCid(toCidV1(v0))).toBe(v0);
        for (const encoder of encoders)
          expect(normalizeCid(encoder.encode(CID.parse(v0).toV1().bytes))).toBe(v0);
      }),
    );
  });

  it.each([
    ['a raw leaf', rawLeaf],
    ['dag-pb by another hash', CID.createV1(0x70, createMultihash(0x13, new Uint8Array(64))).toString()],
    [
      'dag-pb by a shortened SHA-256',
      CID.createV1(0x70, createMultihash(0x12, new Uint8Array(20))).toString(),
    ],
  ])('has no answer for %s, which names other bytes', (_name, text) => {
    expect(normalizeCid(text)).toBeUndefined();
    expect(parseCid(text)).toEqual({ cid: text, version: 1, hasV0Form: false });
  });

  it.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['a digest', 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9'],
    ['a CIDv0 that lost a character', cid.slice(0, -1)],
    ['a CIDv0 with one more', `${cid}1`],
    ['a CIDv0 with a character outside base58', cid.replace('4', '0')],
    ['a CIDv0 in lower case', cid.toLowerCase()],
    ['46 characters that hold another prefix', `Qm${'z'.repeat(44)}`],
    ['spaces around it', ` ${cid} `],
    ['a line break behind it', `${cid}\n`],
    ['a CIDv0 behind a multibase prefix', `z${cid}`],
    ['a path', `/ipfs/${cid}`],
    ['a CIDv1 in mixed case', cidV1.replace('hykld', 'HYKLD')],
    ['a cut CIDv1', cidV1.slice(0, -3)],
    ['a CIDv1 with more behind it', `${cidV1}aaaa`],
    ['a very long text', `b${'a'.repeat(1_000_000)}`],
    ['a very long text of base58', `z${'a'.repeat(1_000_000)}`],
  ])('refuses %s', (_name, text) => {
    expect(normalizeCid(text)).toBeUndefined();
    expect(parseCid(text)).toBeUndefined();
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((s) => `b${s}`),
          fc.string().map((s) => `Qm${s}`),
        ),
        (text) => {
          normalizeCid(text);
        },
      ),
    );
  });

  it('notices one changed character of a CIDv1 or answers with another CID', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: cidV1.length - 1 }),
        fc.constantFrom(...'abcdefghij234567'),
        (at, letter) => {
          const changed = cidV1.slice(0, at) + letter + cidV1.slice(at + 1);
          if (changed !== cidV1) expect(normalizeCid(changed)).not.toBe(cid);
        },
      ),
    );
  });
});

describe('parseCid', () => {
  it('says which version was written', () => {
    expect(parseCid(cid)).toEqual({ cid, version: 0, hasV0Form: true });
    expect(parseCid(cidV1.toUpperCase())).toEqual({ cid, version: 1, hasV0Form: true });
  });
});

describe('toCidV1', () => {
  it('gives lower-case base32', () => {
    expect(toCidV1(cid)).toBe(cidV1);
  });
});

describe('isDigest', () => {
  it.each([
    ['0123456789abcdef'.repeat(4), true],
    ['0123456789ABCDEF'.repeat(4), true],
    ['0123456789abcdef'.repeat(4).slice(1), false],
    [`0x${'0123456789abcdef'.repeat(4)}`, false],
    [`${'0123456789abcdef'.repeat(4)}\n`, false],
    ['g'.repeat(64), false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(isDigest(text)).toBe(expected);
  });
});
