import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { authorityOf, normalizeCompanionUrl } from '../../../shared/wire/companion.ts';
import {
  checkCompanionProof,
  checkExtensionProof,
  createPairingCode,
  createPairingHalf,
  derivePairingKeys,
  normalizePairingCode,
  type PairingTranscript,
  proveCompanion,
  proveExtension,
} from '../../../shared/wire/companion-pairing.ts';
import {
  checkRequestSignature,
  importPairingKey,
  signRequest,
} from '../../../shared/wire/companion-signing.ts';
import {
  crockfordDecode,
  crockfordEncode,
  fromBase64Url,
  toBase64Url,
  toHex,
} from '../../../shared/wire/encoding.ts';

describe('pairing codes', () => {
  it('should have 25 characters of 5 random bits in five groups', () => {
    const codes = Array.from({ length: 200 }, createPairingCode);
    expect(new Set(codes).size).toBe(200);
    for (const code of codes) expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$/);
    // Every character of the alphabet turns up: none of the 32 values is out of reach.
    expect(new Set(codes.join('').replaceAll('-', '')).size).toBe(32);
  });

  it.each([
    ['abcde fghjk-mnpqr stvwx yz012', 'ABCDEFGHJKMNPQRSTVWXYZ012'],
    ['OOOOO-IIIII-LLLLL-ooooo-iilll', '0000011111111110000011111'],
  ])('should read %s as %s', (text, expected) => {
    expect(normalizePairingCode(text)).toBe(expected);
  });

  it.each([
    '',
    'ABCDE',
    'ABCDE-FGHJK-MNPQR-STVWX-YZ01U',
    'ABCDE-FGHJK-MNPQR-STVWX-YZ0123',
    'ABCDE-FGHJK-MNPQR-STVWX-YZ01é',
  ])('should refuse %j', (text) => {
    expect(() => normalizePairingCode(text)).toThrow(expect.objectContaining({ code: 'malformed-code' }));
  });

  it('should not repeat what was typed: it may be most of a code', () => {
    const almost = createPairingCode().slice(0, -1);
    expect(() => normalizePairingCode(almost)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(almost.slice(0, 5)) }),
    );
  });
});

describe('pairing keys', () => {
  async function exchange(changes: { code?: string; transcript?: Partial<PairingTranscript> } = {}) {
    const code = createPairingCode();
    const [extension, companion] = [await createPairingHalf(), await createPairingHalf()];
    const transcript: PairingTranscript = {
      authority: '127.0.0.1:4774',
      origin: 'chrome-extension://abcdefghijklmnop',
      extensionPublicKey: extension.publicKey,
      companionPublicKey: companion.publicKey,
      extensionNonce: extension.nonce,
      companionNonce: companion.nonce,
    };
    const theirs = { ...transcript, ...changes.transcript };
    const ofExtension = await derivePairingKeys(extension, companion.publicKey, code, transcript, true);
    const ofCompanion = await derivePairingKeys(
      companion,
      extension.publicKey,
      changes.code ?? code,
      theirs,
      true,
    );
    return { ofExtension, ofCompanion, transcript, theirs };
  }

  it('should be the same on both sides, and prove each side to the other', async () => {
    const { ofExtension, ofCompanion, transcript } = await exchange();
    const raw = (key: CryptoKey) =>
      crypto.subtle.exportKey('raw', key).then((it) => toHex(new Uint8Array(it)));
    expect(await raw(ofExtension.pairingKey)).toBe(await raw(ofCompanion.pairingKey));
    expect(await raw(ofExtension.pairingKey)).toHaveLength(64);
    const proof = await proveExtension(ofExtension, transcript);
    expect(await checkExtensionProof(ofCompanion, transcript, proof)).toBe(true);
    const answer = await proveCompanion(ofCompanion, transcript, 'pairing-1');
    expect(await checkCompanionProof(ofExtension, transcript, 'pairing-1', answer)).toBe(true);
    expect(await checkCompanionProof(ofExtension, transcript, 'pairing-2', answer)).toBe(false);
    // One side's proof is not the other's: it cannot be sent back.
    expect(await checkCompanionProof(ofExtension, transcript, 'pairing-1', proof)).toBe(false);
    expect(await checkExtensionProof(ofCompanion, transcript, answer)).toBe(false);
  });

  it.each<[string, Parameters<typeof exchange>[0]]>([
    ['another code', { code: 'ABCDE-FGHJK-MNPQR-STVWX-YZ012' }],
    ['another port', { transcript: { authority: '127.0.0.1:4775' } }],
    ['another origin', { transcript: { origin: 'chrome-extension://bbbbbbbbbbbbbbbb' } }],
    ['another nonce', { transcript: { extensionNonce: 'AAAA' } }],
    ['another key in the transcript', { transcript: { extensionPublicKey: 'AAAA' } }],
  ])('should differ with %s', async (_what, changes) => {
    const { ofExtension, ofCompanion, transcript, theirs } = await exchange(changes);
    expect(
      await checkExtensionProof(ofCompanion, theirs, await proveExtension(ofExtension, transcript)),
    ).toBe(false);
  });

  it('should stay inside WebCrypto for the extension', async () => {
    const half = await createPairingHalf();
    expect(half.privateKey.extractable).toBe(false);
    const other = await createPairingHalf();
    const transcript = {
      authority: 'a',
      origin: 'o',
      extensionPublicKey: half.publicKey,
      companionPublicKey: other.publicKey,
      extensionNonce: half.nonce,
      companionNonce: other.nonce,
    };
    const keys = await derivePairingKeys(half, other.publicKey, createPairingCode(), transcript, false);
    for (const key of Object.values(keys)) expect(key.extractable).toBe(false);
  });
});

describe('request signatures', () => {
  const request = {
    pairing: 'p',
    authority: '127.0.0.1:4774',
    method: 'PATCH',
    target: '/keyholder/embedded/webhook',
    time: '1795314821000',
    nonce: 'AAECAwQFBgcICQoLDA0ODw',
    headers: new Headers({ 'group-id': 'Spring 2026', 'x-other': 'is not signed' }),
    body: new TextEncoder().encode('{}'),
  };
  const key = importPairingKey(Uint8Array.from({ length: 32 }, (_, index) => index));

  // Made with `openssl dgst -sha256 -mac HMAC` over the text in SECURITY.md: both sides must go on agreeing on it.
  it('should stay what they are', async () => {
    expect(await signRequest(await key, request)).toBe('cX1QPxGsAo1vo77jQSPfeWH-9qg1h5pu2hBQiVz0zgQ');
  });

  it('should not depend on the order or the case of headers, nor on those that mean nothing', async () => {
    const signature = await signRequest(await key, request);
    const headers = new Headers({ 'X-Other': 'changed', 'Group-ID': 'Spring 2026' });
    expect(await checkRequestSignature(await key, { ...request, headers }, signature)).toBe(true);
  });

  it('should tell apart what only looks alike when joined', async () => {
    const a = await signRequest(await key, { ...request, method: 'GET', target: '/a","/b' });
    const b = await signRequest(await key, { ...request, method: 'GET","/a', target: '/b' });
    expect(a).not.toBe(b);
  });
});

describe('companion addresses', () => {
  it.each([
    ['http://127.0.0.1:4774', 'http://127.0.0.1:4774'],
    ['http://127.0.0.1:4774/', 'http://127.0.0.1:4774'],
    [' localhost:4774 ', 'http://127.0.0.1:4774'],
    ['http://LOCALHOST:80', 'http://127.0.0.1'],
    ['http://127.1:4774', 'http://127.0.0.1:4774'],
  ])('should read %j as %s', (text, expected) => {
    expect(normalizeCompanionUrl(text)).toBe(expected);
  });

  it.each([
    '',
    'http://192.0.2.1:4774',
    'https://127.0.0.1:4774',
    'http://127.0.0.1:4774/path',
    'http://127.0.0.1:4774/?a=b',
    'http://user:secret@127.0.0.1:4774',
    'http://127.0.0.1.evil.example:4774',
    'http://localhost.evil.example',
    'ftp://127.0.0.1',
    'javascript:alert(1)',
    'http://',
  ])('should refuse %j', (text) => {
    expect(() => normalizeCompanionUrl(text)).toThrow(
      expect.objectContaining({ code: 'bad-companion-url', message: expect.not.stringContaining('secret') }),
    );
  });

  it('should always name a port', () => {
    expect(authorityOf('http://127.0.0.1')).toBe('127.0.0.1:80');
    expect(authorityOf('http://127.0.0.1:4774')).toBe('127.0.0.1:4774');
  });
});

describe('encodings', () => {
  it('should give back base64url', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const text = toBase64Url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(fromBase64Url(text)).toEqual(new Uint8Array(bytes));
      }),
    );
  });

  it.each(['a', 'a=', 'a+b/', 'ä', ' '])('should refuse %j as base64url', (text) => {
    expect(() => fromBase64Url(text)).toThrow(SyntaxError);
  });

  it('should give back Crockford base32', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 31 })), (values) => {
        expect(crockfordDecode(crockfordEncode(Uint8Array.from(values)))).toEqual(Uint8Array.from(values));
      }),
    );
  });
});
