import { describe, expect, it } from 'vitest';
import { createChecker } from '../../../companion/cli/checker.ts';
import { nodePlatform } from '../../../companion/fingerprint/node-platform.ts';
import { encodeBundle } from '../../../shared/evidence/bundle.ts';
import type { Verdict } from '../../../shared/evidence/verdict.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { createChainletterClient } from '../../../shared/wire/chainletter.ts';
import {
  type FakeEndpoint,
  type FakeStamp,
  fakeContract,
  fakeIssuer,
  fakeNetwork,
  fakeTransaction,
} from '../../helpers/fake-chain.ts';
import { createRecordingIo } from './recording-io.ts';

const cid = 'Qmf412jQZiuVUtdgnB36FXFX7xg5V6KEbSJ4dpQuhkLyfD';
const digest = 'b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9';
const other = 'QmS9JArPwa55ePgDnyg6TzX24mYTS1b1vLqWNebyVotKxQ';
const bundle = encodeBundle([{ cid, digest }, { cid: other }]) as Uint8Array<ArrayBuffer>;
const { cid: bundleCid } = await fingerprint([bundle], nodePlatform);
const stampOf = (value: string): FakeStamp => ({ value, blockNumber: 7 });

/** What a service answers to a look-up, as the wire has it. */
const stampedAnswer = (entry: { transaction: string; contract?: string; bundleCid?: string | null }) => ({
  status: 200,
  body: {
    success: true,
    data: { filename: 'hello.txt' },
    allResults: [
      {
        contract: entry.contract ?? fakeContract,
        foreign_tx_id: entry.transaction,
        is_bulk: entry.bundleCid ?? null,
        created: 1_700_000_000,
      },
    ],
  },
});
const unknownAnswer = { status: 404, body: { success: false, message: 'Not found' } };

/** A checker over one endpoint, one gateway and one service that all live in this process. */
async function check(world: {
  chain?: FakeEndpoint;
  contents?: Record<string, Uint8Array<ArrayBuffer>>;
  service?: { status: number; body: unknown };
  onAsked?: () => void;
}) {
  const { fetch } = fakeNetwork({ 'rpc-a.test': world.chain ?? {} }, world.contents);
  const client = createChainletterClient({
    baseUrl: 'http://service.test/webhook',
    fetch: async () => {
      world.onAsked?.();
      const { status, body } = world.service ?? unknownAnswer;
      if (status === 0) throw new TypeError('fetch failed');
      return Response.json(body, { status });
    },
  });
  const checker = await createChecker({ issuers: [fakeIssuer()], client, fetch }, createRecordingIo());
  const [verdict, ...others] = await checker([
    [
      { kind: 'cid', value: cid },
      { kind: 'digest', value: digest },
    ],
  ]);
  expect(others).toEqual([]);
  return verdict as Verdict;
}

describe('createChecker', () => {
  it('confirms what stands on the chain, without asking the service', async () => {
    let isAsked = false;
    const onAsked = () => {
      isAsked = true;
    };
    expect(await check({ chain: { stamps: [stampOf(cid)] }, onAsked })).toMatchObject({
      outcome: 'confirmed',
      record: { value: cid, isBundle: false, blockNumber: 7 },
    });
    expect(isAsked).toBe(false);
  });

  it('confirms a member of a bundle', async () => {
    const verdict = await check({
      chain: { stamps: [stampOf(bundleCid)] },
      contents: { [bundleCid]: bundle },
    });
    expect(verdict).toMatchObject({ outcome: 'confirmed', record: { value: bundleCid, isBundle: true } });
  });

  it('confirms by digest when the CID on the chain is of another tree of the same bytes', async () => {
    const otherTree = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';
    const listed = encodeBundle([{ cid: otherTree, digest }]) as Uint8Array<ArrayBuffer>;
    const { cid: listedCid } = await fingerprint([listed], nodePlatform);
    expect(
      await check({ chain: { stamps: [stampOf(listedCid)] }, contents: { [listedCid]: listed } }),
    ).toMatchObject({ outcome: 'confirmed', hash: { kind: 'digest', value: digest } });
  });

  it('knows nothing when neither chain nor service does', async () => {
    expect(await check({ chain: { stamps: [stampOf(other)] } })).toMatchObject({ outcome: 'unknown' });
  });

  it('is pending when the service holds it without a stamp', async () => {
    expect(
      await check({ service: { status: 400, body: { success: false, message: 'not stamped' } } }),
    ).toMatchObject({ outcome: 'pending' });
  });

  it('could not check when the chain is down, whatever the service says', async () => {
    const service = stampedAnswer({ transaction: fakeTransaction(stampOf(cid)) });
    expect(await check({ chain: { isDown: true }, service })).toMatchObject({ outcome: 'unchecked' });
  });

  it('could not check when the service is down and the chain holds nothing', async () => {
    expect(await check({ service: { status: 0, body: null } })).toMatchObject({
      outcome: 'unchecked',
      reason: expect.stringContaining('could not be reached'),
    });
  });

  it('looks at the chain again before it doubts a stamp that the service just made', async () => {
    const chain: FakeEndpoint = { stamps: [] };
    const verdict = await check({
      chain,
      service: stampedAnswer({ transaction: fakeTransaction(stampOf(cid)) }),
      onAsked: () => chain.stamps?.push(stampOf(cid)),
    });
    expect(verdict).toMatchObject({ outcome: 'confirmed' });
  });

  it('is contradicted when the service claims a transaction that the chain does not hold', async () => {
    const verdict = await check({ service: stampedAnswer({ transaction: `0x${'12'.repeat(32)}` }) });
    expect(verdict).toMatchObject({
      outcome: 'contradicted',
      reason: expect.stringContaining('the chain does not hold it'),
      steps: [expect.objectContaining({ id: 'log-on-chain', result: 'failed' })],
    });
  });

  it('is contradicted when the claimed transaction holds another value', async () => {
    const stamp = stampOf(other);
    const service = stampedAnswer({ transaction: fakeTransaction(stamp) });
    expect(await check({ chain: { stamps: [stamp] }, service })).toMatchObject({ outcome: 'contradicted' });
  });

  it('could not check a claim by way of a bundle that is not public', async () => {
    const stamp = stampOf(bundleCid);
    const service = stampedAnswer({ transaction: fakeTransaction(stamp), bundleCid });
    expect(await check({ chain: { stamps: [stamp] }, service })).toMatchObject({ outcome: 'unchecked' });
  });

  it('could not check a claim by way of a contract that is no issuer', async () => {
    const service = stampedAnswer({ transaction: `0x${'12'.repeat(32)}`, contract: `0x${'cd'.repeat(20)}` });
    expect(await check({ service })).toMatchObject({ outcome: 'unchecked' });
  });

  it('does not believe a gateway that serves a forged bundle', async () => {
    const forged = encodeBundle([{ cid }]) as Uint8Array<ArrayBuffer>;
    const verdict = await check({
      chain: { stamps: [stampOf(bundleCid)] },
      contents: { [bundleCid]: forged },
    });
    expect(verdict.outcome).toBe('unchecked');
  });

  it('answers many at once, in their order, and reads what they share once', async () => {
    const { fetch, requests } = fakeNetwork(
      { 'rpc-a.test': { stamps: [stampOf(bundleCid)] } },
      { [bundleCid]: bundle },
    );
    const client = createChainletterClient({
      baseUrl: 'http://service.test/webhook',
      fetch: async () => Response.json(unknownAnswer.body, { status: 404 }),
    });
    const checker = await createChecker({ issuers: [fakeIssuer()], client, fetch }, createRecordingIo());
    const verdicts = await checker([
      [{ kind: 'cid', value: other }],
      [{ kind: 'digest', value: 'ab'.repeat(32) }],
      [{ kind: 'cid', value: cid }],
    ]);
    expect(verdicts.map(({ outcome, hash }) => [outcome, hash.value])).toEqual([
      ['confirmed', other],
      ['unknown', 'ab'.repeat(32)],
      ['confirmed', cid],
    ]);
    expect(requests.filter((request) => request.includes('eth_getTransactionReceipt'))).toHaveLength(1);
  });
});
