import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runMailPassword, runMailStatus, runMailTest } from '../../../companion/cli/mail.ts';
import type { Prompt } from '../../../companion/cli/prompt.ts';
import { runSettingsSet } from '../../../companion/cli/settings.ts';
import { openVault, readVault } from '../../../companion/keyholder/vault.ts';
import { eventually } from '../../helpers/eventually.ts';
import { runHashmark } from '../../helpers/hashmark-command.ts';
import { type MailHost, mailUser, startMailHost } from '../../helpers/mail-host.ts';
import { digestOf } from '../../helpers/originstamp-caller.ts';
import { type RunningCompanion, startCompanion } from '../../helpers/running-companion.ts';
import { createRecordingIo } from './recording-io.ts';

let host: MailHost;
let folder: string;
beforeAll(async () => {
  host = await startMailHost();
  folder = mkdtempSync(join(tmpdir(), 'hashmark-mail-'));
  const certificate = join(folder, 'cert.pem');
  writeFileSync(certificate, host.certificate);
  // Read by the processes that are started from here.
  process.env.NODE_EXTRA_CA_CERTS = certificate;
});
afterAll(async () => {
  delete process.env.NODE_EXTRA_CA_CERTS;
  await host.close();
  rmSync(folder, { recursive: true, force: true });
});

function createPrompt(answer: string): Prompt & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    isInteractive: true,
    confirm: async () => true,
    async secret(label) {
      asked.push(label);
      return answer;
    },
  };
}

function createHome(): string {
  const home = mkdtempSync(join(folder, 'home-'));
  openVault(join(home, 'vault.json'));
  return home;
}

function configure(home: string, change: Record<string, string> = {}): void {
  const all = {
    smtpHost: 'localhost',
    smtpPort: String(host.port),
    smtpUser: mailUser.user,
    smtpFrom: 'stamps@mail.example',
    ...change,
  };
  for (const [name, value] of Object.entries(all)) runSettingsSet(name, value, { home }, createRecordingIo());
}

describe('hashmark mail password', () => {
  it('keeps it in the vault, for the user alone, and shows it nowhere', async () => {
    const home = createHome();
    configure(home);
    const before = readVault(join(home, 'vault.json'));
    const io = createRecordingIo();
    const prompt = createPrompt(mailUser.password);
    expect(await runMailPassword({ home }, io, prompt)).toBe(0);
    expect(prompt.asked).toEqual(['Password of stamps at localhost']);
    expect(readVault(join(home, 'vault.json'))).toEqual({ ...before, mailPassword: mailUser.password });
    expect(statSync(join(home, 'vault.json')).mode & 0o777).toBe(0o600);
    expect([...io.out, ...io.err].join()).not.toContain(mailUser.password);
    expect(readFileSync(join(home, 'settings.json'), 'utf8')).not.toContain(mailUser.password);

    const status = createRecordingIo();
    expect(runMailStatus({ home, json: true }, status)).toBe(0);
    expect(status.json()).toEqual([
      {
        isConfigured: true,
        host: 'localhost',
        port: host.port,
        tls: 'starttls',
        user: 'stamps',
        from: 'stamps@mail.example',
      },
    ]);
  });

  it('forgets it', async () => {
    const home = createHome();
    configure(home);
    const prompt = createPrompt(mailUser.password);
    await runMailPassword({ home }, createRecordingIo(), prompt);
    await runMailPassword({ home, isForget: true }, createRecordingIo(), prompt);
    expect(prompt.asked).toHaveLength(1);
    expect(readVault(join(home, 'vault.json'))).not.toHaveProperty('mailPassword');
    const io = createRecordingIo();
    runMailStatus({ home }, io);
    expect(io.out.join()).toContain('hashmark mail password');
  });

  it('asks for nothing where no companion was ever started', async () => {
    const home = mkdtempSync(join(folder, 'empty-'));
    const prompt = createPrompt('x');
    await expect(runMailPassword({ home }, createRecordingIo(), prompt)).rejects.toMatchObject({
      code: 'no-vault',
    });
    expect(prompt.asked).toEqual([]);
  });

  it.each(['two\nlines', 'x'.repeat(1_001)])('refuses what is no password', async (text) => {
    const home = createHome();
    await expect(runMailPassword({ home }, createRecordingIo(), createPrompt(text))).rejects.toMatchObject({
      code: 'bad-password',
      message: expect.not.stringContaining(text),
    });
  });
});

describe('hashmark mail test', () => {
  it.each(['not an address', 'a@mail.example,b@mail.example', 'a@mail.example\r\nBcc: b@mail.example'])(
    'refuses %j',
    async (address) => {
      const home = createHome();
      configure(home);
      await expect(runMailTest(address, { home }, createRecordingIo())).rejects.toMatchObject({
        code: 'bad-address',
      });
    },
  );

  it('says what is missing', async () => {
    const home = createHome();
    await expect(runMailTest('a@mail.example', { home }, createRecordingIo())).rejects.toMatchObject({
      code: 'mail-not-configured',
      message: expect.stringContaining('smtpHost'),
    });
  });

  it('tells when the server does not accept the password, without the password', async () => {
    const home = createHome();
    configure(home);
    const wrong = 'wrong and secret';
    expect((await runHashmark(['mail', 'password', '--home', home], { input: `${wrong}\n` })).code).toBe(0);
    const { code, stdout, stderr } = await runHashmark(['mail', 'test', 'a@mail.example', '--home', home]);
    expect(code).toBe(1);
    expect(stderr).toContain('did not accept the user and password');
    expect(stdout + stderr).not.toContain(wrong);
  });
});

describe('a running companion', () => {
  let companion: RunningCompanion;
  beforeAll(async () => {
    companion = await startCompanion();
  });
  afterAll(() => companion.stop());

  it('sends mails as soon as it has a server and a password', async () => {
    const { home, ready } = companion;
    const { stdout } = await runHashmark(['credentials', '--home', home]);
    const { originstampKey } = JSON.parse(stdout);
    const create = async () => {
      const response = await fetch(`${ready.url}/v4/timestamp/create`, {
        method: 'POST',
        headers: { authorization: originstampKey, 'content-type': 'application/json' },
        body: JSON.stringify({
          hash: digestOf('of a companion'),
          notifications: [{ currency: 1, notification_type: 0, target: 'a@mail.example' }],
        }),
      });
      return (await response.json()) as { error_code: number; error_message: string | null };
    };
    expect(await create()).toMatchObject({ error_code: 9003 });

    configure(home);
    const stored = await runHashmark(['mail', 'password', '--home', home], {
      input: `${mailUser.password}\n`,
    });
    expect(stored).toMatchObject({ code: 0, stdout: 'The password is stored in the vault.\n' });
    const tested = await runHashmark(['mail', 'test', 'me@mail.example', '--home', home]);
    expect(tested).toMatchObject({ code: 0, stdout: expect.stringContaining('took a test mail') });
    expect(host.mails.at(-1)).toMatchObject({ to: ['me@mail.example'], user: mailUser.user, isSecure: true });

    await eventually('the settings hold', async () => (await create()).error_code === 0);
    const mail = await eventually('the mail', () => host.mails.find(({ to }) => to[0] === 'a@mail.example'));
    expect(mail.text).toContain(digestOf('of a companion'));
    expect(companion.output().stderr).not.toContain(mailUser.password);
  });

  it('keeps the password over a restart', async () => {
    const path = join(companion.home, 'vault.json');
    const { linkSigningKey } = readVault(path);
    await companion.stop({ keepHome: true });
    companion = await startCompanion({ home: companion.home });
    expect(readVault(path)).toMatchObject({ mailPassword: mailUser.password, linkSigningKey });
  });
});
