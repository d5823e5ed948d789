/**
 * How the extension and the companion come to share a key: a one-time code that the user carries over, an ephemeral
 * P-256 key exchange, and a proof from each side that it knows the code. SECURITY.md tells what each part is for.
 *
 * Everything that is authenticated is first written as a JSON array of strings: JSON quotes every element, so no two
 * different inputs give the same bytes.
 */
import { HashmarkError } from '../errors.ts';
import { createNonce, hmacKey, signText, verifyText } from './companion-signing.ts';
import { crockfordDecode, crockfordEncode, fromBase64Url, toBase64Url } from './encoding.ts';

/** 25 characters of 5 bits: too many to guess even offline, so that the code may key a MAC directly. */
const codeLength = 25;
const codeGroupLength = 5;

/** A fresh pairing code of 125 random bits, as five groups of five Crockford base32 characters joined by `-`. */
export function createPairingCode(): string {
  const random = crypto.getRandomValues(new Uint8Array(codeLength));
  const characters = crockfordEncode(random.map((byte) => byte & 31));
  return characters.match(new RegExp(`.{${codeGroupLength}}`, 'g'))?.join('-') ?? characters;
}

/**
 * The code as both sides compute with it: upper case, no separators, look-alikes (o, i, l) resolved as Crockford does.
 * @throws HashmarkError `malformed-code` when it cannot be a code.
 */
export function normalizePairingCode(text: string): string {
  const values = crockfordDecode(text.replace(/[\s-]/g, ''));
  if (values?.length !== codeLength) {
    throw new HashmarkError(
      'malformed-code',
      `That is not a pairing code: it has ${text.replace(/[\s-]/g, '').length} characters, a code has ${codeLength} letters and digits in five groups. Copy the whole line that \`npx hashmark pair\` shows.`,
    );
  }
  return crockfordEncode(values);
}

/** Everything both sides saw. It is part of the key, so the two agree on all of it or on nothing. */
export interface PairingTranscript {
  /** `host:port` the extension connected to: a relay that listens on another port yields another key. */
  authority: string;
  /** The extension's origin, as the browser states it. */
  origin: string;
  extensionPublicKey: string;
  companionPublicKey: string;
  extensionNonce: string;
  companionNonce: string;
}

/** One side's ephemeral half. */
export interface PairingHalf {
  /** P-256, never exported. */
  privateKey: CryptoKey;
  /** Uncompressed point (65 bytes), base64url. */
  publicKey: string;
  /** 16 random bytes, base64url. */
  nonce: string;
}

/** Keys that only the two sides of one pairing attempt with the same code can have. */
export interface PairingKeys {
  /** Proves that the extension knows the code. */
  extensionProofKey: CryptoKey;
  /** Proves that the companion knows the code. */
  companionProofKey: CryptoKey;
  /** HMAC-SHA-256 key for everything that follows; extractable only where it was asked for. */
  pairingKey: CryptoKey;
}

const curve = { name: 'ECDH', namedCurve: 'P-256' } as const;

/** A fresh half of the exchange, for one attempt. Its private key cannot be read out. */
export async function createPairingHalf(): Promise<PairingHalf> {
  const pair = await crypto.subtle.generateKey(curve, false, ['deriveBits']);
  const publicKey = toBase64Url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)));
  return { privateKey: pair.privateKey, publicKey, nonce: createNonce() };
}

/**
 * Derives the keys of one pairing attempt: HKDF-SHA-256 over the ECDH secret and the code, salted with the SHA-256 of
 * the transcript.
 * @param isExtractable true only for the companion, which keeps the pairing key in its vault.
 * @throws HashmarkError `malformed-message` when the other side's public key is not a point of the curve.
 */
export async function derivePairingKeys(
  own: Pick<PairingHalf, 'privateKey'>,
  otherPublicKey: string,
  code: string,
  transcript: PairingTranscript,
  isExtractable: boolean,
): Promise<PairingKeys> {
  const shared = await deriveSharedSecret(own.privateKey, otherPublicKey);
  const secret = new TextEncoder().encode(JSON.stringify([toBase64Url(shared), normalizePairingCode(code)]));
  const salt = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(transcriptText(transcript)));
  const material = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey']);
  const derive = (label: string, extractable: boolean) =>
    crypto.subtle.deriveKey(
      { name: 'HKDF', hash: 'SHA-256', salt, info: new TextEncoder().encode(label) },
      material,
      hmacKey,
      extractable,
      ['sign', 'verify'],
    );
  return {
    extensionProofKey: await derive('hashmark pairing v1: proof of the extension', false),
    companionProofKey: await derive('hashmark pairing v1: proof of the companion', false),
    pairingKey: await derive('hashmark pairing v1: pairing key', isExtractable),
  };
}

async function deriveSharedSecret(privateKey: CryptoKey, otherPublicKey: string): Promise<Uint8Array> {
  try {
    const point = await crypto.subtle.importKey('raw', fromBase64Url(otherPublicKey), curve, false, []);
    return new Uint8Array(await crypto.subtle.deriveBits({ name: 'ECDH', public: point }, privateKey, 256));
  } catch (cause) {
    throw new HashmarkError(
      'malformed-message',
      'The other side sent a public key that is not one. Start the pairing again; if it repeats, update the extension and the companion.',
      { cause },
    );
  }
}

function transcriptText(it: PairingTranscript): string {
  return JSON.stringify([
    'hashmark-pairing-v1',
    it.authority,
    it.origin,
    it.extensionPublicKey,
    it.companionPublicKey,
    it.extensionNonce,
    it.companionNonce,
  ]);
}

/** The extension's proof that it knows the code, base64url. */
export function proveExtension(keys: PairingKeys, transcript: PairingTranscript): Promise<string> {
  return signText(keys.extensionProofKey, transcriptText(transcript));
}

/** Whether the extension knows the code. False, too, for a proof that is no base64url. */
export function checkExtensionProof(
  keys: PairingKeys,
  transcript: PairingTranscript,
  proof: string,
): Promise<boolean> {
  return verifyText(keys.extensionProofKey, transcriptText(transcript), proof);
}

/** The companion's proof; it covers the pairing's name too, so that nobody can hand out another one. */
export function proveCompanion(
  keys: PairingKeys,
  transcript: PairingTranscript,
  pairing: string,
): Promise<string> {
  return signText(keys.companionProofKey, JSON.stringify([transcriptText(transcript), pairing]));
}

/** Whether the companion knows the code and gave the pairing this name. False, too, for a proof that is no base64url. */
export function checkCompanionProof(
  keys: PairingKeys,
  transcript: PairingTranscript,
  pairing: string,
  proof: string,
): Promise<boolean> {
  return verifyText(keys.companionProofKey, JSON.stringify([transcriptText(transcript), pairing]), proof);
}
