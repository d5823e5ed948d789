import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';

import { nodePlatform } from '../../../companion/fingerprint/node-platform.ts';
import { rehydrate } from '../../../companion/rehydrate/rehydrate.ts';
import { encodeBundle } from '../../../shared/evidence/bundle.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import {
  type FakeEndpoint,
  fakeContract,
  fakeNetwork,
  fakeTimeSeconds,
  fakeTransaction,
} from '../../helpers/fake-chain.ts';

const text = (content: string) => new TextEncoder().encode(content);
const cidOf = async (bytes: Uint8Array) => (await fingerprint([bytes], nodePlatform)).cid;

const single = text('a file that was stamped alone');
const member = text('a file of a bundle');
const singleCid = await cidOf(single);
const memberCid = await cidOf(member);
const bundle = encodeBundle([{ cid: memberCid }, { cid: singleCid }]);
const bundleCid = await cidOf(bundle);

const stamps = [
  { value: bundleCid, blockNumber: 1_200 },
  { value: singleCid, blockNumber: 15_000 },
  { value: bundleCid, blockNumber: 31_000 },
];
const isoOf = (blockNumber: number) => new Date(fakeTimeSeconds(blockNumber) * 1000).toISOString();
const rpcUrls = ['http://rpc-a.test/'];
const patience = { attempts: 3, firstDelayMs: 1, longestDelayMs: 2 };

let out: string;
let endpoint: FakeEndpoint;
let contents: Record<string, Uint8Array<ArrayBuffer> | number>;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hashmark-record-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  out = folder;
  endpoint = { head: 35_000, stamps };
  contents = { [bundleCid]: bundle, [singleCid]: single, [memberCid]: member };
});

function run(overrides: Partial<Parameters<typeof rehydrate>[0]> = {}) {
  const network = fakeNetwork({ 'rpc-a.test': endpoint }, contents);
  const result = rehydrate({
    out,
    chain: { contract: fakeContract, rpcUrls, fromBlock: 1_000 },
    gatewayUrl: 'http://gateway.test/ipfs/',
    fetch: network.fetch,
    signal: new AbortController().signal,
    patience,
    ...overrides,
  });
  return { result, requests: network.requests };
}

const read = (name: string) => readFile(join(out, name), 'utf8');
const results = async () => (await read('results.csv')).trim().split('\n').slice(1);

describe('rehydrate', () => {
  it('writes the record in the listed form', async () => {
    expect(await run().result).toMatchObject({
      stamps: 3,
      cids: 3,
      lastBlock: 35_000,
      states: { resolved: 2, unavailable: 0 },
      troubles: [],
    });
    expect(await read('lastblock.txt')).toBe('35000\n');
    expect((await readdir(out)).toSorted()).toEqual([
      'block_1200.json',
      'block_15000.json',
      'block_31000.json',
      'files',
      'lastblock.txt',
      'record.json',
      'results.csv',
    ]);
    expect(JSON.parse(await read('block_15000.json'))).toEqual([
      {
        eventName: 'MappingUpdated',
        args: { value: singleCid },
        transactionHash: fakeTransaction(stamps[1] as (typeof stamps)[number], 1),
        logIndex: '1',
        blockNumber: '15000',
        blockHash: expect.stringMatching(/^0x[0-9a-f]{64}$/),
        timestamp: isoOf(15_000),
      },
    ]);
    expect((await readdir(join(out, 'files'))).toSorted()).toEqual(
      ['assets', `${bundleCid}.json`, `${singleCid}.txt`].toSorted(),
    );
    expect(await readFile(join(out, 'files', `${bundleCid}.json`))).toEqual(Buffer.from(bundle));
  });

  it('names the first stamp of every CID, whichever value covers it', async () => {
    await run().result;
    expect(await read('results.csv')).toMatch(/^TransactionHash,BlockNumber,Timestamp,CID\n/);
    const first = fakeTransaction(stamps[0] as (typeof stamps)[number], 0);
    expect((await results()).toSorted()).toEqual(
      [bundleCid, memberCid, singleCid].map((cid) => `${first},1200,${isoOf(1_200)},${cid}`).toSorted(),
    );
  });

  it('reads in windows that shrink to what the endpoint allows', async () => {
    endpoint.maxWindow = 700;
    const { result, requests } = run();
    expect(await result).toMatchObject({ stamps: 3, lastBlock: 35_000 });
    const ranges = requests.filter((request) => request.includes('eth_getLogs'));
    expect(ranges.length).toBeGreaterThan(50);
  });

  it('goes on where it ended, and reads nothing twice but the last blocks', async () => {
    endpoint.head = 16_000;
    expect(await run().result).toMatchObject({ stamps: 2, lastBlock: 16_000 });
    endpoint.head = 35_000;
    const { result, requests } = run();
    expect(await result).toMatchObject({ stamps: 3, lastBlock: 35_000 });
    expect(requests.find((request) => request.includes('eth_getLogs'))).toContain('"fromBlock":"0x3e41"');
    expect(requests.filter((request) => request.startsWith('GET'))).toEqual([]);
  });

  it('forgets what a reorganisation took back', async () => {
    endpoint.head = 15_020;
    await run().result;
    endpoint.stamps = [stamps[0] as (typeof stamps)[number]];
    expect(await run().result).toMatchObject({ stamps: 1 });
    expect(await readdir(out)).not.toContain('block_15000.json');
  });

  it('reads from an earlier block when that is asked for', async () => {
    await run({ chain: { contract: fakeContract, rpcUrls, fromBlock: 10_000 } }).result;
    expect((await results())[0]).toContain(',15000,');
    expect(await run().result).toMatchObject({ stamps: 3 });
    expect((await results())[0]).toContain(',1200,');
  });

  it('waits for an endpoint that is down for a while', async () => {
    endpoint.isDown = true;
    let waits = 0;
    const network = fakeNetwork({ 'rpc-a.test': endpoint }, contents);
    const { result } = run({
      fetch: (input, init) => {
        if (input.includes('rpc-a') && ++waits === 3) endpoint.isDown = false;
        return network.fetch(input, init);
      },
    });
    expect(await result).toMatchObject({ stamps: 3 });
  });

  it('keeps what was read when the endpoint stays down, and says so', async () => {
    const network = fakeNetwork({ 'rpc-a.test': endpoint }, contents);
    const troubles: string[] = [];
    const { result } = run({
      fetch: (input, init) => {
        if (String(init?.body).includes('"fromBlock":"0x5208"')) endpoint.isDown = true;
        return network.fetch(input, init);
      },
      onTrouble: (sentences) => troubles.push(sentences),
    });
    await expect(result).rejects.toMatchObject({ code: 'rpc-unavailable' });
    expect(troubles).toEqual([
      expect.stringMatching(/rpc-a\.test.*\. Trying again in 0\.001 s \(2 of 3\)\.$/),
      expect.stringMatching(/rpc-a\.test.*\. Trying again in 0\.002 s \(3 of 3\)\.$/),
    ]);
    expect(await read('lastblock.txt')).toBe('20999\n');
    expect(await readdir(out)).toContain('block_15000.json');
    endpoint.isDown = false;
    expect(await run().result).toMatchObject({ stamps: 3, lastBlock: 35_000 });
  });

  it('may be interrupted, and goes on with what it had', async () => {
    const interruption = new AbortController();
    const { result } = run({
      signal: interruption.signal,
      onProgress: (text) => text.startsWith('Reading block 20999') && interruption.abort(),
    });
    await expect(result).rejects.toThrow(/abort/i);
    expect(await read('lastblock.txt')).toBe('20999\n');
    const again = run();
    expect(await again.result).toMatchObject({ stamps: 3, lastBlock: 35_000, states: { resolved: 2 } });
    expect(again.requests.find((request) => request.includes('eth_getLogs'))).toContain(
      '"fromBlock":"0x51c8"',
    );
  });

  it('rests on nothing that endpoints disagree on', async () => {
    const network = fakeNetwork(
      { 'rpc-a.test': endpoint, 'rpc-b.test': { ...endpoint, stamps: [] } },
      contents,
    );
    const urls = [...rpcUrls, 'http://rpc-b.test/'];
    const { result } = run({
      fetch: network.fetch,
      chain: { contract: fakeContract, rpcUrls: urls, fromBlock: 1_000 },
    });
    await expect(result).rejects.toMatchObject({
      code: 'rpc-disagreement',
      message: expect.stringMatching(/rpc-a\.test has 1, rpc-b\.test has 0/),
    });
    expect(await readdir(out)).not.toContain('block_1200.json');
  });

  it('refuses a folder that is about another contract', async () => {
    await run().result;
    const chain = { contract: `0x${'bb'.repeat(20)}` as const, rpcUrls, fromBlock: 1_000 };
    await expect(run({ chain }).result).rejects.toMatchObject({ code: 'record-foreign' });
  });

  it('shows no key that stands in the URL of an endpoint', async () => {
    endpoint.isDown = true;
    const chain = {
      contract: fakeContract as `0x${string}`,
      rpcUrls: ['http://rpc-a.test/v2/s3cr3t?key=s3cr3t'],
      fromBlock: 1,
    };
    const error = await run({ chain }).result.catch((reason: Error) => reason);
    expect(String(error)).toMatch(/rpc-a\.test/);
    expect(String(error)).not.toMatch(/s3cr3t/);
  });
});

describe('rehydrate with a gateway', () => {
  it('keeps no bytes that do not hash to their CID', async () => {
    contents[singleCid] = text('something else');
    expect(await run().result).toMatchObject({ states: { resolved: 1, mismatch: 1 }, cids: 3 });
    expect(await readdir(join(out, 'files'))).not.toContain(`${singleCid}.txt`);
  });

  it('tells of each failed try to reach a chain that never answered', async () => {
    endpoint.isDown = true;
    const troubles: string[] = [];
    const { result } = run({ onTrouble: (sentences) => troubles.push(sentences) });
    await expect(result).rejects.toMatchObject({
      code: 'rpc-unavailable',
      message: expect.stringContaining('Check the URLs given with --rpc.'),
    });
    expect(troubles).toHaveLength(patience.attempts - 1);
  });

  it('says what it has no public content for, and what it could not ask for', async () => {
    contents[singleCid] = 404;
    contents[bundleCid] = 500;
    const told: string[] = [];
    const summary = await run({ onTrouble: (sentences) => told.push(sentences) }).result;
    expect(told).toEqual(['gateway.test answered HTTP 500. What cannot be fetched is tried 3 times.']);
    expect(summary).toMatchObject({ states: { 'not-public': 1, unavailable: 1 }, cids: 2 });
    expect(summary.troubles.toSorted()).toEqual([
      expect.stringContaining('HTTP'),
      expect.stringContaining('HTTP'),
    ]);
    contents[bundleCid] = bundle;
    expect(await run().result).toMatchObject({ states: { 'not-public': 1, unavailable: 0 }, cids: 3 });
  });

  it('fetches the files of bundles when they are asked for', async () => {
    await run().result;
    expect(await readdir(join(out, 'files', 'assets'))).toEqual([]);
    await run({ withAssets: true }).result;
    expect(await readdir(join(out, 'files', 'assets'))).toEqual([`${memberCid}.txt`]);
  });

  it('without one makes the record of what the folder holds', async () => {
    const { result, requests } = run({ gatewayUrl: undefined });
    expect(await result).toMatchObject({ states: { 'not-public': 2 }, cids: 2 });
    expect(requests.filter((request) => request.startsWith('GET'))).toEqual([]);
  });
});

describe('rehydrate with a folder to import', () => {
  /** As another program left it: many blocks in a file, numbers in both forms, a half file. */
  async function createForeignFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'hashmark-foreign-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const log = (position: number, more: object = {}) => {
      const stamp = stamps[position] as (typeof stamps)[number];
      return {
        address: fakeContract,
        topics: [],
        data: '0x',
        eventName: 'MappingUpdated',
        args: { value: position === 0 ? `ipfs://${stamp.value}` : stamp.value },
        transactionHash: fakeTransaction(stamp, position),
        logIndex: position,
        blockNumber: String(stamp.blockNumber),
        blockHash: `0x${stamp.blockNumber.toString(16).padStart(64, '0')}`,
        timestamp: isoOf(stamp.blockNumber),
        ...more,
      };
    };
    await writeFile(join(folder, 'block_16000.json'), JSON.stringify([log(0), log(1)]));
    await writeFile(join(folder, 'block_16001.json'), JSON.stringify({ logs: [log(1)] }));
    await writeFile(join(folder, 'lastblock.txt'), '16001');
    await mkdir(join(folder, 'files', 'assets'), { recursive: true });
    await writeFile(join(folder, 'files', `${bundleCid}.json`), bundle);
    await writeFile(join(folder, 'files', `${singleCid}.txt`), single.subarray(0, 5));
    await writeFile(join(folder, 'files', 'assets', `${memberCid}.txt`), member);
    return folder;
  }

  it('takes over stamps and whole contents, without any network', async () => {
    const importFrom = await createForeignFolder();
    const { result, requests } = run({ importFrom, chain: undefined, gatewayUrl: undefined });
    expect(await result).toMatchObject({ stamps: 2, cids: 3, lastBlock: 16_001 });
    expect(requests).toEqual([]);
    expect((await readdir(out)).filter((name) => name.startsWith('block_')).toSorted()).toEqual([
      'block_1200.json',
      'block_15000.json',
    ]);
    expect(await readdir(join(out, 'files', 'assets'))).toEqual([`${memberCid}.txt`]);
    expect(await readdir(join(out, 'files'))).not.toContain(`${singleCid}.txt`);
  });

  it('goes on from there', async () => {
    const importFrom = await createForeignFolder();
    const { result, requests } = run({ importFrom });
    expect(await result).toMatchObject({ stamps: 3, lastBlock: 35_000, states: { resolved: 2 } });
    expect(requests.find((request) => request.includes('eth_getLogs'))).toContain('"fromBlock":"0x3e42"');
    expect(requests.filter((request) => request.startsWith('GET'))).toEqual([`GET /ipfs/${singleCid}`]);
  });

  it('goes on in the folder itself', async () => {
    out = await createForeignFolder();
    expect(await run().result).toMatchObject({ stamps: 3, states: { resolved: 2 } });
    expect(await readdir(out)).not.toContain('block_16000.json');
  });

  it('refuses a folder that is no record, and leaves it as it is', async () => {
    const importFrom = await mkdtemp(join(tmpdir(), 'hashmark-no-record-'));
    onTestFinished(() => rm(importFrom, { recursive: true, force: true }));
    await writeFile(join(importFrom, 'holiday.txt'), 'sun');
    const options = { chain: undefined, gatewayUrl: undefined };
    for (const path of [importFrom, join(importFrom, 'missing'), join(importFrom, 'holiday.txt')]) {
      await expect(run({ ...options, out: path, importFrom: path }).result).rejects.toMatchObject({
        code: 'record-missing',
        message: expect.stringContaining(path),
      });
    }
    expect(await readdir(importFrom)).toEqual(['holiday.txt']);
  });

  it('names the file that is not what it should be', async () => {
    const importFrom = await createForeignFolder();
    await writeFile(join(importFrom, 'block_16000.json'), '[{"args":{}}]');
    await expect(run({ importFrom }).result).rejects.toMatchObject({
      code: 'record-broken',
      message: expect.stringContaining('block_16000.json'),
    });
  });
});
