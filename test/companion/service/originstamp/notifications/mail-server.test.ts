import { describe, expect, it } from 'vitest';

import { findMailServer } from '../../../../../companion/service/originstamp/notifications/mail-server.ts';

const complete = {
  smtpHost: 'smtp.mail.example',
  smtpPort: 587,
  smtpTls: 'starttls',
  smtpUser: 'stamps',
  smtpFrom: 'stamps@mail.example',
} as const;

describe('findMailServer', () => {
  it('finds one with login, and one without', () => {
    expect(findMailServer(complete, () => 'secret')).toEqual({
      host: 'smtp.mail.example',
      port: 587,
      tls: 'starttls',
      login: { user: 'stamps', password: 'secret' },
      from: 'stamps@mail.example',
    });
    expect(findMailServer({ ...complete, smtpUser: '' }, () => 'secret')).toMatchObject({ login: undefined });
  });

  it.each([
    ['the host', { smtpHost: '' }, 'smtpHost is not set'],
    ['the sender', { smtpFrom: '' }, 'smtpFrom is not set'],
    ['both', { smtpHost: '', smtpFrom: '' }, 'smtpHost and smtpFrom are not set'],
    ['encryption for a password', { smtpTls: 'none' }, 'in the clear'],
  ] as const)('says that %s is missing', (_what, change, message) => {
    const missing = findMailServer({ ...complete, ...change }, () => 'secret');
    expect(missing).toContain('Mail is not configured: ');
    expect(missing).toContain(message);
    expect(missing).not.toContain('secret');
  });

  it('says how the password is stored', () => {
    expect(findMailServer(complete, () => undefined)).toContain('hashmark mail password');
  });

  it.each(['127.0.0.1', 'localhost', '::1'])('sends a password in the clear to %s only', (smtpHost) => {
    expect(findMailServer({ ...complete, smtpHost, smtpTls: 'none' }, () => 'secret')).toMatchObject({
      host: smtpHost,
    });
  });
});
