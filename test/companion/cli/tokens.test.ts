import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runTokensList } from '../../../companion/cli/tokens.ts';
import { openLedger } from '../../../companion/service/ledger/database.ts';
import { insertToken } from '../../../companion/service/ledger/tokens.ts';
import { embeddedAccount } from '../../../shared/wire/companion.ts';
import { createFolder } from '../../helpers/create-folder.ts';
import { runHashmark } from '../../helpers/hashmark-command.ts';
import { type RunningCompanion, startCompanion } from '../../helpers/running-companion.ts';
import { sendHttp } from '../../helpers/send-http.ts';
import { createRecordingIo } from './recording-io.ts';

let companion: RunningCompanion;
beforeAll(async () => {
  companion = await startCompanion();
});
afterAll(() => companion.stop());

async function tokens(...args: string[]) {
  const { code, stdout, stderr } = await runHashmark(['tokens', ...args, '--home', companion.home]);
  return { code, stdout, stderr, lines: stdout.trim().split('\n').filter(Boolean) };
}

async function mint(...args: string[]) {
  const { code, lines } = await tokens('mint', '--json', ...args);
  expect(code).toBe(0);
  return JSON.parse(lines[0] ?? '');
}

async function claim(link: string) {
  const response = await fetch(`${link}?claim=true`);
  return { status: response.status, body: await response.json() };
}

async function statusWith({ jwt, webhookurl }: { jwt: string; webhookurl: string }) {
  return (await fetch(webhookurl, { headers: { authorization: `Bearer ${jwt}` } })).status;
}

/** Asks the companion under another name, as a proxy does that passes `Host` on. */
function askAs(host: string, path: string) {
  return sendHttp(companion.ready.url, path, { headers: { host } });
}

describe('hashmark tokens', () => {
  it('should mint a link that works once, and show the state of each', async () => {
    const { code, lines, stderr } = await tokens('mint', '--group', 'Spring 2026');
    expect(code).toBe(0);
    expect(lines).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/jwt\/[\w-]{11}$/)]);
    expect(stderr).toContain('“Spring 2026”');
    const { body } = await claim(lines[0] ?? '');
    expect(body).toMatchObject({ success: true, groupname: 'Spring 2026' });
    expect((await claim(lines[0] ?? '')).status).toBe(410);
    expect(await statusWith(body)).toBe(200);
    const listed = (await tokens('list', '--json')).lines.map((line) => JSON.parse(line));
    expect(listed.at(-1)).toEqual({
      id: expect.any(Number),
      group: 'Spring 2026',
      state: 'claimed',
      createdAt: expect.stringMatching(/Z$/),
      expiresAt: expect.stringMatching(/Z$/),
      claimedAt: expect.stringMatching(/Z$/),
      revokedAt: null,
    });
    const table = await tokens();
    expect(table.stdout).toContain('Spring 2026');
    expect(table.stdout).not.toContain(lines[0]?.split('/').at(-1));
  });

  it.each(['id', 'token', 'shortlink'] as const)('should revoke by %s, also what is claimed', async (by) => {
    const minted = await mint();
    const { body } = await claim(minted.shortlink);
    expect(await statusWith(body)).toBe(200);
    const { code, lines } = await tokens('revoke', String(minted[by]), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ id: minted.id, state: 'revoked' });
    expect(await statusWith(body)).toBe(401);
  });

  it('should revoke a token that begins with a dash', async () => {
    const ledger = openLedger(join(companion.home, 'ledger.sqlite'));
    const texts = ['-habcdef_12', '--home-abcd'];
    const times = { createdAt: Date.now(), expiresAt: Date.now() + 60_000 };
    for (const text of texts) {
      await ledger.write((db) =>
        insertToken(db, { tenantId: embeddedAccount, groupName: null, text, ...times }),
      );
    }
    await ledger.close();
    for (const text of texts) {
      const { code, lines } = await tokens('revoke', text, '--json');
      expect(code).toBe(0);
      expect(JSON.parse(lines[0] ?? '')).toMatchObject({ state: 'revoked' });
    }
    const { code, stderr } = await tokens('revoke', '--jsn');
    expect([code, stderr]).toEqual([1, expect.stringContaining('There is no token --jsn')]);
  });

  it('should revoke all or none', async () => {
    const minted = await mint();
    const { code, stderr } = await tokens('revoke', String(minted.id), '999999');
    expect(code).toBe(1);
    expect(stderr).toContain('There is no token 999999');
    expect((await claim(minted.shortlink)).status).toBe(200);
  });

  it('should refuse a name that no group can have', async () => {
    const { code, stderr } = await tokens('mint', '--group', 'x'.repeat(300));
    expect(code).toBe(1);
    expect(stderr).toContain('Group name too long');
  });

  it('should say that no companion was ever started', async () => {
    const home = createFolder();
    await expect(runTokensList({ home }, createRecordingIo())).rejects.toMatchObject({ code: 'no-ledger' });
  });
});

describe('the public name', () => {
  beforeAll(async () => {
    const set = await runHashmark([
      'settings',
      'set',
      'publicUrl',
      'https://stamps.example',
      '--home',
      companion.home,
    ]);
    expect(set.code).toBe(0);
  });

  it('should stand in links, and be answered by the service and nothing else', async () => {
    const { shortlink } = await mint();
    expect(shortlink).toMatch(/^https:\/\/stamps\.example\/jwt\//);
    await expect
      .poll(async () => (await askAs('stamps.example', '/healthcheck')).status, { timeout: 5_000 })
      .toBe(200);
    const { status, body: text } = await askAs(
      'stamps.example',
      `/jwt/${shortlink.split('/jwt/')[1]}?claim=true`,
    );
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      tenant: 'stamps.example',
      webhookurl: expect.stringMatching(/^https:\/\/stamps\.example\/webhook\//),
    });
    for (const path of ['/', '/demo', '/keyholder/state', '/rpc'])
      expect((await askAs('stamps.example', path)).status).toBe(404);
    expect((await askAs('stamps.example:4774', '/healthcheck')).status).toBe(421);
    expect((await askAs('other.example', '/healthcheck')).status).toBe(421);
  });
});
