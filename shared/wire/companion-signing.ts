/**
 * Signed requests and signed answers: an HMAC-SHA-256 under the pairing key over everything that carries meaning.
 *
 * What is signed is first written as a JSON array of strings: JSON quotes every element, so no two different inputs
 * give the same bytes.
 */
import { fromBase64Url, toBase64Url, toHex } from './encoding.ts';

/** What a pairing key is. */
export const hmacKey = { name: 'HMAC', hash: 'SHA-256', length: 256 } as const;

/** Headers of a signed request, and of its answer. */
export const signatureHeaders = {
  pairing: 'x-hashmark-pairing',
  time: 'x-hashmark-time',
  nonce: 'x-hashmark-nonce',
  signature: 'x-hashmark-signature',
} as const;

/** How far a request's time may lie from the companion's clock, in milliseconds. Both run on one computer. */
export const maxClockSkewMs = 60_000;

/**
 * The wire headers that the keyholder forwards, and nothing else. They are signed because they carry meaning: the same
 * `PATCH` with another `group-id` stamps another group. One that is absent is signed as absent.
 */
export const forwardedRequestHeaders = [
  'cidv1',
  'content-type',
  'expires',
  'export-links',
  'group-id',
  'hash',
  'img-fit',
  'img-height',
  'img-width',
  'last-event-id',
  'network',
  'show-deleted',
  'stamp-immediately',
] as const;

/** The answer's headers that the keyholder passes on; signed for the same reason. */
export const forwardedAnswerHeaders = [
  'content-type',
  'location',
  'retry-after',
  'x-credits',
  'x-group-enabled',
  'x-group-exists',
  'x-group-public',
  'x-total-files',
  'x-total-size',
] as const;

/** What a request's signature covers, besides the label that tells it from an answer's. */
export interface SignedRequest {
  pairing: string;
  /** `host:port` as addressed: a relay on another port cannot pass the request on. */
  authority: string;
  method: string;
  /** Path and query. */
  target: string;
  /** Unix milliseconds, decimal. */
  time: string;
  /** 16 random bytes, base64url: accepted once. */
  nonce: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}

/** What an answer's signature covers. */
export interface SignedAnswer {
  /** The request's nonce: an answer fits one request only. */
  nonce: string;
  status: number;
  headers: Headers;
  /** Undefined for an event stream: its head is signed, and what follows is bound to it by the connection. */
  body: Uint8Array<ArrayBuffer> | undefined;
}

/** The request's signature, base64url. */
export async function signRequest(key: CryptoKey, request: SignedRequest): Promise<string> {
  return signText(key, await requestText(request));
}

/** Whether the request is the one that was signed. False, too, for a signature that is no base64url. */
export async function checkRequestSignature(
  key: CryptoKey,
  request: SignedRequest,
  signature: string,
): Promise<boolean> {
  return verifyText(key, await requestText(request), signature);
}

/** The answer's signature, base64url. */
export async function signAnswer(key: CryptoKey, answer: SignedAnswer): Promise<string> {
  return signText(key, await answerText(answer));
}

/** Whether the answer is the one that was signed. False, too, for a signature that is no base64url. */
export async function checkAnswerSignature(
  key: CryptoKey,
  answer: SignedAnswer,
  signature: string,
): Promise<boolean> {
  return verifyText(key, await answerText(answer), signature);
}

async function requestText(it: SignedRequest): Promise<string> {
  return JSON.stringify([
    'hashmark-request-v1',
    it.pairing,
    it.authority,
    it.method,
    it.target,
    it.time,
    it.nonce,
    pickHeaders(it.headers, forwardedRequestHeaders),
    await sha256Hex(it.body),
  ]);
}

async function answerText(it: SignedAnswer): Promise<string> {
  return JSON.stringify([
    it.body === undefined ? 'hashmark-stream-v1' : 'hashmark-answer-v1',
    it.nonce,
    String(it.status),
    pickHeaders(it.headers, forwardedAnswerHeaders),
    ...(it.body === undefined ? [] : [await sha256Hex(it.body)]),
  ]);
}

/** The named headers that are present, in the list's (alphabetical) order. */
export function pickHeaders(headers: Headers, names: readonly string[]): [name: string, value: string][] {
  return names.flatMap((name) => {
    const value = headers.get(name);
    return value === null ? [] : [[name, value] as [string, string]];
  });
}

/** Imports a stored pairing key; it cannot be read back out of the result. */
export function importPairingKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, hmacKey, false, ['sign', 'verify']);
}

/** 16 random bytes, base64url. */
export function createNonce(): string {
  return toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
}

/** HMAC of the text, base64url. */
export async function signText(key: CryptoKey, text: string): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(text))));
}

/** Compares in constant time: WebCrypto does. */
export async function verifyText(key: CryptoKey, text: string, signature: string): Promise<boolean> {
  const bytes = tryFromBase64Url(signature);
  return bytes !== undefined && (await crypto.subtle.verify('HMAC', key, bytes, utf8(text)));
}

function tryFromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return fromBase64Url(text);
  } catch {
    return undefined; // A signature that is no base64url is simply a wrong one.
  }
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
