import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { openTerminalSession, readAnswer } from '../../../companion/cli/session.ts';
import { openHome } from '../../../companion/home.ts';
import { openVault } from '../../../companion/keyholder/vault.ts';
import { chainsAnswer } from '../../../shared/wire/companion.ts';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hashmark-session-'));
});
afterEach(() => {
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** A program that listens where the home says that its companion does. */
async function grabPort(answer: (headers: unknown) => { status: number; body: string }): Promise<void> {
  server = createServer((request, response) => {
    const { status, body } = answer(request.headers);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const home = openHome(folder);
  openVault(home.vaultPath);
  home.announce(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

describe('openTerminalSession', () => {
  it('should say that no companion was ever started, or that it is gone', async () => {
    await expect(openTerminalSession(folder)).rejects.toMatchObject({ code: 'companion-unreachable' });
    await grabPort(() => ({ status: 200, body: '{}' }));
    await new Promise((resolve) => server?.close(resolve));
    await expect(openTerminalSession(folder)).rejects.toMatchObject({
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
    await expect(openTerminalSession(folder)).rejects.toMatchObject({ code: 'impostor' });
    const { pairings, accounts } = openVault(join(folder, 'vault.json')).content;
    for (const secret of [pairings[0]?.key, accounts[0]?.apiKey, accounts[0]?.secretKey]) {
      expect(seen.join().includes(secret as string)).toBe(false);
    }
  });

  it('should take "starting" for what it is', async () => {
    await grabPort(() => ({ status: 503, body: '{"code":"starting","message":"Try again."}' }));
    await expect(openTerminalSession(folder)).rejects.toMatchObject({ code: 'companion-unreachable' });
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
