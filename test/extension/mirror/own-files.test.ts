import 'fake-indexeddb/auto';

import { deleteDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createMirror, type Mirror } from '../../../extension/mirror/mirror.ts';
import { type MirrorDatabase, openMirrorDatabase } from '../../../extension/mirror/mirror-db.ts';
import { createMirrorStore } from '../../../extension/mirror/mirror-store.ts';
import { withOwnFiles } from '../../../extension/mirror/own-files.ts';
import { encodeBundle } from '../../../shared/evidence/bundle.ts';
import type { Issuer } from '../../../shared/evidence/issuer.ts';
import { createVerifier } from '../../../shared/evidence/verifier.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { fakeIssuer, fakeNetwork } from '../../helpers/fake-chain.ts';

const text = (content: string) => new TextEncoder().encode(content);
const single = await fingerprint([text('a private file')], jsPlatform);
const member = await fingerprint([text('a private file in a group')], jsPlatform);
const other = await fingerprint([text('not mine')], jsPlatform);
// As the hosted service writes them: without digests.
const bundleBytes = encodeBundle([{ cid: member.cid }, { cid: other.cid }]);
const bundle = await fingerprint([bundleBytes], jsPlatform);

let database: MirrorDatabase;
let mirror: Mirror;
let trusted: Issuer[];
let former: Issuer[];
let fetch: ReturnType<typeof fakeNetwork>['fetch'];

beforeEach(async () => {
  database = await openMirrorDatabase('test-own-files');
  trusted = [fakeIssuer()];
  former = [];
  const stamps = [
    { value: single.cid, blockNumber: 3 },
    { value: bundle.cid, blockNumber: 8 },
  ];
  // A private file is a 404 for everybody.
  ({ fetch } = fakeNetwork({ 'rpc-a.test': { stamps, head: 100 } }, { [bundle.cid]: bundleBytes }));
  mirror = createMirror({
    store: createMirrorStore(database),
    issuers: async () => trusted,
    formerIssuers: async () => former,
    fetch,
    platform: jsPlatform,
  });
  await mirror.sync();
});
afterEach(async () => {
  database.close();
  await deleteDB('test-own-files');
});

const stamped = [single, member];
const own = {
  stampedFiles: async (digests: readonly string[]) =>
    new Map(stamped.filter(({ digest }) => digests.includes(digest)).map((file) => [file.digest, file])),
  stampedCids: async (cids: readonly string[]) =>
    new Map(stamped.filter(({ cid }) => cids.includes(cid)).map((file) => [file.cid, file])),
};
const verify = (hash: { kind: 'cid' | 'digest'; value: string }, index = withOwnFiles(mirror.index, own)) =>
  createVerifier({ index, fetch, platform: jsPlatform }).verify(hash);

describe('a private file', () => {
  it('should be confirmed by its CID, for everybody', async () => {
    const verdict = await verify({ kind: 'cid', value: single.cid }, mirror.index);
    expect(verdict.outcome).toBe('confirmed');
    expect((await verify({ kind: 'cid', value: member.cid }, mirror.index)).outcome).toBe('confirmed');
  });

  it('should not be found by its digest by who did not stamp it', async () => {
    for (const { digest } of [single, member])
      expect((await verify({ kind: 'digest', value: digest }, mirror.index)).outcome).toBe('unknown');
  });

  it('should be found by its digest by who stamped it, and the verdict should say by whose word', async () => {
    const verdict = await verify({ kind: 'digest', value: single.digest });
    expect(verdict).toMatchObject({
      outcome: 'confirmed',
      hash: { kind: 'digest', value: single.digest },
      record: { value: single.cid, isBundle: false },
      believed: [
        'One RPC endpoint (rpc-a.test)',
        expect.stringMatching(/^Your own note .* the CID Qm\w+ are of the same bytes$/),
      ],
    });
  });

  it('should be found the same way when a bundle lists its CID only', async () => {
    const verdict = await verify({ kind: 'digest', value: member.digest });
    expect(verdict).toMatchObject({ outcome: 'confirmed', record: { value: bundle.cid, isBundle: true } });
    expect(verdict.steps.at(-1)).toMatchObject({
      label: 'The stamped bundle lists the CID of the file with this digest',
      detail: expect.stringContaining(`bundle ${bundle.cid} lists ${member.cid}`),
    });
    expect(verdict.believed).toHaveLength(2);
  });
});

describe('an issuer that is trusted no more', () => {
  it('should leave what it stamped unfamiliar, and be read no further', async () => {
    former = trusted;
    trusted = [];
    await mirror.sync();
    for (const { cid } of [single, member])
      expect(await verify({ kind: 'cid', value: cid })).toMatchObject({ outcome: 'unfamiliar' });
    expect(await mirror.state()).toMatchObject([{ isTrusted: false, stampCount: 2 }]);
    // Somebody who is trusted has to be asked before "not there" means anything.
    expect(await mirror.index.gaps()).toEqual([expect.stringMatching(/No issuer that you trust/)]);
  });

  it('should be forgotten with all that was read of it', async () => {
    trusted = [];
    await mirror.sync();
    expect((await verify({ kind: 'cid', value: single.cid })).outcome).toBe('unchecked');
  });
});

describe('an issuer whose start was moved back', () => {
  it('should be read from there', async () => {
    trusted = [fakeIssuer({ startBlock: 50, chainId: 4775 })];
    const requests: string[] = [];
    const late = createMirror({
      store: createMirrorStore(database),
      issuers: async () => trusted,
      fetch: async (input, init) => {
        requests.push(String(init?.body));
        const network = fakeNetwork({
          'rpc-a.test': { chainId: 4775, stamps: [{ value: single.cid, blockNumber: 3 }], head: 100 },
        });
        return network.fetch(input, init);
      },
      platform: jsPlatform,
    });
    await late.sync();
    expect(await late.state()).toMatchObject([{ stampCount: 0 }]);
    trusted = [fakeIssuer({ startBlock: 1, chainId: 4775 })];
    await late.sync();
    expect(await late.state()).toMatchObject([{ stampCount: 1 }]);
    requests.length = 0;
    await late.sync();
    expect(requests.find((request) => request.includes('eth_getLogs'))).toContain('"fromBlock":"0x25"');
  });
});
