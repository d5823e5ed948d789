import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { findHashes } from '../../../extension/verifying/find-hashes.ts';
import { cidOfBlockHash, nullCid, toCidV1 } from '../../../shared/fingerprint/cid.ts';

const hello = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const helloV1 = toCidV1(hello);
const digest = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9';

const find = (text: string) => [...findHashes(text)].flatMap((found) => found ?? []);
const values = (text: string) => find(text).map(({ hash }) => hash.value);

describe('findHashes', () => {
  it.each([
    `${hello}`,
    `(${hello})`,
    `ipfs://${hello}/a/b`,
    `see https://gateway.example/ipfs/${hello}?x=1`,
    `https://${helloV1}.ipfs.dweb.link`,
    helloV1,
    helloV1.toUpperCase(),
    `_${hello}_`,
    `“${hello}”.`,
    `\u200b${hello}\u200b`,
  ])('should find the CID in %s', (text) => {
    expect(values(text)).toEqual([hello]);
  });

  it.each([digest, digest.toUpperCase(), `0x${digest}`, `sha256:${digest}`, `${digest}  file.txt`])(
    'should find the digest in %s',
    (text) => {
      expect(values(text)).toEqual([digest]);
    },
  );

  it.each([
    '',
    hello.slice(0, -1),
    `${hello}a`,
    `a${hello}`,
    `${digest}0`,
    `0${digest}`,
    digest.slice(1),
    hello.replace('f', '0'),
    `${helloV1}a`,
    helloV1.replace('b', 'x'),
    nullCid,
    'a'.repeat(5_000),
    'Qm'.repeat(5_000),
  ])('should find nothing in %s', (text) => {
    expect(values(text)).toEqual([]);
  });

  it('should say where each of them stands', () => {
    const text = `a ${hello}, ${digest}; ${helloV1}`;
    expect(find(text).map(({ start, end }) => text.slice(start, end))).toEqual([hello, digest, helloV1]);
  });

  it('should find each hash of a long text once, wherever it is cut for reading', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 32_600, max: 32_900 }),
        fc.constantFrom(hello, helloV1, digest, `0x${digest}`),
        (length, hash) => {
          const text = `${'.'.repeat(length)}${hash} ${'.'.repeat(40_000)}`;
          const found = find(text);
          expect(found).toHaveLength(1);
          expect(found[0]?.end).toBe(length + hash.length);
        },
      ),
    );
  });

  it('should find what a page of random hashes shows', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { maxLength: 60 }), (hashes) => {
        const cids = hashes.map(cidOfBlockHash).filter((cid) => cid !== nullCid);
        expect(values(cids.map((cid, position) => (position % 2 ? toCidV1(cid) : cid)).join('\n'))).toEqual(
          cids,
        );
      }),
    );
  });

  it('should let others work in between, whatever the text', () => {
    const hostile = 'Qm'.repeat(500_000) + 'a'.repeat(1_000_000) + 'b2'.repeat(500_000);
    const pauses = [...findHashes(hostile)];
    expect(pauses.every((found) => found === undefined)).toBe(true);
    // What a stretch costs in time is measured in a real browser; here, that no stretch is longer than it may be.
    expect(hostile.length / pauses.length).toBeLessThanOrEqual(32_768);
  });
});
