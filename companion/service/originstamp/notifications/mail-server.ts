import { isIP } from 'node:net';

import type { Settings } from '../../../settings.ts';

/** The settings that say where mails are handed in. */
export type MailSettings = Pick<Settings, 'smtpHost' | 'smtpPort' | 'smtpTls' | 'smtpUser' | 'smtpFrom'>;

/** A server that takes mails for delivery, and what it asks for. */
export interface MailServer {
  host: string;
  port: number;
  /** `starttls`: plain at first, and never a mail before it is encrypted. `tls`: from the first byte. */
  tls: MailSettings['smtpTls'];
  /** Undefined: it takes mails from this computer as it is. */
  login: { user: string; password: string } | undefined;
  /** Address that mails come from. */
  from: string;
}

/**
 * The mail server, or what is missing before there is one: a sentence that says what to do.
 * @param password of the user; not a setting, because settings are no place for secrets.
 */
export function findMailServer(
  settings: MailSettings,
  password: () => string | undefined,
): MailServer | string {
  const { smtpHost: host, smtpPort: port, smtpTls: tls, smtpUser: user, smtpFrom: from } = settings;
  if (host === '' || from === '') {
    const missing = [host === '' && 'smtpHost', from === '' && 'smtpFrom'].filter(Boolean).join(' and ');
    return `Mail is not configured: ${missing} ${missing.includes(' ') ? 'are' : 'is'} not set.`;
  }
  if (user === '') return { host, port, tls, login: undefined, from };
  if (tls === 'none' && !isLoopback(host)) {
    return 'Mail is not configured: with smtpTls none, the password of smtpUser would cross the network in the clear.';
  }
  const secret = password();
  if (secret === undefined) {
    return 'Mail is not configured: the password of smtpUser is missing. `hashmark mail password` stores it.';
  }
  return { host, port, tls, login: { user, password: secret }, from };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
