import 'fake-indexeddb/auto';

import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createMirror, type Mirror } from '../../../extension/mirror/mirror.ts';
import { type MirrorDatabase, openMirrorDatabase } from '../../../extension/mirror/mirror-db.ts';
import { createMirrorStore, type MirrorStore } from '../../../extension/mirror/mirror-store.ts';
import { encodeBundle } from '../../../shared/evidence/bundle.ts';
import type { Issuer } from '../../../shared/evidence/issuer.ts';
import { createVerifier } from '../../../shared/evidence/verifier.ts';
import { cidOfBlockHash } from '../../../shared/fingerprint/cid.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { type FakeEndpoint, fakeIssuer, fakeNetwork } from '../../helpers/fake-chain.ts';

const text = (content: string) => new TextEncoder().encode(content);
const hello = await fingerprint([text('hello world')], jsPlatform);
const single = await fingerprint([text('single')], jsPlatform);
const bundleBytes = encodeBundle([{ cid: hello.cid, digest: hello.digest }]);
const bundle = await fingerprint([bundleBytes], jsPlatform);

let database: MirrorDatabase;
let store: MirrorStore;
let endpoint: FakeEndpoint;
let contents: Record<string, Uint8Array<ArrayBuffer> | number>;
let issuers: Issuer[];
let nowMs: number;
let changes: boolean[];
let requests: string[];
let mirror: Mirror;
let fetch: ReturnType<typeof fakeNetwork>['fetch'];

beforeEach(async () => {
  database = await openMirrorDatabase('test-mirror');
  store = createMirrorStore(database);
  endpoint = {
    stamps: [
      { value: single.cid, blockNumber: 3 },
      { value: bundle.cid, blockNumber: 8 },
    ],
    head: 100,
  };
  contents = { [bundle.cid]: bundleBytes, [single.cid]: text('single') };
  issuers = [fakeIssuer()];
  nowMs = 1_000_000;
  changes = [];
  ({ fetch, requests } = fakeNetwork({ 'rpc-a.test': endpoint, 'rpc-b.test': endpoint }, contents));
  mirror = createMirror({
    store,
    issuers: async () => issuers,
    fetch,
    platform: jsPlatform,
    now: () => nowMs,
    onChange: (hasNewStamps) => changes.push(hasNewStamps),
  });
});

afterEach(async () => {
  database.close();
  await deleteDB('test-mirror');
});

const find = async (...hashes: string[]) => {
  const found = await mirror.index.find(hashes.map((value) => ({ kind: 'cid' as const, value })));
  return [...found.keys()];
};

describe('sync', () => {
  it('should find values, members of bundles and their digests, and no more', async () => {
    await mirror.sync();
    const wanted = [single.cid, single.digest, bundle.cid, hello.cid, hello.digest];
    expect(await find(...wanted, cidOfBlockHash(new Uint8Array(32)), 'f'.repeat(64))).toEqual(wanted);
    expect(await mirror.index.gaps()).toEqual([]);
    expect(await mirror.state()).toMatchObject([
      { stampCount: 2, lastBlock: 100, syncedAtMs: nowMs, problem: undefined, isSyncing: false },
    ]);
    expect(changes).toEqual([true]);
  });

  it('should be enough for a verifier without asking the gateway again', async () => {
    await mirror.sync();
    requests.length = 0;
    const verifier = createVerifier({ index: mirror.index, fetch, platform: jsPlatform });
    const verdict = await verifier.verify({ kind: 'digest', value: hello.digest });
    expect(verdict).toMatchObject({ outcome: 'confirmed', record: { value: bundle.cid, isBundle: true } });
    expect(requests.some((request) => request.startsWith('GET'))).toBe(false);
  });

  it('should go on where it stopped, a few blocks earlier', async () => {
    await mirror.sync();
    endpoint.head = 200;
    endpoint.stamps?.push({ value: hello.cid, blockNumber: 150 });
    requests.length = 0;
    await mirror.sync();
    expect(requests.find((request) => request.includes('eth_getLogs'))).toContain('"fromBlock":"0x25"'); // 101 - 64
    expect(requests.filter((request) => request.startsWith('GET'))).toEqual([`GET /ipfs/${hello.cid}`]);
    expect((await mirror.state())[0]).toMatchObject({ stampCount: 3, lastBlock: 200 });
  });

  it('should resume after the worker was ended in the middle', async () => {
    endpoint.head = 30_000;
    const windows = store.saveWindow;
    store.saveWindow = async (key, window) => {
      if (window.fromBlock > 1) throw new Error('worker ended');
      return windows(key, window);
    };
    await expect(mirror.sync()).rejects.toThrow('worker ended');
    store.saveWindow = windows;
    requests.length = 0;
    await mirror.sync();
    expect(requests.find((request) => request.includes('eth_getLogs'))).toContain('"fromBlock":"0x26d1"'); // 10001 - 64
    expect(await find(single.cid)).toEqual([single.cid]);
  });

  it('should drop what a reorganisation took away', async () => {
    await mirror.sync();
    endpoint.stamps = [{ value: single.cid, blockNumber: 60 }];
    await mirror.sync();
    endpoint.head = 101;
    await store.forgetLog(
      (await mirror.state())[0]?.issuerKey ?? '',
      { value: bundle.cid, blockNumber: 8, logIndex: 1, transaction: '0x', blockHash: '0x' },
      64,
    );
    await mirror.sync();
    expect(await find(single.cid, hello.cid)).toEqual([single.cid]);
    expect((await mirror.state())[0]?.stampCount).toBe(1);
  });

  it('should read anew where a stamp vanished while a read was under way', async () => {
    await mirror.sync();
    endpoint.head = 30_000;
    const [gone] = (await store.find([single.cid])).get(single.cid) ?? [];
    if (!gone) throw new Error('It was not found.');
    const { saveWindow } = store;
    let forgotten: Promise<void> | undefined;
    store.saveWindow = (key, window) => {
      // Deeper than what every read looks at again: only the verifier notices.
      endpoint.stamps = [{ value: single.cid, blockNumber: 5 }];
      forgotten ??= mirror.forget(fakeIssuer(), gone.log);
      return saveWindow(key, window);
    };
    await mirror.sync();
    await forgotten;
    store.saveWindow = saveWindow;
    await mirror.sync();
    const found = (await store.find([single.cid])).get(single.cid);
    expect(found).toMatchObject([{ log: { blockNumber: 5 } }]);
  });

  it('should say that absence proves nothing while the chain cannot be read, and recover', async () => {
    endpoint.isDown = true;
    await mirror.sync();
    expect(await mirror.index.gaps()).toEqual([
      expect.stringMatching(/^Test issuer on Test chain: .*rpc-a\.test did not answer/),
    ]);
    endpoint.isDown = false;
    await mirror.sync();
    expect(await mirror.index.gaps()).toEqual([]);
    expect(changes).toEqual([false, true]);
  });

  it('should keep what it knew while the chain cannot be read', async () => {
    await mirror.sync();
    endpoint.isDown = true;
    nowMs += 60_000;
    await mirror.sync();
    expect(await find(hello.cid)).toEqual([hello.cid]);
    expect((await mirror.state())[0]).toMatchObject({ syncedAtMs: 1_000_000, problem: expect.any(String) });
  });

  it('should try a gateway again that was down, later and later', async () => {
    contents[bundle.cid] = 0;
    await mirror.sync();
    expect(await find(hello.cid, bundle.cid)).toEqual([bundle.cid]);
    expect(await mirror.index.gaps()).toEqual([expect.stringMatching(/could not be read completely/)]);
    contents[bundle.cid] = bundleBytes;
    requests.length = 0;
    await mirror.sync();
    expect(requests.some((request) => request.startsWith('GET'))).toBe(false);
    nowMs += 5_000;
    await mirror.sync();
    expect(await find(hello.cid)).toEqual([hello.cid]);
    expect(await mirror.index.gaps()).toEqual([]);
  });

  it('should not add the members of a forged bundle', async () => {
    contents[bundle.cid] = encodeBundle([{ cid: single.cid, digest: 'a'.repeat(64) }]);
    await mirror.sync();
    expect(await find('a'.repeat(64), hello.cid)).toEqual([]);
    expect((await mirror.index.gaps())[0]).toMatch(/the bytes that were served hash to/);
  });

  it('should read again only after the age that the caller allows', async () => {
    await mirror.sync(3_000);
    requests.length = 0;
    nowMs += 2_999;
    await mirror.sync(3_000);
    expect(requests).toEqual([]);
    nowMs += 1;
    await mirror.sync(3_000);
    expect(requests).not.toEqual([]);
  });

  it('should run once when asked many times at once', async () => {
    await Promise.all([mirror.sync(), mirror.sync(), mirror.sync()]);
    expect(requests.filter((request) => request.includes('eth_getLogs'))).toHaveLength(1);
  });

  it('should find what was stamped while an earlier read was under way', async () => {
    const fresh = await fingerprint([text('just stamped')], jsPlatform);
    let hasReadLogs = () => {};
    const readLogs = new Promise<void>((resolve) => {
      hasReadLogs = resolve;
    });
    let releaseGateway = () => {};
    const gateway = new Promise<void>((resolve) => {
      releaseGateway = resolve;
    });
    mirror = createMirror({
      store,
      issuers: async () => issuers,
      async fetch(input, init) {
        if (String(input).includes('rpc-')) return fetch(input, init);
        hasReadLogs();
        await gateway;
        return fetch(input, init);
      },
      platform: jsPlatform,
      now: () => nowMs,
    });
    const earlier = mirror.sync();
    await readLogs;
    endpoint.stamps?.push({ value: fresh.cid, blockNumber: 101 });
    endpoint.head = 101;
    nowMs += 5;
    const later = mirror.sync();
    releaseGateway();
    await Promise.all([earlier, later]);
    expect(await find(fresh.cid)).toEqual([fresh.cid]);
  });

  it('should forget issuers that are no longer trusted', async () => {
    await mirror.sync();
    issuers = [];
    expect(await find(single.cid)).toEqual([]);
    changes.length = 0;
    await mirror.sync();
    expect(changes).toEqual([true]);
    for (const name of ['issuers', 'logs', 'values', 'coverage', 'contents'] as const) {
      expect(await database.count(name), name).toBe(0);
    }
    expect(await mirror.index.gaps()).toEqual([expect.stringMatching(/Pair Hashmark/)]);
  });
});

describe('find', () => {
  it('should find what one issuer stamped, however often another has stamped it', async () => {
    const bundles = await Promise.all(
      Array.from({ length: 20 }, async (_, position) => {
        const beside = { cid: cidOfBlockHash(Buffer.alloc(32, position)) };
        const bytes = encodeBundle([{ cid: hello.cid, digest: hello.digest }, beside]);
        const { cid } = await fingerprint([bytes], jsPlatform);
        contents[cid] = bytes;
        return { value: cid, blockNumber: 10 + position };
      }),
    );
    const own = bundles.pop();
    const other: FakeEndpoint = { chainId: 4775, stamps: own ? [own] : [], head: 100 };
    endpoint.stamps = bundles;
    const network = fakeNetwork({ 'rpc-a.test': endpoint, 'rpc-c.test': other }, contents);
    const later = fakeIssuer({ chainId: 4775, rpcUrls: ['http://rpc-c.test/'] });
    mirror = createMirror({
      store,
      issuers: async () => issuers,
      fetch: network.fetch,
      platform: jsPlatform,
      now: () => nowMs,
    });
    await mirror.sync();
    issuers = [fakeIssuer(), later];
    await mirror.sync();
    issuers = [later];
    await mirror.sync();
    expect(await find(hello.cid)).toEqual([hello.cid]);
  });

  it('should look ten thousand hashes up at once', async () => {
    const members = Array.from({ length: 5_000 }, (_, position) => {
      const digest = position.toString(16).padStart(64, '0');
      return { cid: cidOfBlockHash(Buffer.from(digest, 'hex')), digest };
    });
    const bytes = encodeBundle(members);
    const { cid } = await fingerprint([bytes], jsPlatform);
    contents[cid] = bytes;
    endpoint.stamps = [{ value: cid, blockNumber: 4 }];
    await mirror.sync();
    const asked = members.flatMap((member, position) => [
      member.digest,
      (position + 5_000).toString(16).padStart(64, '0'),
    ]);
    expect(asked).toHaveLength(10_000);
    expect(await find(...asked)).toHaveLength(5_000);
  }, 30_000);
});
