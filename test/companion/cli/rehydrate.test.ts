import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { exitCodes } from '../../../companion/cli/io.ts';
import { runRehydrate } from '../../../companion/cli/rehydrate.ts';
import { runHashmark } from '../../helpers/hashmark-command.ts';
import { type RunningCompanion, startCompanion } from '../../helpers/running-companion.ts';
import { createRecordingIo } from './recording-io.ts';

let companion: RunningCompanion;
let folder: string;
let out: string;
let credentials: { webhookUrl: string; secretKey: string };
/** What was stamped: CIDs in one group, and the transaction. */
let stamped: { cids: string[]; transaction: string; bundle: string };

async function readCredentials() {
  return JSON.parse((await runHashmark(['credentials', '--home', companion.home])).stdout);
}

async function ask(method: string, headers: Record<string, string>, body?: RequestInit['body']) {
  const response = await fetch(credentials.webhookUrl, {
    method,
    headers: { 'secret-key': credentials.secretKey, ...headers },
    body,
  });
  return (await response.json()) as Record<string, unknown>;
}

const rehydrate = (...args: string[]) => runHashmark(['rehydrate', '--home', companion.home, ...args]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hashmark-rehydrate-'));
  out = join(folder, 'record');
  companion = await startCompanion();
  credentials = await readCredentials();
  const cids: string[] = [];
  for (const content of ['one of two', 'two of two']) {
    const form = new FormData();
    form.append('file', new File([content], 'file.txt', { type: 'text/plain' }));
    cids.push(String((await ask('POST', { 'group-id': 'Both', network: 'public' }, form)).hash));
  }
  const stamp = await ask('PATCH', { 'group-id': 'Both' });
  stamped = { cids, transaction: String(stamp.transaction_id), bundle: String(stamp.postmark_hash) };
});
afterAll(async () => {
  await companion.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('hashmark rehydrate', () => {
  it('rebuilds a record from nothing but a chain and a gateway', async () => {
    const { url, chain } = companion.ready;
    const args = ['--contract', chain.contract, '--rpc', chain.rpcUrl, '--from', '0'];
    const first = await rehydrate(...args, '--gateway', `${url}/ipfs`, '--assets', '--out', out, '--json');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    // The sample diploma of a new home is stamped, too.
    expect(JSON.parse(first.stdout)).toMatchObject({ out, stamps: 2, cids: 4, states: { resolved: 2 } });
    const rows = (await readFile(join(out, 'results.csv'), 'utf8')).trim().split('\n');
    for (const cid of [...stamped.cids, stamped.bundle]) {
      expect(
        rows.filter((row) => row.startsWith(`${stamped.transaction},`) && row.endsWith(`,${cid}`)),
      ).toHaveLength(1);
    }
    expect(await readdir(join(out, 'files'))).toContain(`${stamped.bundle}.json`);
    expect((await readdir(join(out, 'files', 'assets'))).toSorted()).toEqual(
      stamped.cids.map((cid) => `${cid}.txt`).toSorted(),
    );

    const again = await rehydrate(...args, '--out', out);
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^2 stamps of 4 CIDs, up to block \d+\.\nThe record is in /);
  });

  it('is interrupted at once, even while an endpoint keeps it waiting', async () => {
    const interruption = new AbortController();
    // It never answers; the user loses patience.
    const tarPit = createServer(() => interruption.abort());
    await new Promise<void>((resolve) => tarPit.listen(0, '127.0.0.1', resolve));
    try {
      const rpc = `http://127.0.0.1:${(tarPit.address() as AddressInfo).port}`;
      const io = createRecordingIo(interruption.signal);
      const options = { contract: `0x${'11'.repeat(20)}`, rpc: [rpc], from: '0', out: join(folder, 'pit') };
      expect(await runRehydrate({ ...options, home: companion.home }, io)).toBe(exitCodes.interrupted);
    } finally {
      tarPit.closeAllConnections();
      tarPit.close();
    }
  });

  it.each([
    ['nothing', [], 'name a contract with --contract'],
    ['no contract', ['--contract', '0x12'], '40 hex digits'],
    ['no endpoint', ['--contract', `0x${'ab'.repeat(20)}`], '--rpc'],
    ['no block', ['--contract', `0x${'ab'.repeat(20)}`, '--rpc', 'http://127.0.0.1:9'], '--from'],
    [
      'a file as endpoint',
      ['--contract', `0x${'ab'.repeat(20)}`, '--rpc', 'file:///etc', '--from', '1'],
      '--rpc',
    ],
    ['a chain without a contract', ['--import', '.', '--rpc', 'http://127.0.0.1:9'], '--contract'],
    ['assets from nowhere', ['--import', '.', '--assets'], '--gateway'],
    ['a ledger of a contract', ['--ledger', '--contract', `0x${'ab'.repeat(20)}`], '--ledger'],
  ])('with %s exits with 64 and says why', async (_what, args, why) => {
    const { code, stdout, stderr } = await rehydrate(...args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toMatch(/^hashmark rehydrate: /);
    expect(stderr).toContain(why);
  });
});

describe('hashmark rehydrate --ledger', () => {
  it('waits until the companion has ended', async () => {
    const { code, stderr } = await rehydrate('--ledger');
    expect(code).toBe(1);
    expect(stderr).toMatch(/stop it first/);
  });

  it('leaves a new home as one that was never started', async () => {
    const home = join(folder, 'new home');
    expect(await runRehydrate({ ledger: true, home, json: true }, createRecordingIo())).toBe(exitCodes.ok);
    expect((await readdir(home)).toSorted()).toEqual(['chain', 'content', 'lock.sqlite']);
  });

  it('gives a home back its stamps when ledger and content are lost', async () => {
    await companion.stop({ keepHome: true });
    const { home } = companion;
    for (const name of await readdir(home)) {
      if (name.startsWith('ledger.sqlite') || name === 'content')
        await rm(join(home, name), { recursive: true });
    }
    const { code, stdout } = await rehydrate('--ledger', '--import', out, '--json');
    expect({ code, answer: JSON.parse(stdout) }).toEqual({ code: 0, answer: { home, contents: 4 } });

    companion = await startCompanion({ home });
    credentials = await readCredentials();
    for (const cid of stamped.cids) {
      expect(await ask('GET', { hash: cid })).toMatchObject({
        success: true,
        data: { foreign_tx_id: stamped.transaction, is_bulk: stamped.bundle },
      });
    }
    // A home that starts again has its sample stamped, and does not stamp it twice.
    const { url, chain } = companion.ready;
    const record = join(folder, 'again');
    const args = ['--contract', chain.contract, '--rpc', chain.rpcUrl, '--from', '0', '--out', record];
    const rebuilt = await rehydrate(...args, '--gateway', `${url}/ipfs/`, '--json');
    expect(JSON.parse(rebuilt.stdout)).toMatchObject({ stamps: 2, cids: 4 });
  });
});
