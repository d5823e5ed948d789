import { createServer, type Server } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';

import type { MailServer } from '../../../../../companion/service/originstamp/notifications/mail-server.ts';
import { openMailer } from '../../../../../companion/service/originstamp/notifications/mailer.ts';
import { type MailHost, mailUser, startMailHost } from '../../../../helpers/mail-host.ts';

const trusted = getCACertificates('default');
const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  setDefaultCACertificates(trusted);
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function startHost(
  options: Parameters<typeof startMailHost>[0] & { isTrusted?: boolean } = {},
): Promise<MailHost> {
  const { isTrusted = true, ...rest } = options;
  const host = await startMailHost(rest);
  cleanUp.push(host.close);
  if (isTrusted) setDefaultCACertificates([...trusted, host.certificate]);
  return host;
}

function open(host: { port: number }, change: Partial<MailServer> = {}) {
  const mailer = openMailer({
    host: 'localhost',
    port: host.port,
    tls: 'starttls',
    login: mailUser,
    from: 'stamps@mail.example',
    ...change,
  });
  cleanUp.push(mailer.close);
  return mailer;
}

const mail = {
  to: 'a@mail.example',
  subject: 'A stamp is final',
  text: 'Grüße\n.\n..\nend\n',
  messageId: 'x@mail.example',
};

describe('openMailer', () => {
  it('hands a mail in, encrypted and with login', async () => {
    const host = await startHost();
    await open(host).send(mail);
    expect(host.mails).toHaveLength(1);
    const [taken] = host.mails;
    expect(taken).toMatchObject({
      from: 'stamps@mail.example',
      to: ['a@mail.example'],
      user: mailUser.user,
      isSecure: true,
      headers: {
        from: 'Hashmark <stamps@mail.example>',
        to: 'a@mail.example',
        subject: 'A stamp is final',
        'message-id': '<x@mail.example>',
        'auto-submitted': 'auto-generated',
        'content-type': 'text/plain; charset=utf-8',
      },
    });
    expect(taken?.text.replaceAll('\r\n', '\n').trimEnd()).toBe(mail.text.trimEnd());
  });

  it('uses one connection for many mails', async () => {
    let connections = 0;
    const host = await startHost({
      onConnect(_session, done) {
        connections++;
        done();
      },
    });
    const mailer = open(host);
    for (let index = 0; index < 5; index++) await mailer.send({ ...mail, to: `a${index}@mail.example` });
    expect(host.mails.map(({ to }) => to[0])).toHaveLength(5);
    expect(connections).toBe(1);
  });

  it('speaks TLS from the first byte', async () => {
    const host = await startHost({ secure: true });
    await open(host, { tls: 'tls' }).send(mail);
    expect(host.mails[0]).toMatchObject({ isSecure: true, user: mailUser.user });
  });

  it('sends without login and encryption where that is what the settings say', async () => {
    const host = await startHost({ authOptional: true });
    await open(host, { tls: 'none', login: undefined }).send(mail);
    expect(host.mails[0]).toMatchObject({ isSecure: false, user: undefined });
  });

  it('sends nothing, and no password, to a server that offers no encryption', async () => {
    let logins = 0;
    const host = await startHost({
      hideSTARTTLS: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      onAuth(_auth, _session, done) {
        logins++;
        done(null, { user: 'x' });
      },
    });
    await expect(open(host).send(mail)).rejects.toMatchObject({ code: 'mail-server' });
    expect(logins).toBe(0);
    expect(host.mails).toEqual([]);
  });

  it.each(['starttls', 'tls'] as const)('refuses a certificate that nobody vouches for (%s)', async (tls) => {
    const host = await startHost({ isTrusted: false, secure: tls === 'tls' });
    await expect(open(host, { tls }).send(mail)).rejects.toMatchObject({
      code: 'mail-server',
      message: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
    });
    expect(host.mails).toEqual([]);
  });

  it('refuses a certificate of another host', async () => {
    const host = await startHost();
    await expect(open(host, { host: '127.0.0.1' }).send(mail)).rejects.toMatchObject({ code: 'mail-server' });
  });

  it('repeats neither user nor password when the login fails', async () => {
    const host = await startHost();
    const password = 'wrong and secret';
    const error = await open(host, { login: { user: 'stamps', password } })
      .send(mail)
      .catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'mail-server', message: expect.stringContaining('smtpUser') });
    const told = JSON.stringify([String(error), error, (error as Error).cause ?? null]);
    expect(told).not.toContain(password);
    expect(told).not.toContain(Buffer.from(password).toString('base64'));
  });

  it.each([
    ['550 no such user', 'mail-refused'],
    ['552 mailbox full', 'mail-refused'],
    ['450 greylisted', 'mail-deferred'],
    ['451 later', 'mail-deferred'],
    ['421 going down', 'mail-server'],
  ])('tells apart what %s means: %s', async (answer, code) => {
    const host = await startHost();
    host.refuse(answer);
    await expect(open(host).send(mail)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(answer.slice(4)),
    });
  });

  it('takes a refused sender for trouble with the settings, not with the mail', async () => {
    const host = await startHost({
      onMailFrom: (_address, _session, done) =>
        done(Object.assign(new Error('not yours'), { responseCode: 550 })),
    });
    await expect(open(host).send(mail)).rejects.toMatchObject({ code: 'mail-server' });
  });

  it('goes on with another mail after one was refused', async () => {
    const host = await startHost();
    const mailer = open(host);
    host.refuse('550 no such user');
    await expect(mailer.send(mail)).rejects.toMatchObject({ code: 'mail-refused' });
    host.refuse(undefined);
    await mailer.send(mail);
    expect(host.mails).toHaveLength(1);
  });

  it.each([
    ['nobody listens', undefined],
    ['hangs up', (server: Server) => server.on('connection', (socket) => socket.end())],
    [
      'speaks something else',
      (server: Server) => server.on('connection', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    ],
  ])('says that the server cannot be used when it %s', async (_what, serve) => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    if (serve) {
      serve(server);
      cleanUp.push(() => new Promise((resolve) => server.close(resolve)));
    } else await new Promise((resolve) => server.close(resolve));
    await expect(open({ port }).send(mail)).rejects.toMatchObject({
      code: 'mail-server',
      message: expect.stringContaining('localhost'),
    });
  });
});
