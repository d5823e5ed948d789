// @vitest-environment node
import 'fake-indexeddb/auto';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createOwnProofCheck } from '../../../extension/proofs/check-own-proof.ts';
import { type ProvingVerifier, withOwnProofs } from '../../../extension/proofs/own-proofs.ts';
import { openProofStore, type ProofStore } from '../../../extension/proofs/proof-store.ts';
import type { HashReference } from '../../../shared/evidence/verdict.ts';
import { createVerifier } from '../../../shared/evidence/verifier.ts';
import { fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { jsPlatform } from '../../../shared/fingerprint/js-platform.ts';
import { seedChain, seedIssuer } from '../../helpers/seed-chain.ts';
import { digestOf, proofsOf } from './sample-proofs.ts';

const texts = ['a', 'b', 'c', 'd', 'e'];
const file = await fingerprint([new TextEncoder().encode('a')], jsPlatform);
const digestRef = (text: string): HashReference => ({ kind: 'digest', value: digestOf(text) });
const cidRef: HashReference = { kind: 'cid', value: file.cid };

let store: ProofStore;
let chain: ReturnType<typeof seedChain>;
let verifier: ProvingVerifier;
let count = 0;

beforeEach(async () => {
  store = openProofStore(`own-proofs-${++count}`);
  chain = seedChain();
  const root = proofsOf(texts)[0]?.proof.root ?? '';
  await store.add(proofsOf(texts, { transaction: chain.write(root) }));
  const ofIndex = createVerifier({
    // A mirror that was read to the end and holds nothing.
    index: { find: async () => new Map(), content: async () => undefined, gaps: async () => [] },
    fetch: chain.fetch,
    platform: jsPlatform,
  });
  verifier = withOwnProofs(ofIndex, {
    store,
    files: { stampedCids: async (cids) => new Map(cids.includes(file.cid) ? [[file.cid, file]] : []) },
    createCheck: () =>
      createOwnProofCheck({
        issuers: async () => [seedIssuer()],
        esplora: async () => [],
        fetch: chain.fetch,
      }),
  });
});
afterEach(() => store.close());

describe('withOwnProofs', () => {
  it('should confirm digests that a kept proof covers, and leave the others alone', async () => {
    const verdicts = await verifier.verifyAll([digestRef('b'), digestRef('stranger'), digestRef('e')]);
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(['confirmed', 'unknown', 'confirmed']);
    for (const [index, text] of ['b', 'stranger', 'e'].entries()) {
      const verdict = verdicts[index];
      expect(verdict?.hash).toEqual(digestRef(text));
      if (text !== 'stranger') expect(verdict?.seed?.proof.leaf).toBe(digestOf(text));
    }
  });

  it('should ask the chain once about a root, however many of its digests a page shows', async () => {
    await verifier.verifyAll(texts.map(digestRef));
    const lookups = chain.asked.filter((method) => method === 'eth_getTransactionByHash');
    expect(lookups).toHaveLength(1);
    await verifier.verifyAll([digestRef('a')]);
    expect(chain.asked.filter((method) => method === 'eth_getTransactionByHash')).toHaveLength(2);
  });

  it('should show every digest its own path', async () => {
    const verdicts = await verifier.verifyAll(texts.map(digestRef));
    for (const [index, text] of texts.entries()) {
      const [first, ...others] = verdicts[index]?.steps ?? [];
      expect(first?.detail).toContain(digestOf(text));
      expect(others.map(({ id }) => id)).toContain('root-on-chain');
    }
  });

  it('should know a file by its CID, and name the note that leads to its digest', async () => {
    const verdict = await verifier.verify(cidRef);
    expect(verdict).toMatchObject({ outcome: 'confirmed', hash: cidRef });
    expect(verdict.steps.map(({ id }) => id).slice(0, 2)).toEqual(['own-note', 'digest-in-proof']);
    expect(verdict.reason).toMatch(/^You keep a proof of the file with this CID\./);
    expect(verdict.believed.join()).toContain('Your own note');
  });

  it('should say which hashes are covered without asking anybody', async () => {
    const covered = await verifier.covered([digestRef('a'), digestRef('stranger'), cidRef]);
    expect([...covered].toSorted()).toEqual([digestOf('a'), file.cid].toSorted());
    expect(chain.asked).toEqual([]);
  });

  it('should be unchecked, not contradicted, when the chain no longer holds the root', async () => {
    chain.chain.transactions.clear();
    const verdict = await verifier.verify(digestRef('a'));
    expect(verdict.outcome).toBe('unchecked');
    expect(verdict.reason).toMatch(/^The chain no longer holds/);
  });

  it('should be unchecked while the chain cannot be read', async () => {
    chain.chain.isDown = true;
    expect((await verifier.verify(digestRef('a'))).outcome).toBe('unchecked');
  });

  it('should contradict content that is presented under a proven digest and is other content', async () => {
    const lie = await verifier.verify(digestRef('b'), { claim: { source: 'https://a.test/', actual: file } });
    expect(lie.outcome).toBe('contradicted');
    const truth = await verifier.verify(digestRef('a'), {
      claim: { source: 'https://a.test/', actual: file },
    });
    expect(truth.outcome).toBe('confirmed');
    expect(truth.steps[0]).toMatchObject({ id: 'claimed-bytes', result: 'passed' });
  });
});
