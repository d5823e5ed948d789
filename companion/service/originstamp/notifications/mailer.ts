import { createTransport } from 'nodemailer';

import { HashmarkError } from '../../../../shared/errors.ts';
import type { MailServer } from './mail-server.ts';

/** A mail in plain text. */
export interface Mail {
  /** One address, checked. */
  to: string;
  subject: string;
  text: string;
  /** Without brackets, for instance `id@mail.example`; the same for the same mail, so that a second copy can be told. */
  messageId: string;
}

/** A connection to a mail server, opened with the first mail. */
export interface Mailer {
  /**
   * Resolves when the server has taken the mail.
   * @throws HashmarkError `mail-refused` (never, for this address), `mail-deferred` (not now, for this address),
   * `mail-server` (the server, its certificate, the login: nothing of any mail was sent). No message holds a secret.
   */
  send(mail: Mail): Promise<void>;
  close(): void;
}

const connectionTimeoutMs = 10_000;
const silenceTimeoutMs = 30_000;

/** One connection that is used for many mails, one after the other. */
export function openMailer({ host, port, tls, login, from }: MailServer): Mailer {
  const transport = createTransport({
    pool: true,
    maxConnections: 1,
    maxRequeues: 0,
    host,
    port,
    secure: tls === 'tls',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    ...(login && { auth: { user: login.user, pass: login.password } }),
    tls: { minVersion: 'TLSv1.2' },
    connectionTimeout: connectionTimeoutMs,
    dnsTimeout: connectionTimeoutMs,
    greetingTimeout: connectionTimeoutMs,
    socketTimeout: silenceTimeoutMs,
    // A mail holds text and nothing that is fetched or read for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // An idle connection that breaks is nobody's trouble: the next mail opens another.
  transport.on('error', () => undefined);

  return {
    async send({ to, subject, text, messageId }) {
      try {
        await transport.sendMail({
          // As objects: an address in a text would be parsed as a list.
          from: { name: 'Hashmark', address: from },
          to: { name: '', address: to },
          envelope: { from, to },
          subject,
          text,
          messageId: `<${messageId}>`,
          // RFC 3834: no out-of-office answers.
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
      } catch (error) {
        throw toMailFailure(error as SmtpError, host);
      }
    },
    close: () => transport.close(),
  };
}

/** What nodemailer adds to its errors. */
interface SmtpError {
  code?: string;
  message: string;
  /** Of the server, for instance 550. */
  responseCode?: number;
  response?: string;
  /** SMTP command that failed, or the step, such as CONN. */
  command?: string;
}

/** Commands whose refusal is about the one mail. That of MAIL FROM is about smtpFrom, and so about all of them. */
const aboutMail = /^(RCPT TO|DATA)/;

function toMailFailure(error: SmtpError, host: string): HashmarkError {
  const { code, command = '', responseCode = 0, response = '' } = error;
  const data = { host, responseCode: responseCode || null };
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    // Not the server's words: they may repeat what was sent.
    return new HashmarkError(
      'mail-server',
      `The mail server ${host} did not accept the user and password${responseCode ? ` (${responseCode})` : ''}. Check smtpUser, and store the password again by \`hashmark mail password\`.`,
      { data },
    );
  }
  // 421: the server is going down. 503: the conversation was out of step, not the mail.
  const isAboutMail = aboutMail.test(command) && responseCode >= 400 && ![421, 503].includes(responseCode);
  if (!isAboutMail) {
    const reason = responseCode ? quote(response) : (tlsReason(error) ?? error.message.slice(0, 200));
    return new HashmarkError('mail-server', `The mail server ${host} could not be used: ${reason}`, { data });
  }
  const isForGood = responseCode >= 500;
  return new HashmarkError(
    isForGood ? 'mail-refused' : 'mail-deferred',
    `The mail server ${host} ${isForGood ? 'refused the mail' : 'does not take the mail now'}: ${quote(response)}`,
    { data },
  );
}

function tlsReason({ code, message }: SmtpError): string | undefined {
  if (code !== 'ETLS' && !/certificate|STARTTLS/i.test(message)) return undefined;
  return `no trusted encryption (${message.slice(0, 200)}). A private authority is named by the environment variable NODE_EXTRA_CA_CERTS.`;
}

/** A server's words, in one short and harmless line. */
function quote(response: string): string {
  return `“${response.slice(0, 200).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')}”`;
}
