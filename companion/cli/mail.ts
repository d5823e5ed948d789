import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { HashmarkError } from '../../shared/errors.ts';
import { readVault, updateVault } from '../keyholder/vault.ts';
import { mailAddressExpected, readMailAddress } from '../mail-address.ts';
import { findMailServer, type MailServer } from '../service/originstamp/notifications/mail-server.ts';
import { writeTestMail } from '../service/originstamp/notifications/mail-text.ts';
import { openMailer } from '../service/originstamp/notifications/mailer.ts';
import { withDefaults } from '../settings.ts';
import { readSettings, settingsPath } from '../settings-file.ts';
import { exitCodes, type Io, plain } from './io.ts';
import type { Prompt } from './prompt.ts';

export interface MailVerbOptions {
  /** Folder of the companion; it need not run. */
  home: string;
  json?: boolean;
}

/**
 * `hashmark mail password`: stores the password of `smtpUser`, typed at a prompt or from standard input; `isForget` removes
 * it. A running companion follows within a second. Returns 0.
 * @throws HashmarkError `no-vault`, `bad-password`, and what the prompt throws.
 */
export async function runMailPassword(
  { home, json = false, isForget = false }: MailVerbOptions & { isForget?: boolean },
  io: Io,
  prompt: Prompt,
): Promise<number> {
  const path = vaultPath(home);
  // Before anything is typed: it would be typed for nothing.
  readVault(path);
  const { smtpUser, smtpHost } = withDefaults(readSettings(settingsPath(home)));
  const password = isForget ? undefined : checkPassword(await prompt.secret(labelOf(smtpUser, smtpHost)));
  updateVault(path, (content) => {
    const { mailPassword: _former, ...rest } = content ?? readVault(path);
    return password === undefined ? rest : { ...rest, mailPassword: password };
  });
  const isStored = password !== undefined;
  if (json) io.print(JSON.stringify({ isPasswordStored: isStored }));
  else io.print(isStored ? 'The password is stored in the vault.' : 'The password is forgotten.');
  if (isStored && smtpUser === '' && !json) {
    io.say('It is used once the user is known: `hashmark settings set smtpUser NAME`.');
  }
  return exitCodes.ok;
}

/**
 * `hashmark mail test`: sends a mail as notifications are sent, without the companion. Returns 0 when the server took it.
 * @throws HashmarkError `bad-address`, `mail-not-configured`, and what {@link openMailer} says about server and address.
 */
export async function runMailTest(
  address: string,
  { home, json = false }: MailVerbOptions,
  io: Io,
): Promise<number> {
  const to = readMailAddress(address);
  if (to === undefined) {
    throw new HashmarkError(
      'bad-address',
      `“${plain(address.slice(0, 100))}” is no mail address. Expected ${mailAddressExpected}.`,
    );
  }
  const server = requireServer(home);
  const mailer = openMailer(server);
  io.progress(`Handing a mail to ${server.host}:${server.port}`);
  try {
    await mailer.send({ ...writeTestMail(), to, messageId: `${randomUUID()}@${server.from.split('@')[1]}` });
  } finally {
    mailer.close();
    io.progress();
  }
  if (json) io.print(JSON.stringify({ to, ...describe(server) }));
  else io.print(`${server.host} took a test mail for ${to}. See whether it arrives.`);
  return exitCodes.ok;
}

/**
 * `hashmark mail status`: where mails are handed in, or what is missing. Returns 0, also when mail is not configured: that
 * is how a companion begins.
 */
export function runMailStatus({ home, json = false }: MailVerbOptions, io: Io): number {
  const server = findServer(home);
  if (typeof server === 'string') {
    io.print(json ? JSON.stringify({ isConfigured: false, missing: server }) : server);
    return exitCodes.ok;
  }
  const described = describe(server);
  if (json) io.print(JSON.stringify({ isConfigured: true, ...described }));
  else {
    const { host, port, tls, user, from } = described;
    io.print(
      `Mails go to ${host}:${port} (${tls === 'none' ? 'not encrypted' : tls}), ${user === null ? 'without login' : `as ${user}`}, from ${from}.`,
    );
  }
  return exitCodes.ok;
}

function requireServer(home: string): MailServer {
  const server = findServer(home);
  if (typeof server !== 'string') return server;
  throw new HashmarkError('mail-not-configured', server);
}

function findServer(home: string): MailServer | string {
  return findMailServer(
    withDefaults(readSettings(settingsPath(home))),
    () => readVault(vaultPath(home)).mailPassword,
  );
}

/** Everything but the password. */
function describe({ host, port, tls, login, from }: MailServer) {
  return { host, port, tls, user: login?.user ?? null, from };
}

function checkPassword(text: string): string {
  if (text.length <= 1_000 && !/\p{Cc}/u.test(text)) return text;
  throw new HashmarkError(
    'bad-password',
    'That is no password: expected one line of at most 1000 characters.',
  );
}

function labelOf(user: string, host: string): string {
  return user === '' || host === '' ? 'Password of the mail server’s user' : `Password of ${user} at ${host}`;
}

function vaultPath(home: string): string {
  return join(home, 'vault.json');
}
