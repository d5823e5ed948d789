import { HashmarkError } from '../../shared/errors.ts';
import type {
  PairFinishAnswer,
  PairFinishRequest,
  PairingCodeAnswer,
  PairStartAnswer,
  PairStartRequest,
} from '../../shared/wire/companion.ts';
import {
  checkExtensionProof,
  createPairingCode,
  createPairingHalf,
  derivePairingKeys,
  type PairingHalf,
  type PairingKeys,
  type PairingTranscript,
  proveCompanion,
} from '../../shared/wire/companion-pairing.ts';
import { createNonce } from '../../shared/wire/companion-signing.ts';
import { toBase64Url } from '../../shared/wire/encoding.ts';
import type { Vault } from './vault.ts';

/** Where codes are shown and pairings are made. */
export interface PairingDesk {
  /** Shows a fresh code; the one before stops to work. */
  showCode(): PairingCodeAnswer;
  /** Opens an attempt for an extension's origin. Tells nothing about codes. */
  start(party: PairingParty, request: PairStartRequest): Promise<PairStartAnswer>;
  /**
   * Ends an attempt with a pairing that is in the vault.
   * @throws HashmarkError `wrong-code` (data: `{triesLeft}`), `code-expired`, `code-used`, `too-many-tries`, `no-code`,
   * or `no-attempt` when the attempt is unknown, another party's, or too old.
   */
  finish(party: PairingParty, request: PairFinishRequest): Promise<PairFinishAnswer>;
}

/** Who talks to the desk, and how they addressed it. */
export interface PairingParty {
  origin: string;
  /** `host:port`. */
  authority: string;
}

interface ShownCode {
  code: string;
  shownAtMs: number;
  triesLeft: number;
  isUsed: boolean;
}

interface Attempt {
  party: PairingParty;
  request: PairStartRequest;
  half: PairingHalf;
  startedAtMs: number;
}

/** A code works for five minutes and may be tried five times. */
export const codeLifetimeMs = 5 * 60_000;
/** Of 125 bits, five guesses find nothing; somebody who mistypes has enough. */
export const triesPerCode = 5;

/** Between the two messages lies nothing but computing. */
const attemptLifetimeMs = 30_000;
/** Whoever can reach the port can open attempts: they must not fill the memory. */
const maxAttempts = 32;
/** Dead codes that are remembered, to say "used" or "expired" to somebody who types one instead of "wrong". */
const maxRememberedCodes = 8;

/** A desk without a code: {@link PairingDesk.showCode} makes one. Codes and attempts live in memory, pairings in the vault. */
export function createPairingDesk(vault: Vault, now: () => number = Date.now): PairingDesk {
  /** Newest first; only the newest can be alive. */
  let codes: ShownCode[] = [];
  const attempts = new Map<string, Attempt>();

  const isExpired = (shown: ShownCode) => now() - shown.shownAtMs > codeLifetimeMs;

  function takeAttempt(id: string, party: PairingParty): Attempt {
    const attempt = attempts.get(id);
    attempts.delete(id);
    const isOurs =
      attempt?.party.origin === party.origin &&
      attempt.party.authority === party.authority &&
      now() - attempt.startedAtMs <= attemptLifetimeMs;
    if (!attempt || !isOurs) {
      throw new HashmarkError(
        'no-attempt',
        'The companion does not know this pairing attempt: it took too long, or was opened elsewhere. Press Pair again.',
      );
    }
    return attempt;
  }

  /** Says precisely why a proof that fits no living code is refused. */
  async function refuse(fits: (shown: ShownCode) => Promise<boolean>, live?: ShownCode): Promise<never> {
    for (const dead of codes.filter((shown) => shown !== live)) {
      if (!(await fits(dead))) continue;
      // Whoever knows a code that was really shown is mistaken, not guessing.
      if (live) live.triesLeft++;
      if (dead.isUsed) {
        throw new HashmarkError(
          'code-used',
          'This pairing code was used before; each works once. Get a fresh one with `npx hashmark pair`.',
        );
      }
      throw new HashmarkError(
        'code-expired',
        isExpired(dead)
          ? 'This pairing code has expired: it works for five minutes. Get a fresh one with `npx hashmark pair`.'
          : 'A newer pairing code was shown since, which ended this one. Use the newest, or get a fresh one with `npx hashmark pair`.',
      );
    }
    if (live) {
      throw new HashmarkError(
        'wrong-code',
        live.triesLeft > 0
          ? `The companion does not know this pairing code. Compare it with what the terminal shows; ${live.triesLeft} of ${triesPerCode} tries are left.`
          : 'The companion does not know this pairing code, and that was the last try. Get a fresh code with `npx hashmark pair`.',
        { data: { triesLeft: live.triesLeft } },
      );
    }
    throw new HashmarkError(
      'no-code',
      'The companion shows no pairing code at the moment. Get one with `npx hashmark pair`.',
    );
  }

  return {
    showCode() {
      const shown = { code: createPairingCode(), shownAtMs: now(), triesLeft: triesPerCode, isUsed: false };
      codes = [shown, ...codes].slice(0, maxRememberedCodes);
      return { code: shown.code, expiresAtMs: shown.shownAtMs + codeLifetimeMs };
    },

    async start(party, request) {
      const half = await createPairingHalf();
      while (attempts.size >= maxAttempts) attempts.delete(attempts.keys().next().value as string);
      const id = createNonce();
      attempts.set(id, { party, request, half, startedAtMs: now() });
      return { attempt: id, publicKey: half.publicKey, nonce: half.nonce };
    },

    async finish(party, { attempt: id, proof }) {
      const { request, half } = takeAttempt(id, party);
      const transcript: PairingTranscript = {
        ...party,
        extensionPublicKey: request.publicKey,
        companionPublicKey: half.publicKey,
        extensionNonce: request.nonce,
        companionNonce: half.nonce,
      };
      const derive = (shown: ShownCode): Promise<PairingKeys> =>
        derivePairingKeys(half, request.publicKey, shown.code, transcript, true);
      const fits = async (shown: ShownCode) => checkExtensionProof(await derive(shown), transcript, proof);

      const newest = codes[0];
      if (newest && !newest.isUsed && !isExpired(newest) && newest.triesLeft === 0) {
        throw new HashmarkError(
          'too-many-tries',
          `This pairing code was tried wrongly ${triesPerCode} times, so it no longer works. Get a fresh one with \`npx hashmark pair\`.`,
        );
      }
      if (!newest || newest.isUsed || isExpired(newest)) return refuse(fits);

      // The try is taken before the first wait, so that parallel guesses cannot share one.
      newest.triesLeft--;
      const keys = await derive(newest);
      if (!(await checkExtensionProof(keys, transcript, proof))) return refuse(fits, newest);
      // The code may have been used, or replaced, while we computed.
      if (newest.isUsed || newest !== codes[0]) return refuse(fits);
      newest.isUsed = true;

      const pairing = createNonce();
      const key = toBase64Url(new Uint8Array(await crypto.subtle.exportKey('raw', keys.pairingKey)));
      vault.update((content) => ({
        ...content,
        // An origin has one pairing: pairing again, after a reinstall for instance, ends the former.
        pairings: [
          ...content.pairings.filter(({ origin }) => origin !== party.origin),
          { id: pairing, origin: party.origin, key, createdAtMs: now() },
        ],
      }));
      return { pairing, proof: await proveCompanion(keys, transcript, pairing) };
    },
  };
}
