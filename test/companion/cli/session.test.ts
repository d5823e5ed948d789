import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openTerminalSession, readAnswer } from '../../../companion/cli/session.ts';
import { runStamp } from '../../../companion/cli/stamp.ts';
import { openHome } from '../../../companion/home.ts';
import { openVault } from '../../../companion/keyholder/vault.ts';
import { chainsAnswer } from '../../../shared/wire/companion.ts';
import { spawnHashmark } from '../../helpers/hashmark-command.ts';
import { sampleState, startKeyholder } from '../../helpers/keyholder-server.ts';
import { createRecordingIo } from './recording-io.ts';

const { signal } = new AbortController();

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hashmark-session-'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** A program that listens where the home says that its companion does, and may keep who asks waiting for ever. */
async function grabPort(
  answer: (headers: unknown) => { status: number; body: string } | undefined,
): Promise<void> {
  server = createServer((request, response) => {
    const given = answer(request.headers);
    if (given) response.writeHead(given.status, { 'content-type': 'application/json' }).end(given.body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const home = openHome(folder);
  openVault(home.vaultPath);
  home.announce(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

describe('openTerminalSession', () => {
  it('should say that no companion was ever started, or that it is gone', async () => {
    await expect(openTerminalSession(folder, signal)).rejects.toMatchObject({
      code: 'companion-unreachable',
    });
    await grabPort(() => ({ status: 200, body: '{}' }));
    await new Promise((resolve) => server?.close(resolve));
    await expect(openTerminalSession(folder, signal)).rejects.toMatchObject({
      code: 'companion-unreachable',
      message: expect.stringContaining(folder),
    });
  });

  it('should not believe a program that took the port, nor tell it a secret', async () => {
    const seen: string[] = [];
    await grabPort((headers) => {
      seen.push(JSON.stringify(headers));
      return { status: 200, body: '{"version":"9","account":"embedded","issuers":[]}' };
    });
    await expect(openTerminalSession(folder, signal)).rejects.toMatchObject({ code: 'impostor' });
    const { pairings, accounts } = openVault(join(folder, 'vault.json')).content;
    for (const secret of [pairings[0]?.key, accounts[0]?.apiKey, accounts[0]?.secretKey]) {
      expect(seen.join().includes(secret as string)).toBe(false);
    }
  });

  it('should take "starting" for what it is', async () => {
    await grabPort(() => ({ status: 503, body: '{"code":"starting","message":"Try again."}' }));
    await expect(openTerminalSession(folder, signal)).rejects.toMatchObject({
      code: 'companion-unreachable',
    });
  });
});

describe('an interrupt while the companion keeps it waiting', () => {
  it('should end the session’s request', async () => {
    const interruption = new AbortController();
    await grabPort(() => void interruption.abort());
    await expect(openTerminalSession(folder, interruption.signal)).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  it('should end `stamp`', async () => {
    const interruption = new AbortController();
    await grabPort(() => void interruption.abort());
    const io = createRecordingIo(interruption.signal);
    expect(await runStamp({ files: [import.meta.filename], home: folder }, io)).toBe(130);
    expect(io.err).toEqual([]);
  });

  it('should end any verb, with the exit code of an interrupt', async () => {
    const asked = Promise.withResolvers<void>();
    await grabPort(() => void asked.resolve());
    const { child, ended } = spawnHashmark(['pair', '--home', folder]);
    await asked.promise;
    child.kill('SIGINT');
    expect(await ended).toEqual({ code: 130, signal: null });
  });
});

describe('a companion of another version', () => {
  it('should be told from an impostor by the state that it signed', async () => {
    const keyholder = await startKeyholder();
    try {
      const home = dirname(keyholder.vaultPath);
      writeFileSync(join(home, 'companion.json'), JSON.stringify({ url: keyholder.url, pid: process.pid }));
      const { fetch } = await openTerminalSession(home, signal);
      await expect(fetch('/unsigned')).rejects.toMatchObject({
        code: 'companion-outdated',
        message: expect.stringContaining(`(Hashmark ${sampleState.version})`),
      });
      const refusal = await fetch('/keyholder/something/new');
      expect(refusal.status).toBe(404);
      await expect(readAnswer(chainsAnswer, refusal)).rejects.toMatchObject({ code: 'no-route' });
    } finally {
      await keyholder.close();
    }
  });

  it('should be asked to be started again when its answer is not understood', async () => {
    for (const answer of [Response.json({ chain: [] }), Response.json({ why: 'because' }, { status: 500 })]) {
      await expect(readAnswer(chainsAnswer, answer)).rejects.toMatchObject({
        code: 'companion-outdated',
        message: expect.stringContaining('start it again'),
      });
    }
  });
});

describe('readAnswer', () => {
  it('should give what was asked for', async () => {
    expect(await readAnswer(chainsAnswer, Response.json({ chains: [] }))).toEqual({ chains: [] });
  });

  it("should throw the companion's own words when it failed", async () => {
    const body = { success: false, code: 'chains-unreadable', message: 'The chains are damaged.' };
    await expect(readAnswer(chainsAnswer, Response.json(body, { status: 500 }))).rejects.toMatchObject({
      code: 'chains-unreadable',
      message: 'The chains are damaged.',
    });
  });
});
