import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

import { makeCertificate } from './tls-site.ts';

/** A mail as the server took it. */
export interface TakenMail {
  from: string;
  to: string[];
  /** As it came: headers, an empty line, text. */
  source: string;
  /** Values of the headers, by lower-case name. */
  headers: Record<string, string>;
  /** Decoded. */
  text: string;
  /** Who logged in, if anybody. */
  user: string | undefined;
  /** Whether the mail came encrypted. */
  isSecure: boolean;
}

/** A mail server on a free port of this computer. */
export interface MailHost {
  port: number;
  mails: TakenMail[];
  /** PEM, to be trusted by those who are to trust it. */
  certificate: string;
  /** Refuses recipients from now on with this, for instance `451 later`; undefined takes all. */
  refuse(answer: string | undefined): void;
  /** How often somebody tried to hand in a mail. */
  tries(): number;
  close(): Promise<void>;
}

export const mailUser = { user: 'stamps', password: 'correct horse: Ünicode' };

/** Takes mails over STARTTLS from {@link mailUser}, or as `options` say. */
export async function startMailHost(options: SMTPServerOptions = {}): Promise<MailHost> {
  const { key, cert } = await makeCertificate();
  const mails: TakenMail[] = [];
  let refusal: string | undefined;
  let tries = 0;
  const server = new SMTPServer({
    key,
    cert,
    disableReverseLookup: true,
    onAuth({ username, password }, _session, done) {
      const isGood = username === mailUser.user && password === mailUser.password;
      if (isGood) done(null, { user: username });
      // A server that says too much: what was sent comes back.
      else done(new Error(`no: ${username} ${password}`));
    },
    onRcptTo(_address, _session, done) {
      tries++;
      if (refusal === undefined) return done();
      const [code = '550', ...words] = refusal.split(' ');
      done(Object.assign(new Error(words.join(' ')), { responseCode: Number(code) }));
    },
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const source = Buffer.concat(chunks).toString('utf8');
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map(({ address }) => address),
          source,
          ...parse(source),
          user: session.user,
          isSecure: session.secure,
        });
        done();
      });
    },
    ...options,
  });
  server.on('error', () => undefined); // Clients that break off are what some tests are about.
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return {
    port: (listening.address() as AddressInfo).port,
    mails,
    certificate: cert,
    refuse(answer) {
      refusal = answer;
    },
    tries: () => tries,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Just enough MIME for a mail of one part. */
function parse(source: string): Pick<TakenMail, 'headers' | 'text'> {
  const end = source.indexOf('\r\n\r\n');
  const headers: Record<string, string> = {};
  for (const line of source
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return { headers, text: decode(source.slice(end + 4), headers['content-transfer-encoding'] ?? '') };
}

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
