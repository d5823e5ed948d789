import { describe, expect, it } from 'vitest';

import { encodeBundle } from '../../../shared/evidence/bundle.ts';
import type { Issuer } from '../../../shared/evidence/issuer.ts';
import { buildMemoryIndex } from '../../../shared/evidence/memory-index.ts';
import type { HashReference } from '../../../shared/evidence/verdict.ts';
import { createVerifier, type VerifyOptions } from '../../../shared/evidence/verifier.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { type FakeEndpoint, fakeIssuer, fakeNetwork, fakeTimeSeconds } from '../../helpers/fake-chain.ts';

const text = (content: string) => new TextEncoder().encode(content);
const hello = await fingerprint([text('hello world')], jsPlatform);
const single = await fingerprint([text('single')], jsPlatform);
const strange = await fingerprint([text('strange')], jsPlatform);
const bundleBytes = encodeBundle([{ cid: hello.cid, digest: hello.digest }]);
const bundle = await fingerprint([bundleBytes], jsPlatform);

const cid = ({ cid }: { cid: string }): HashReference => ({ kind: 'cid', value: cid });
const digest = ({ digest }: { digest: string }): HashReference => ({ kind: 'digest', value: digest });

const stamps = [
  { value: single.cid, blockNumber: 3 },
  { value: bundle.cid, blockNumber: 8 },
  { value: single.cid, blockNumber: 9 },
];
const contents = { [bundle.cid]: bundleBytes, [single.cid]: text('single') };

interface World {
  endpoints?: Record<string, FakeEndpoint>;
  contents?: Record<string, Uint8Array<ArrayBuffer> | number>;
  issuer?: Partial<Issuer>;
}

async function verify(hash: HashReference, world: World = {}, options: VerifyOptions = {}) {
  const endpoints = world.endpoints ?? { 'rpc-a.test': { stamps } };
  const { fetch } = fakeNetwork(endpoints, world.contents ?? contents);
  const rpcUrls = Object.keys(endpoints).map((host) => `http://${host}/`);
  const issuers = [fakeIssuer({ rpcUrls, ...world.issuer })];
  const sources = { issuers, fetch, platform: jsPlatform };
  const index = await buildMemoryIndex(sources);
  return createVerifier({ ...sources, index }).verify(hash, options);
}

describe('a verdict', () => {
  it('should confirm a file that stands on the chain itself, with the earliest block', async () => {
    const verdict = await verify(cid(single));
    expect(verdict.outcome).toBe('confirmed');
    expect(verdict.record).toMatchObject({
      value: single.cid,
      isBundle: false,
      blockNumber: 3,
      blockTimeSeconds: fakeTimeSeconds(3),
    });
    expect(verdict.steps.map(({ id, result }) => `${id} ${result}`)).toEqual([
      'log-on-chain passed',
      'block-time passed',
      'finality passed',
      'content-on-chain passed',
    ]);
    expect(verdict.believed).toEqual(['One RPC endpoint (rpc-a.test)']);
  });

  it('should confirm a member of a bundle by CID and by digest', async () => {
    for (const hash of [cid(hello), digest(hello)]) {
      const verdict = await verify(hash);
      expect(verdict).toMatchObject({ outcome: 'confirmed', record: { value: bundle.cid, isBundle: true } });
      expect(verdict.steps.at(-1)).toMatchObject({ id: 'bundle-member', result: 'passed' });
    }
  });

  it('should confirm the digest of a single public file', async () => {
    expect(await verify(digest(single))).toMatchObject({ outcome: 'confirmed', record: { isBundle: false } });
  });

  it('should say unknown only when everything was looked at', async () => {
    expect(await verify(cid(strange))).toMatchObject({ outcome: 'unknown', steps: [] });
    expect(await verify(cid(strange), { contents: { ...contents, [bundle.cid]: 503 } })).toMatchObject({
      outcome: 'unchecked',
    });
    expect(await verify(cid(strange), { contents: { ...contents, [bundle.cid]: 0 } })).toMatchObject({
      outcome: 'unchecked',
    });
  });

  it('should take a value without public content for what it is', async () => {
    const world = { contents: { [bundle.cid]: bundleBytes, [single.cid]: 404 } };
    expect(await verify(cid(strange), world)).toMatchObject({ outcome: 'unknown' });
    expect(await verify(cid(single), world)).toMatchObject({ outcome: 'confirmed' });
  });

  it('should not believe a gateway that serves another bundle', async () => {
    const forged = encodeBundle([{ cid: strange.cid }]);
    const verdict = await verify(cid(strange), { contents: { ...contents, [bundle.cid]: forged } });
    expect(verdict.outcome).toBe('unchecked');
    expect(verdict.reason).toMatch(/the bytes that were served hash to Qm/);
  });

  it.each<[string, Record<string, FakeEndpoint>]>([
    ['RPC refuses connections', { 'rpc-a.test': { isDown: true } }],
    ['RPC answers HTTP 502', { 'rpc-a.test': { status: 502 } }],
    ['RPC speaks for another chain', { 'rpc-a.test': { stamps, chainId: 1 } }],
    ['no RPC is configured', {}],
  ])(
    'should say unchecked, not unknown, when %s',
    async (_, endpoints) => {
      for (const hash of [cid(single), cid(strange)]) {
        const verdict = await verify(hash, { endpoints });
        expect(verdict.outcome).toBe('unchecked');
        expect(verdict.reason).toMatch(/^It could not be checked: /);
      }
    },
    20_000,
  );

  it('should say unchecked when two endpoints disagree on the log', async () => {
    const endpoints = { 'rpc-a.test': { stamps, head: 9 }, 'rpc-b.test': { stamps: [], head: 9 } };
    const verdict = await verify(cid(single), { endpoints });
    expect(verdict.outcome).toBe('unchecked');
    expect(verdict.reason).toMatch(/disagree: rpc-a\.test, rpc-b\.test/);
    expect(await verify(cid(strange), { endpoints })).toMatchObject({ outcome: 'unchecked' });
  });

  it('should say unchecked when two endpoints follow different forks', async () => {
    const endpoints = { 'rpc-a.test': { stamps }, 'rpc-b.test': { stamps, fork: 'f' } };
    expect(await verify(cid(single), { endpoints })).toMatchObject({ outcome: 'unchecked' });
  });

  it('should name two endpoints that agree as less belief than one', async () => {
    const { believed } = await verify(cid(single), {
      endpoints: { 'rpc-a.test': { stamps }, 'rpc-b.test': { stamps } },
    });
    expect(believed).toEqual(['2 RPC endpoints that agree (rpc-a.test, rpc-b.test)']);
  });

  it('should name only those who answered', async () => {
    const { outcome, believed } = await verify(cid(single), {
      endpoints: { 'rpc-a.test': { stamps }, 'rpc-b.test': { isDown: true } },
    });
    expect(outcome).toBe('confirmed');
    expect(believed).toEqual(['One RPC endpoint (rpc-a.test)']);
  });

  it('should say of a local chain that it proves nothing to strangers', async () => {
    const { believed } = await verify(cid(single), { issuer: { isLocal: true } });
    expect(believed.at(-1)).toMatch(/proves nothing to strangers/);
  });

  it.each<[Issuer['finality'], number, string]>([
    [{ kind: 'confirmations', blocks: 1 }, 9, 'confirmed'],
    [{ kind: 'confirmations', blocks: 7 }, 9, 'confirmed'],
    [{ kind: 'confirmations', blocks: 8 }, 9, 'pending'],
    [{ kind: 'tag', tag: 'finalized' }, 13, 'confirmed'],
    [{ kind: 'tag', tag: 'finalized' }, 12, 'pending'],
    [{ kind: 'tag', tag: 'safe' }, 5, 'pending'],
  ])('should judge a block 3 by %j at head %i', async (finality, head, outcome) => {
    const endpoints = { 'rpc-a.test': { stamps: stamps.slice(0, 1), head } };
    expect(await verify(cid(single), { endpoints, issuer: { finality } })).toMatchObject({ outcome });
  });

  it('should contradict content that is presented under a hash and is not its', async () => {
    const claim = { source: 'https://example.org/file.pdf', actual: strange };
    const verdict = await verify(cid(single), {}, { claim });
    expect(verdict.outcome).toBe('contradicted');
    expect(verdict.reason).toMatch(/https:\/\/example\.org\/file\.pdf .* hashes to something else/);
    expect(verdict.steps[0]).toMatchObject({ id: 'claimed-bytes', result: 'failed' });
    expect(verdict.record?.blockNumber).toBe(3);
  });

  it('should compare digests with digests', async () => {
    const claim = { source: 'file.pdf', actual: single };
    expect(await verify(digest(single), {}, { claim })).toMatchObject({ outcome: 'confirmed' });
    expect(await verify(digest(hello), {}, { claim })).toMatchObject({ outcome: 'contradicted' });
  });

  it('should say when the presented content was not read', async () => {
    const verdict = await verify(
      cid(single),
      {},
      { claim: { source: 'file.pdf', failure: 'It is too large' } },
    );
    expect(verdict.outcome).toBe('confirmed');
    expect(verdict.steps[0]).toMatchObject({ result: 'could-not-run', detail: 'file.pdf: It is too large' });
  });

  it('should say pending for a hash that only a service knows', async () => {
    expect(await verify(cid(strange), {}, { service: 'knows' })).toMatchObject({ outcome: 'pending' });
  });

  it('should be plain JSON', async () => {
    const verdict = await verify(cid(hello));
    expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
  });
});

describe('createVerifier', () => {
  it('should read each stamp back once however many hashes it covers', async () => {
    const members = Array.from({ length: 300 }, (_, position) => ({
      cid: hello.cid,
      digest: position.toString(16).padStart(64, '0'),
    }));
    const bytes = encodeBundle(members);
    const value = (await fingerprint([bytes], jsPlatform)).cid;
    const { fetch, requests } = fakeNetwork(
      { 'rpc-a.test': { stamps: [{ value, blockNumber: 4 }] } },
      { [value]: bytes },
    );
    const index = await buildMemoryIndex({ issuers: [fakeIssuer()], fetch, platform: jsPlatform });
    const verifier = createVerifier({ index, fetch, platform: jsPlatform });
    requests.length = 0;
    const verdicts = await verifier.verifyAll(members.map(digest));
    expect(verdicts).toHaveLength(300);
    expect(verdicts.every(({ outcome }) => outcome === 'confirmed')).toBe(true);
    expect(requests.filter((request) => request.includes('Receipt'))).toHaveLength(1);
  });

  it('should report a stamp that the chain no longer holds, and say that it moved', async () => {
    const endpoint: FakeEndpoint = { stamps, head: 20 };
    const { fetch } = fakeNetwork({ 'rpc-a.test': endpoint }, contents);
    const index = await buildMemoryIndex({ issuers: [fakeIssuer()], fetch, platform: jsPlatform });
    endpoint.stamps = [];
    const vanished: string[] = [];
    const verifier = createVerifier({
      index,
      fetch,
      platform: jsPlatform,
      onVanished: ({ log }) => vanished.push(log.value),
    });
    const verdict = await verifier.verify(cid(hello));
    expect(verdict.outcome).toBe('unchecked');
    expect(verdict.reason).toMatch(/The chain moved/);
    expect(vanished).toEqual([bundle.cid]);
  });

  it('should take the second stamp when the chain lost the first', async () => {
    const endpoint: FakeEndpoint = { stamps, head: 20 };
    const { fetch } = fakeNetwork({ 'rpc-a.test': endpoint }, contents);
    const index = await buildMemoryIndex({ issuers: [fakeIssuer()], fetch, platform: jsPlatform });
    endpoint.stamps = [{ value: 'x', blockNumber: 1 }, { value: 'x', blockNumber: 1 }, stamps[2] as never];
    const verdict = await createVerifier({ index, fetch, platform: jsPlatform }).verify(cid(single));
    expect(verdict).toMatchObject({ outcome: 'confirmed', record: { blockNumber: 9 } });
  });
});
