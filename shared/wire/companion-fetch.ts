import * as v from 'valibot';

import { HashmarkError } from '../errors.ts';
import { readAtMost } from '../read-at-most.ts';
import { authorityOf, keyholderError } from './companion.ts';
import {
  checkAnswerSignature,
  createNonce,
  forwardedAnswerHeaders,
  pickHeaders,
  signatureHeaders,
  signRequest,
} from './companion-signing.ts';

/** What a paired program needs to talk to its companion. */
export interface SignedFetchOptions {
  /** `http://127.0.0.1:PORT`. */
  companionUrl: string;
  /** Public name of the pairing. */
  pairing: string;
  key: CryptoKey;
  /** The platform's fetch. */
  fetch: (url: string, init: RequestInit) => Promise<Response>;
  now?: () => number;
  /** How long an answer, or the head of an event stream, may take; default {@link answerTimeoutMs}. */
  timeoutMs?: number;
}

/** More than the 40 s that the keyholder gives an upstream, so that its own words arrive. */
export const answerTimeoutMs = 45_000;

const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * A fetch whose requests the companion can check, and whose answers are checked. Use it as the `fetch` of any client.
 *
 * The returned Response holds only what the signature covers. An event stream (`accept: text/event-stream`) is returned
 * as soon as its signed head is there; its body is bound to that head by the connection.
 *
 * @returns a function of a path or of an absolute URL on the companion. It throws HashmarkError
 * `companion-unreachable` (nothing answers, or it is still starting), `companion-refused` (it does not accept this
 * pairing or this request; `data.code` says which), `impostor` (an answer that the companion cannot have signed), and
 * rethrows the caller's own abort as it is.
 */
export function createSignedFetch(options: SignedFetchOptions) {
  return async (target: string, init: RequestInit = {}): Promise<Response> => {
    try {
      return await attempt(options, target, init);
    } catch (error) {
      const isStale = error instanceof HashmarkError && error.data.code === 'stale-request';
      if (!isStale) throw error;
      // Refused before anything was done, for instance while the companion started: a fresh signature is safe.
      return attempt(options, target, init);
    }
  };
}

async function attempt(
  { companionUrl, pairing, key, fetch, now = Date.now, timeoutMs = answerTimeoutMs }: SignedFetchOptions,
  target: string,
  init: RequestInit,
): Promise<Response> {
  const url = new URL(target, companionUrl);
  if (url.origin !== companionUrl) {
    throw new HashmarkError(
      'bad-companion-url',
      `${url.origin} is not the paired companion ${companionUrl}.`,
    );
  }
  const request = new Request(url, { ...init, signal: null });
  const { method, headers } = request;
  const body = new Uint8Array(await request.arrayBuffer());
  const nonce = createNonce();
  const time = String(now());
  const signature = await signRequest(key, {
    pairing,
    authority: authorityOf(companionUrl),
    method,
    target: url.pathname + url.search,
    time,
    nonce,
    headers,
    body,
  });
  headers.set(signatureHeaders.pairing, pairing);
  headers.set(signatureHeaders.time, time);
  headers.set(signatureHeaders.nonce, nonce);
  headers.set(signatureHeaders.signature, signature);

  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), timeoutMs);
  try {
    const answer = await fetch(url.href, {
      method,
      headers,
      body: body.byteLength > 0 ? body : null,
      signal: init.signal ? AbortSignal.any([init.signal, timeout.signal]) : timeout.signal,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    });
    return await checkAnswer(answer, key, nonce, companionUrl);
  } catch (cause) {
    if (cause instanceof HashmarkError) throw cause;
    if (init.signal?.aborted) throw init.signal.reason;
    throw unreachable(companionUrl, cause);
  } finally {
    clearTimeout(timer);
  }
}

async function checkAnswer(
  answer: Response,
  key: CryptoKey,
  nonce: string,
  companionUrl: string,
): Promise<Response> {
  const isStream = (answer.headers.get('content-type') ?? '').startsWith('text/event-stream');
  const body = isStream ? undefined : await readAtMost(answer.body, maxAnswerBytes);
  const signature = answer.headers.get(signatureHeaders.signature);
  const { status } = answer;
  const isGenuine =
    signature !== null &&
    (await checkAnswerSignature(key, { nonce, status, headers: answer.headers, body }, signature));
  if (!isGenuine) {
    if (isStream) await answer.body?.cancel();
    throw explainUnsigned(status, refusalIn(body), companionUrl);
  }
  const refusal = status === 401 || status === 403 ? refusalIn(body) : undefined;
  if (refusal) {
    throw new HashmarkError('companion-refused', refusal.message, { data: { code: refusal.code } });
  }
  return new Response(isStream ? answer.body : body && body.byteLength > 0 ? body : null, {
    status,
    headers: pickHeaders(answer.headers, forwardedAnswerHeaders),
  });
}

/** Whoever sends an unsigned answer may be anybody; what it says is repeated only where a liar would gain nothing. */
function explainUnsigned(
  status: number,
  refusal: { code: string; message: string } | undefined,
  companionUrl: string,
): HashmarkError {
  if (status === 503 && refusal?.code === 'starting') return unreachable(companionUrl);
  if (status === 401 && (refusal?.code === 'not-paired' || refusal?.code === 'bad-signature')) {
    return new HashmarkError(
      'companion-refused',
      `The program at ${companionUrl} does not accept this pairing: the companion was started with another home, forgot the pairing, or another program took its port. Pair again with a code from \`npx hashmark pair\`.`,
      { data: { code: refusal.code } },
    );
  }
  return new HashmarkError(
    'impostor',
    `Something answers at ${companionUrl}, but not with the companion's signature: another program may have taken its port. Nothing secret was sent to it. Stop that program, or start the companion on another port and pair again.`,
    { data: { status } },
  );
}

function refusalIn(body: Uint8Array | undefined): { code: string; message: string } | undefined {
  if (!body) return undefined;
  try {
    return v.parse(keyholderError, JSON.parse(new TextDecoder().decode(body)));
  } catch {
    return undefined; // Not a refusal of the keyholder.
  }
}

/** Nothing answers there. */
export function unreachable(companionUrl: string, cause?: unknown): HashmarkError {
  return new HashmarkError(
    'companion-unreachable',
    `No companion answers at ${companionUrl}. Start it with \`npm start\` in the Hashmark folder, and leave it running.`,
    { data: { url: companionUrl }, cause },
  );
}
