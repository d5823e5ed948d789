import { join } from 'node:path';
import * as v from 'valibot';

import { fromErrorData, HashmarkError } from '../../shared/errors.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
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

/** The terminal's way to the running companion of a home. */
export interface TerminalSession {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /** Signs what goes to the companion and checks what comes back: see `createSignedFetch`. */
  fetch: (target: string, init?: RequestInit) => Promise<Response>;
  /** The companion's own issuers. */
  issuers: Issuer[];
  state: KeyholderState;
}

/**
 * Finds the companion that runs on this home, by what it announced there, and makes sure that it is the one: whoever
 * may read the home has the terminal's pairing key.
 * @throws HashmarkError `companion-unreachable` when none runs, `no-vault`, `vault-unreadable`, and whatever the signed
 * fetch throws.
 */
export async function openTerminalSession(home: string): Promise<TerminalSession> {
  const running = readAnnouncement(home);
  if (!running) throw notRunning(home);
  const pairing = readVault(join(home, 'vault.json')).pairings.find(
    ({ origin }) => origin === terminalOrigin,
  );
  if (!pairing) {
    throw new HashmarkError('vault-unreadable', `The vault in ${home} holds no pairing for the terminal.`);
  }
  const signedFetch = createSignedFetch({
    companionUrl: running.url,
    pairing: pairing.id,
    key: await importPairingKey(fromBase64Url(pairing.key)),
    fetch: (url, init) => fetch(url, init),
  });
  const answer = await signedFetch('/keyholder/state').catch((error) => {
    // What a companion announced outlives it when it is killed.
    const isGone = error instanceof HashmarkError && error.code === 'companion-unreachable';
    throw isGone ? notRunning(home, error) : error;
  });
  const state = await readAnswer(keyholderState, answer);
  return { url: running.url, fetch: signedFetch, issuers: state.issuers, state };
}

/**
 * What the companion itself answers, below `/keyholder` and not forwarded.
 * @throws HashmarkError what it says when it refuses or fails, in its words.
 */
export async function readAnswer<T>(schema: v.GenericSchema<unknown, T>, answer: Response): Promise<T> {
  const json: unknown = await answer.json();
  if (!answer.ok) throw fromErrorData(v.parse(keyholderError, json));
  return v.parse(schema, json);
}

function notRunning(home: string, cause?: unknown): HashmarkError {
  return new HashmarkError(
    'companion-unreachable',
    `No companion runs on ${home}. Start one with \`npm start\` in the Hashmark folder and leave it running, or name its folder with --home.`,
    { data: { home }, cause },
  );
}
