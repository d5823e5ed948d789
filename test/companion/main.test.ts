import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createLocalReader } from '../helpers/chain-reader.ts';
import { createFolder } from '../helpers/create-folder.ts';
import { eventually } from '../helpers/eventually.ts';
import { runHashmark, spawnHashmark } from '../helpers/hashmark-command.ts';
import { createTestExtension } from '../helpers/keyholder-server.ts';
import { type RunningCompanion, startCompanion } from '../helpers/running-companion.ts';

let folder: string;
let home: string;
const running: RunningCompanion[] = [];

async function start({ port }: { port?: number } = {}) {
  const companion = await startCompanion({ home, port });
  running.push(companion);
  return companion;
}

beforeEach(() => {
  folder = createFolder();
  home = join(folder, 'home');
});
afterEach(async () => {
  for (const companion of running.splice(0)) await companion.end('SIGKILL');
});

describe('hashmark start', () => {
  it('should print one line of JSON when it is ready, and nothing else on standard output', async () => {
    const companion = await start();
    expect(companion.ready).toEqual({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      home,
      chain: {
        id: expect.any(Number),
        rpcUrl: `${companion.ready.url}/rpc`,
        contract: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
      },
      pairingCode: expect.stringMatching(/^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$/),
    });
    expect(companion.ready.chain.id).toBeGreaterThanOrEqual(4_774_000_000);
    expect(companion.ready.chain.id).toBeLessThan(4_775_000_000);
    const health = await fetch(`${companion.ready.url}/healthcheck`);
    expect(await health.json()).toMatchObject({ status: 'ok' });
    expect(companion.output().stdout.trim().split('\n')).toHaveLength(1);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'should end in order on %s, also with event streams open',
    async (signal) => {
      const companion = await start();
      const { client } = createTestExtension();
      await client.pair(companion.ready.url, companion.ready.pairingCode);
      const events = client.openEvents({})[Symbol.asyncIterator]();
      expect(await events.next()).toMatchObject({ value: { event: { type: 'connection.established' } } });

      const { code, ms } = await companion.end(signal);
      expect(code).toBe(0);
      expect(ms).toBeLessThan(5_000);
      await expect(drain(events)).resolves.toBeUndefined();
      // The next one finds everything free.
      const again = await start();
      expect((await again.end(signal)).code).toBe(0);
    },
  );

  it('should say that the port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const { code, stdout, stderr } = await runHashmark(startArgs(port));
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expectOneSentence(stderr, `Port ${port}`);
    } finally {
      server.close();
    }
  });

  it('should say that its home cannot be written to', async () => {
    writeFileSync(home, 'a file where the folder should be');
    const { code, stdout, stderr } = await runHashmark(startArgs(0));
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expectOneSentence(stderr, home);
    expect(readFileSync(home, 'utf8')).toBe('a file where the folder should be');
  });

  it('should say that another companion uses the home, and leave that one alone', async () => {
    const first = await start();
    const { code, stderr } = await runHashmark(startArgs(0));
    expect(code).toBe(1);
    expectOneSentence(stderr, first.ready.url);
    expect((await fetch(`${first.ready.url}/healthcheck`)).status).toBe(200);
    expect((await runHashmark(['pair', '--home', home])).code).toBe(0);
  });

  it('should say that the vault is damaged, and not touch it', async () => {
    await (await start()).stop({ keepHome: true });
    const vaultPath = join(home, 'vault.json');
    const damaged = readFileSync(vaultPath, 'utf8').slice(0, -40);
    writeFileSync(vaultPath, damaged);
    const { code, stderr } = await runHashmark(startArgs(0));
    expect(code).toBe(1);
    expectOneSentence(stderr, vaultPath);
    expect(readFileSync(vaultPath, 'utf8')).toBe(damaged);
    expect(stderr).not.toMatch(/[0-9a-f]{64}/);
  });

  it('should go on after kill -9 with the same keys, the same chain and every stamp', async () => {
    const first = await start();
    const file = join(folder, 'kept.txt');
    writeFileSync(file, 'kept over a kill -9');
    const stamped = await runHashmark(['stamp', '--json', '--home', home, file]);
    expect(stamped).toMatchObject({ code: 0, stderr: '' });
    const { transaction } = JSON.parse(stamped.stdout);
    const { client } = createTestExtension();
    await client.pair(first.ready.url, first.ready.pairingCode);
    const before = await createLocalReader(first.ready.chain.rpcUrl).readBlocks();

    await first.end('SIGKILL');
    const refused = await runHashmark(['pair', '--home', home]);
    expect(refused.code).toBe(1);
    expectOneSentence(refused.stderr, home);

    const second = await start({ port: Number(new URL(first.ready.url).port) });
    expect(second.ready.chain).toEqual(first.ready.chain);
    expect(await createLocalReader(second.ready.chain.rpcUrl).readBlocks()).toEqual(before);
    // The pairing outlives the companion.
    expect(await client.state()).toMatchObject({ status: 'connected' });
    const verified = await runHashmark(['verify', '--json', '--home', home, file]);
    expect(verified.code).toBe(0);
    expect(JSON.parse(verified.stdout)).toMatchObject({ outcome: 'confirmed', record: { transaction } });
  });

  it('should keep its secrets to the user', async () => {
    await start();
    expect(statSync(home).mode & 0o777).toBe(0o700);
    for (const name of ['vault.json', 'ledger.sqlite', 'companion.json']) {
      expect([name, statSync(join(home, name)).mode & 0o077]).toEqual([name, 0]);
    }
  });

  it('should write no secret into its log, whatever is asked of it', async () => {
    const companion = await start();
    const { url } = companion.ready;
    const { apiKey, secretKey, originstampKey } = JSON.parse(
      (await runHashmark(['credentials', '--home', home])).stdout,
    );
    const { client } = createTestExtension();
    await client.pair(url, companion.ready.pairingCode);
    await client.signedFetch(await client.accountBaseUrl());
    await fetch(`${url}/webhook/${apiKey}`, { headers: { 'secret-key': secretKey } });
    await fetch(`${url}/webhook/${apiKey}`, { headers: { 'secret-key': 'wrong' } });
    await fetch(`${url}/webhook/${apiKey}/events/stream?secret-key=wrong-${secretKey}`);
    await fetch(`${url}/webhook/${apiKey}`, {
      method: 'POST',
      headers: { 'secret-key': secretKey, 'content-type': 'multipart/form-data; boundary=x' },
      body: 'broken',
    });
    await fetch(`${url}/keyholder/state`, { headers: { origin: 'https://evil.example' } });
    await companion.stop({ keepHome: true });
    const { stderr } = companion.output();
    expect(stderr).toContain('evil.example');
    const vault = JSON.parse(readFileSync(join(home, 'vault.json'), 'utf8'));
    const secrets: string[] = [
      apiKey,
      secretKey,
      originstampKey,
      companion.ready.pairingCode,
      vault.linkSigningKey,
      vault.localChain.walletKey,
      vault.localChain.walletKey.slice(2),
      ...vault.pairings.map(({ key }: { key: string }) => key),
    ];
    for (const secret of secrets) expect(stderr.includes(secret)).toBe(false);
  });
});

describe('the verbs', () => {
  it('should explain themselves', async () => {
    const { code, stdout } = await runHashmark(['--help']);
    expect(code).toBe(0);
    for (const verb of ['start', 'pair', 'credentials', 'fingerprint', 'stamp', 'verify']) {
      expect(stdout).toContain(`  ${verb} `);
      const help = await runHashmark([verb, '--help']);
      expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--home'), stderr: '' });
    }
  });

  it.each([
    ['no verb', []],
    ['an unknown verb', ['stmp', 'a.txt']],
    ['an unknown option', ['pair', '--colour']],
    ['no file', ['stamp']],
    ['a port that is none', ['start', '--port', '123456']],
    ['an argument too many', ['credentials', 'all']],
    ['a second list', ['stamp', '--list', 'a', '--list', 'b']],
    ['a second proof', ['verify', 'a', '--proof', 'a', '--proof=a']],
    ['a second home', ['settings', 'list', '--home', 'a', '--home', 'a']],
    ['a second port', ['start', '--port', '1', '--port', '1']],
  ])('should refuse %s with 64', async (_what, args) => {
    const { code, stdout, stderr } = await runHashmark(args);
    expect(code).toBe(64);
    expect(stdout).toBe('');
    expect(stderr).not.toBe('');
  });

  it.runIf(process.platform !== 'win32')(
    'should end at once on a second Ctrl-C, also when they hang in a call into the system',
    async () => {
      // Reading a pipe into which nobody writes does not return.
      const pipe = join(folder, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const { child, ended } = spawnHashmark(['stamp', '--list', pipe, '--home', home]);
      const writer = await eventually('it reads', () => {
        try {
          return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
        } catch {
          return undefined;
        }
      });
      let interrupts = 0;
      const timer = setInterval(() => {
        if (child.kill('SIGINT')) interrupts++;
      }, 200);
      const { signal } = await ended.finally(() => {
        clearInterval(timer);
        closeSync(writer);
      });
      expect(signal).toBe('SIGINT');
      // One that follows at once is the same Ctrl-C, passed on by npm.
      expect(interrupts).toBeGreaterThan(2);
    },
  );

  it('should not pass for a success when what it printed could not be written', async () => {
    const file = join(folder, 'sample');
    writeFileSync(file, 'content');
    const onlyForReading = openSync(file, 'r');
    const { code, stderr } = await runHashmark(['fingerprint', file, file], {
      stdout: onlyForReading,
    }).finally(() => closeSync(onlyForReading));
    expect(code).toBe(1);
    expectOneSentence(stderr, 'not complete');
  });

  it('should show a fresh code that works, and end the one before', async () => {
    const companion = await start();
    const { stdout } = await runHashmark(['pair', '--json'], { env: { HASHMARK_HOME: home } });
    const { pairingCode, url } = JSON.parse(stdout);
    expect(url).toBe(companion.ready.url);
    const { client } = createTestExtension();
    await expect(client.pair(url, companion.ready.pairingCode)).rejects.toMatchObject({
      code: 'code-expired',
    });
    await client.pair(url, pairingCode);
    expect(await client.state()).toMatchObject({ status: 'connected', chain: { isLocal: true } });
  });

  it('should print credentials that other tools can use', async () => {
    await start();
    const { code, stdout } = await runHashmark(['credentials', '--home', home]);
    expect(code).toBe(0);
    const credentials = JSON.parse(stdout);
    expect(Object.keys(credentials)).toEqual(['apiKey', 'secretKey', 'webhookUrl', 'originstampKey']);
    const groups = await fetch(credentials.webhookUrl, { headers: { 'secret-key': credentials.secretKey } });
    expect(await groups.json()).toMatchObject({ success: true, groups: [{ name: 'Hashmark demo' }] });
  });

  it.each(['pair', 'credentials'])('should say that no companion runs, when %s needs one', async (verb) => {
    const { code, stdout, stderr } = await runHashmark([verb, '--home', home]);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expectOneSentence(stderr, home);
  });
});

function startArgs(port: number): string[] {
  return ['start', '--port', String(port), '--no-build', '--json', '--home', home];
}

/** One clear line that names what it is about, and no stack trace. */
function expectOneSentence(stderr: string, about: string): void {
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).toContain(about);
  expect(stderr).toMatch(/^hashmark: [A-Z]/);
}

async function drain(events: AsyncIterator<unknown>): Promise<void> {
  while (!(await events.next()).done);
}
