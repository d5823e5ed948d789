import { join } from 'node:path';

import { HashmarkError } from '../../shared/errors.ts';
import { embeddedAccount } from '../../shared/wire/companion.ts';
import { findAccount, readVault } from '../keyholder/vault.ts';
import { exitCodes, type Io } from './io.ts';
import { openTerminalSession } from './session.ts';

export interface CredentialsVerbOptions {
  /** Home of the running companion. */
  home: string;
}

/**
 * `hashmark credentials`: prints the embedded account's keys as one JSON object. This is the only path on which a
 * secret leaves the vault in the clear.
 * @returns 0. Throws what {@link openTerminalSession} throws: the webhook's address is only known while it runs.
 */
export async function runCredentials({ home }: CredentialsVerbOptions, io: Io): Promise<number> {
  const { url } = await openTerminalSession(home, io.signal);
  const account = findAccount(readVault(join(home, 'vault.json')), embeddedAccount);
  if (!account)
    throw new HashmarkError('vault-unreadable', `The vault in ${home} holds no embedded account.`);
  const { apiKey, secretKey, originstampKey } = account;
  io.print(JSON.stringify({ apiKey, secretKey, webhookUrl: `${url}/webhook/${apiKey}`, originstampKey }));
  return exitCodes.ok;
}
