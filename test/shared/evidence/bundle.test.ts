import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  type BundleMember,
  decodeBundle,
  encodeBundle,
  findBundleLinks,
} from '../../../shared/evidence/bundle.ts';
import { cidOfBlockHash } from '../../../shared/fingerprint/cid.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';

const hello = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const zero = 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ';
const helloV1 = 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa';
const digest = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9';
const bytes = (text: string) => new TextEncoder().encode(text);

describe('encodeBundle', () => {
  it('should give the published vector for members without digests', async () => {
    const encoded = encodeBundle([{ cid: hello }, { cid: zero }]);
    expect(new TextDecoder().decode(encoded)).toBe(`{"filehashes":[{"cid":"${hello}"},{"cid":"${zero}"}]}`);
    expect(encoded).toHaveLength(130);
    const { cid } = await fingerprint([encoded], jsPlatform);
    expect(cid).toBe('QmQJf7rXcjc4gb7D9xMxasPbnCMt29GpDSmLbbu4bFrVJX');
  });

  it('should add a digest where it is known', () => {
    expect(new TextDecoder().decode(encodeBundle([{ cid: hello, digest }, { cid: zero }]))).toBe(
      `{"filehashes":[{"cid":"${hello}","sha256":"${digest}"},{"cid":"${zero}"}]}`,
    );
  });

  it('should be undone by decodeBundle', () => {
    const member = fc.uint8Array({ minLength: 32, maxLength: 32 }).chain((hash) =>
      fc.boolean().map((hasDigest): BundleMember => {
        const cid = cidOfBlockHash(hash);
        return hasDigest ? { cid, digest: Buffer.from(hash).toString('hex') } : { cid };
      }),
    );
    fc.assert(
      fc.property(fc.array(member), (members) => {
        expect(decodeBundle(encodeBundle(members))).toEqual(members);
      }),
    );
  });
});

describe('decodeBundle', () => {
  it.each([
    ['an empty file', ''],
    ['no JSON', 'hello'],
    ['broken JSON', '{"filehashes":[{"cid"'],
    ['JSON of another shape', '{"files":[]}'],
    ['a list that is none', '{"filehashes":{"cid":"x"}}'],
    ['an array', '[{"cid":"x"}]'],
    ['null', 'null'],
  ])('should say that %s is no bundle', (_, text) => {
    expect(decodeBundle(bytes(text))).toBeUndefined();
  });

  it('should say that bytes that are no UTF-8 are no bundle', () => {
    expect(decodeBundle(Uint8Array.of(0x7b, 0xff, 0xfe))).toBeUndefined();
  });

  it('should keep what is a CID and leave the rest out', () => {
    const text = JSON.stringify({
      version: 3,
      filehashes: [
        { cid: helloV1, name: 'hello.txt' },
        { cid: 'not a cid' },
        { cid: 17 },
        null,
        'text',
        { cid: ` ${zero} `, sha256: digest.toUpperCase() },
        { cid: hello, sha256: 'short' },
      ],
    });
    expect(decodeBundle(bytes(`\n ${text}`))).toEqual([
      { cid: hello },
      { cid: zero, digest },
      { cid: hello },
    ]);
  });
});

describe('findBundleLinks', () => {
  it('should find both spellings of a CID, each file once', () => {
    const text = `x Stamped Bundle: ${zero}\nStamped Bundle: ${helloV1} Stamped Bundle: ${hello} Stamped Bundle: nothing`;
    expect(findBundleLinks(bytes(text))).toEqual([zero, hello]);
  });

  it('should find none in bytes that are no text', () => {
    expect(
      findBundleLinks(Uint8Array.from({ length: 4096 }, (_, position) => (position * 31) % 256)),
    ).toEqual([]);
  });
});
