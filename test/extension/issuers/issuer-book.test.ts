import { describe, expect, it } from 'vitest';

import {
  emptyBook,
  listIssuers,
  readBook,
  withExtraRpcUrls,
  withIssuer,
  withoutIssuer,
  withTrust,
} from '../../../extension/issuers/issuer-book.ts';
import { readIssuerFile, toIssuerFile } from '../../../extension/issuers/issuer-file.ts';
import { issuerKey } from '../../../shared/evidence/issuer.ts';
import { fakeIssuer } from '../../helpers/fake-chain.ts';

const own = fakeIssuer({
  rpcUrls: ['https://rpc.test/'],
  gatewayUrl: 'https://gateway.test/ipfs/',
  chainId: 8453,
});
const ofCompanion = fakeIssuer({ name: 'Companion' });
const book = withIssuer(emptyBook, own);

const trusts = (of: typeof book) => listIssuers(of, [ofCompanion]).map(({ trust }) => trust);
const [companionView, ownView] = listIssuers(book, [ofCompanion]);
if (!companionView || !ownView) throw new Error('two issuers were expected');

describe('the book of issuers', () => {
  it('should list the companion’s first', () => {
    expect([companionView.source, ownView.source]).toEqual(['companion', 'user']);
    expect(trusts(book)).toEqual(['trusted', 'trusted']);
  });

  it('should keep what is switched off or removed, and forget what is to be forgotten', () => {
    expect(trusts(withTrust(book, ownView, 'removed'))).toEqual(['trusted', 'removed']);
    expect(trusts(withTrust(book, companionView, 'off'))).toEqual(['off', 'trusted']);
    expect(trusts(withoutIssuer(book, ownView.key))).toEqual(['trusted']);
  });

  it('should trust again what is added again', () => {
    const again = withIssuer(withTrust(book, ownView, 'removed'), { ...own, name: 'New name' });
    expect(listIssuers(again, [])).toMatchObject([{ trust: 'trusted', issuer: { name: 'New name' } }]);
  });

  it('should add endpoints to the companion’s issuer, also while it is off', () => {
    const more = withExtraRpcUrls(withTrust(book, companionView, 'off'), companionView.key, [
      'https://x.test/',
    ]);
    expect(listIssuers(more, [ofCompanion])[0]).toMatchObject({
      trust: 'off',
      issuer: { rpcUrls: [...ofCompanion.rpcUrls, 'https://x.test/'] },
      extraRpcUrls: ['https://x.test/'],
    });
  });

  it('should show an issuer once that the companion brings as well', () => {
    const same = withIssuer(emptyBook, { ...own, chainId: ofCompanion.chainId });
    expect(listIssuers(same, [ofCompanion]).map(({ source }) => source)).toEqual(['companion']);
  });

  it('should be read back as it was stored, and be empty when it cannot be read', () => {
    const stored = withTrust(book, ownView, 'off');
    expect(readBook(structuredClone(stored))).toEqual(stored);
    for (const broken of [undefined, 7, { version: 2, own: [] }, { ...book, own: [{ issuer: {} }] }])
      expect(readBook(broken)).toEqual(emptyBook);
  });
});

describe('a file of issuers', () => {
  it('should be read back as it was made', () => {
    expect(readIssuerFile(toIssuerFile([own])).map(issuerKey)).toEqual([issuerKey(own)]);
    expect(readIssuerFile(toIssuerFile([own]))).toEqual([own]);
  });

  it('should not say that a chain proves something to strangers when it does not', () => {
    const local = { ...own, chainId: 4_774_000_001, isLocal: false };
    expect(
      readIssuerFile(JSON.stringify({ format: 'hashmark-issuers', version: 1, issuers: [local] })),
    ).toMatchObject([{ isLocal: true }]);
  });

  it.each([
    ['no JSON', '<html>', /it is no JSON/],
    ['another file', '{"a": 1}', /it is not of the form/],
    ['an empty list', '{"format":"hashmark-issuers","version":1,"issuers":[]}', /it is not of the form/],
    [
      'an unsafe endpoint',
      toIssuerFile([own, { ...own, rpcUrls: ['http://rpc.test/'] }]),
      /issuer 2, rpcUrls\.0: Expected an https/,
    ],
  ])('should be refused when it is %s', (_, text, reason) => {
    expect(() => readIssuerFile(text)).toThrow(reason);
  });
});
