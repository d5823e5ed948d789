import { HashmarkError } from '../../shared/errors.ts';
import {
  checkRequestSignature,
  importPairingKey,
  maxClockSkewMs,
  signatureHeaders,
} from '../../shared/wire/companion-signing.ts';
import { fromBase64Url } from '../../shared/wire/encoding.ts';
import type { Pairing, Vault } from './vault.ts';

/** Who sent a request, once its signature held. */
export interface Caller {
  pairing: Pairing;
  key: CryptoKey;
  /** The request's nonce; the answer is signed for it. */
  nonce: string;
}

/** What of a request is looked at. */
export interface ReceivedRequest {
  /** `host:port` as addressed. */
  authority: string;
  method: string;
  /** Path and query. */
  target: string;
  headers: Headers;
  body: Uint8Array<ArrayBuffer>;
}

/** Tells whose request it is, then whether it may pass; two steps, because only a known caller gets a signed refusal. */
export interface RequestCheck {
  /**
   * Who sent this, by its signature.
   * @throws HashmarkError `not-signed`, `not-paired` or `bad-signature`: nothing of the request is known to be true.
   */
  identify(request: ReceivedRequest): Promise<Caller>;
  /**
   * Accepts an identified request once.
   * @throws HashmarkError `stale-request`, `replayed-request`, `too-many-requests`, `wrong-origin`.
   */
  admit(caller: Caller, request: ReceivedRequest): void;
}

/**
 * Nonces that are remembered at most. More within two minutes than this is no user's doing, and forgetting one early
 * would open the door to a replay, so further requests are refused instead.
 */
const maxRememberedNonces = 200_000;

/** Remembers nonces from now on; a request that was signed before is stale. */
export function createRequestCheck(vault: Vault, now: () => number = Date.now): RequestCheck {
  let startedAtMs = now();
  /** Nonce → when it may be forgotten, in the order of arrival. */
  const nonces = new Map<string, number>();
  /** Imported keys by their text, so that a busy extension does not import one per request. */
  const keys = new Map<string, Promise<CryptoKey>>();

  function keyOf(pairing: Pairing): Promise<CryptoKey> {
    const known = keys.get(pairing.key);
    if (known) return known;
    const imported = importPairingKey(fromBase64Url(pairing.key));
    keys.set(pairing.key, imported);
    return imported;
  }

  function forgetOldNonces(): void {
    for (const [nonce, forgetAtMs] of nonces) {
      if (forgetAtMs > now()) break;
      nonces.delete(nonce);
    }
  }

  return {
    async identify({ authority, method, target, headers, body }) {
      const [id, time, nonce, signature] = [
        headers.get(signatureHeaders.pairing),
        headers.get(signatureHeaders.time),
        headers.get(signatureHeaders.nonce),
        headers.get(signatureHeaders.signature),
      ];
      if (!id || !time || !nonce || !signature) {
        throw new HashmarkError(
          'not-signed',
          'This address answers only to paired programs. Other tools use /webhook with the keys that `npx hashmark credentials` prints.',
        );
      }
      const pairing = vault.content.pairings.find((known) => known.id === id);
      if (!pairing) {
        throw new HashmarkError(
          'not-paired',
          'This companion does not know the pairing. Pair again with a code from `npx hashmark pair`.',
        );
      }
      const key = await keyOf(pairing);
      const request = { pairing: id, authority, method, target, time, nonce, headers, body };
      if (!(await checkRequestSignature(key, request, signature))) {
        throw new HashmarkError(
          'bad-signature',
          "The request's signature does not fit: it was changed on the way, or meant for another address. Pair again if this repeats.",
        );
      }
      return { pairing, key, nonce };
    },

    admit({ pairing, nonce }, { headers }) {
      const origin = headers.get('origin');
      // Browsers leave Origin out of an extension's GET; where it is there, it must be the one that paired.
      if (origin !== null && origin !== pairing.origin) {
        throw new HashmarkError('wrong-origin', `This pairing belongs to another origin than ${origin}.`);
      }
      const timeMs = Number(headers.get(signatureHeaders.time));
      // A clock that was set back would make everything stale until it is again as late as at our start.
      startedAtMs = Math.min(startedAtMs, now());
      // Nonces live in memory: what was signed before this companion started may have been accepted by the one before.
      if (!(Math.abs(now() - timeMs) <= maxClockSkewMs) || timeMs < startedAtMs) {
        throw new HashmarkError(
          'stale-request',
          `The request is dated ${headers.get(signatureHeaders.time)}, the companion's clock says ${now()} (Unix ms). Send it again.`,
          { data: { nowMs: now() } },
        );
      }
      forgetOldNonces();
      if (nonces.has(nonce)) {
        throw new HashmarkError('replayed-request', 'This request was received before; it is done once.');
      }
      if (nonces.size >= maxRememberedNonces) {
        throw new HashmarkError('too-many-requests', 'Too many requests at once. Wait a minute.');
      }
      // Valid until the end of its window, wherever in the window it arrived.
      nonces.set(nonce, now() + 2 * maxClockSkewMs);
    },
  };
}
