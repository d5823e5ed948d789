// @vitest-environment node
import 'fake-indexeddb/auto';

import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { packPath, unpackPath } from '../../../extension/proofs/proof-path.ts';
import { openProofStore, type ProofStore } from '../../../extension/proofs/proof-store.ts';
import { digestOf, proofsOf } from './sample-proofs.ts';

let store: ProofStore;
let count = 0;
beforeEach(() => {
  store = openProofStore(`proofs-${++count}`);
});
afterEach(() => store.close());

describe('packPath', () => {
  it('should give back what was packed', () => {
    const step = fc.record({
      side: fc.constantFrom('left' as const, 'right' as const),
      sibling: fc
        .uint8Array({ minLength: 32, maxLength: 32 })
        .map((bytes) => Buffer.from(bytes).toString('hex')),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 64 }), (steps) => {
        const packed = packPath(steps);
        expect(packed).toHaveLength(steps.length * 33);
        expect(unpackPath(packed)).toEqual(steps);
      }),
    );
  });
});

describe('openProofStore', () => {
  it('should find many digests in one go, and leave out what it does not have', async () => {
    const proofs = proofsOf(['a', 'b', 'c', 'd', 'e']);
    await store.add(proofs);
    const found = await store.find([digestOf('c'), digestOf('nobody'), digestOf('a')]);
    expect([...found.keys()].toSorted()).toEqual([digestOf('a'), digestOf('c')].toSorted());
    expect(found.get(digestOf('c'))).toEqual(proofs.filter(({ proof }) => proof.leaf === digestOf('c')));
  });

  it('should keep a proof for each root, and replace one of the same root', async () => {
    const [alone] = proofsOf(['a']);
    const [ofTwo] = proofsOf(['a', 'b']).filter(({ proof }) => proof.leaf === digestOf('a'));
    if (!alone || !ofTwo) throw new Error('no proofs');
    await store.add([alone, ofTwo]);
    await store.add([{ ...alone, checkedAtMs: 1 }]);
    const kept = (await store.find([digestOf('a')])).get(digestOf('a'));
    expect(kept).toHaveLength(2);
    expect(kept?.map(({ checkedAtMs }) => checkedAtMs).toSorted()).toEqual([1, ofTwo.checkedAtMs].toSorted());
  });

  it('should outlive its connection', async () => {
    await store.add(proofsOf(['a']));
    await store.close();
    expect((await store.find([digestOf('a')])).size).toBe(1);
  });

  it('should keep ten thousand proofs and find them all at once', async () => {
    const texts = Array.from({ length: 10_000 }, (_, index) => `text ${index}`);
    await store.add(proofsOf(texts));
    expect((await store.find(texts.map(digestOf))).size).toBe(texts.length);
  });
});
