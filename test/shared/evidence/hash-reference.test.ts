import { describe, expect, it } from 'vitest';

import { parseHash } from '../../../shared/evidence/hash-reference.ts';
import { nullCid } from '../../../shared/fingerprint/cid.ts';

const hello = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const helloV1 = 'bafybeihykld7uyxzogax6vgyvag42y7464eywpf55gxi5qpoisibh3c5wa';
const digest = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9';

describe('parseHash', () => {
  it.each([
    hello,
    ` ${hello}\n`,
    helloV1,
    helloV1.toUpperCase(),
    `ipfs://${hello}`,
    `ipfs://ipfs/${hello}`,
    `ipfs://${helloV1}/folder/file.png?x=1#y`,
    `/ipfs/${hello}`,
    `https://gateway.example/ipfs/${hello}?filename=a.png`,
    `https://${helloV1}.ipfs.dweb.link/`,
    `http://${helloV1}.ipfs.localhost:8080/file`,
  ])('should read the CID in %s', (text) => {
    expect(parseHash(text)).toEqual({ kind: 'cid', value: hello });
  });

  it.each([digest, digest.toUpperCase(), `0x${digest}`, `sha256:${digest}`, `SHA-256=${digest}`])(
    'should read the digest in %s',
    (text) => {
      expect(parseHash(text)).toEqual({ kind: 'digest', value: digest });
    },
  );

  it.each([
    '',
    'hello',
    digest.slice(1),
    `${digest}0`,
    `${hello.slice(0, -1)}0`,
    hello.slice(1),
    `x${hello}`,
    'ipfs://',
    nullCid,
  ])('should say that %j is no hash', (text) => {
    expect(parseHash(text)).toBeUndefined();
  });
});
