import { pairingCodeAnswer } from '../../shared/wire/companion.ts';
import { exitCodes, type Io } from './io.ts';
import { openTerminalSession, readAnswer } from './session.ts';

export interface PairVerbOptions {
  /** Home of the running companion. */
  home: string;
  json?: boolean;
}

/**
 * `hashmark pair`: shows a fresh pairing code; the one before stops to work.
 * @returns 0. Throws what {@link openTerminalSession} throws.
 */
export async function runPair({ home, json = false }: PairVerbOptions, io: Io): Promise<number> {
  const { url, fetch } = await openTerminalSession(home, io.signal);
  const answer = await fetch('/keyholder/pairing-code', { method: 'POST' });
  const { code, expiresAtMs } = await readAnswer(pairingCodeAnswer, answer);
  if (json) {
    io.print(JSON.stringify({ pairingCode: code, url, expiresAt: new Date(expiresAtMs).toISOString() }));
    return exitCodes.ok;
  }
  io.print(code);
  io.say(
    `Paste it into the extension's options. It works once, for ${minutesUntil(expiresAtMs)} minutes, for the companion at ${url}.`,
  );
  return exitCodes.ok;
}

/** Whole minutes from now, for people. */
function minutesUntil(timeMs: number): number {
  return Math.round((timeMs - Date.now()) / 60_000);
}
