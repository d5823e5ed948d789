import { join } from 'node:path';
import * as v from 'valibot';

import { fromErrorData, HashmarkError } from '../../shared/errors.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import type { Fetch } from '../../shared/evidence/json-rpc.ts';
import {
  type KeyholderState,
  keyholderError,
  keyholderState,
  terminalOrigin,
} from '../../shared/wire/companion.ts';
import { createSignedFetch } from '../../shared/wire/companion-fetch.ts';
import { importPairingKey } from '../../shared/wire/companion-signing.ts';
import { fromBase64Url } from '../../shared/wire/encoding.ts';
import { readAnnouncement } from '../home.ts';
import { readVault } from '../keyholder/vault.ts';
import { version } from '../project.ts';
import { interruptibleFetch } from './interruptible-fetch.ts';

/** The terminal's way to the running companion of a home. */
export interface TerminalSession {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /**
   * Signs what goes to the companion and checks what comes back: see `createSignedFetch`. Ends when the user interrupts, and
   * throws `companion-outdated` where the companion does not know what is asked.
   */
  fetch: Fetch;
  /** The companion's own issuers. */
  issuers: Issuer[];
  state: KeyholderState;
}

/**
 * Finds the companion that runs on this home, by what it announced there, and makes sure that it is the one: whoever
 * may read the home has the terminal's pairing key.
 * @param signal ends this and every later request.
 * @throws HashmarkError `companion-unreachable` when none runs, `no-vault`, `vault-unreadable`, and whatever the signed
 * fetch throws; the signal's reason.
 */
export async function openTerminalSession(home: string, signal: AbortSignal): Promise<TerminalSession> {
  const running = readAnnouncement(home);
  if (!running) throw notRunning(home);
  const pairing = readVault(join(home, 'vault.json')).pairings.find(
    ({ origin }) => origin === terminalOrigin,
  );
  if (!pairing) {
    throw new HashmarkError('vault-unreadable', `The vault in ${home} holds no pairing for the terminal.`);
  }
  const signedFetch = interruptibleFetch(
    signal,
    createSignedFetch({
      companionUrl: running.url,
      pairing: pairing.id,
      key: await importPairingKey(fromBase64Url(pairing.key)),
      fetch: (url, init) => fetch(url, init),
    }),
  );
  const answer = await signedFetch('/keyholder/state').catch((error) => {
    // What a companion announced outlives it when it is killed.
    const isGone = error instanceof HashmarkError && error.code === 'companion-unreachable';
    throw isGone ? notRunning(home, error) : error;
  });
  const state = await readAnswer(keyholderState, answer);
  const fetchFromState: Fetch = (target, init) =>
    signedFetch(target, init).catch((error) => {
      throw isUnsignedAbsence(error) ? outdated(running.url, state, error) : error;
    });
  return { url: running.url, fetch: fetchFromState, issuers: state.issuers, state };
}

/** A companion of before its refusals were signed says so to what it does not know, and so may another program on its port. */
function isUnsignedAbsence(error: unknown): boolean {
  return error instanceof HashmarkError && error.code === 'impostor' && error.data.status === 404;
}

/** Nothing that was not signed is believed: the version is that of the state, which was. */
function outdated(url: string, state: KeyholderState, cause: unknown): HashmarkError {
  return new HashmarkError(
    'companion-outdated',
    `The companion at ${url} (Hashmark ${state.version}) has no answer to what this Hashmark (${version}) asks. An older one still runs, most likely: stop it, and start it again. If that does not help, another program has taken its port; nothing secret was sent to it.`,
    { data: { url, version: state.version }, cause },
  );
}

/**
 * What the companion itself answers, below `/keyholder` and not forwarded.
 * @throws HashmarkError what it says when it refuses or fails, in its words; `companion-outdated` when it speaks otherwise.
 */
export async function readAnswer<T>(schema: v.GenericSchema<unknown, T>, answer: Response): Promise<T> {
  const json: unknown = await answer.json();
  try {
    if (answer.ok) return v.parse(schema, json);
    throw fromErrorData(v.parse(keyholderError, json));
  } catch (error) {
    if (error instanceof HashmarkError) throw error;
    throw new HashmarkError(
      'companion-outdated',
      `The companion that runs is of another version than this Hashmark (${version}): its answer is not understood. Stop it, and start it again.`,
      { cause: error },
    );
  }
}

function notRunning(home: string, cause?: unknown): HashmarkError {
  return new HashmarkError(
    'companion-unreachable',
    `No companion runs on ${home}. Start one with \`npm start\` in the Hashmark folder and leave it running, or name its folder with --home.`,
    { data: { home }, cause },
  );
}
