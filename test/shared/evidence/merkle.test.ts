import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { MerkleTree } from 'merkletreejs';
import { describe, expect, it } from 'vitest';

import {
  buildTree,
  checkPath,
  hashPair,
  levelSizes,
  type MerkleProof,
  nodeBytes,
  parentsOf,
  proofOf,
  siblingPlaces,
} from '../../../shared/evidence/merkle.ts';
import { parseProofXml } from '../../../shared/evidence/proof-xml.ts';
import { realProofs, syntheticTrees, vectorById } from '../../helpers/originstamp-vectors.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hexOf);
const digestSet = (maxLength: number) =>
  fc.uniqueArray(digest, { minLength: 1, maxLength }).map((hashes) => hashes.toSorted());
const build = (leaves: readonly string[]) => buildTree(Buffer.from(leaves.join(''), 'hex'), sha256);

describe('the tree', () => {
  it.each(syntheticTrees)('should have the published levels of $id', ({ levels }) => {
    expect(build(levels[0] ?? []).map(hexOf)).toEqual(levels.map((level) => level.join('')));
    expect(levelSizes(levels[0]?.length ?? 0)).toEqual(levels.map((level) => level.length));
  });

  it('should be the tree of an independent implementation', () => {
    const ascii = (text: string | Buffer) => Buffer.from(sha256(Buffer.from(text)).toString('hex'));
    fc.assert(
      fc.property(
        digestSet(40).filter(({ length }) => length > 1),
        (leaves) => {
          const other = new MerkleTree(
            leaves.map((leaf) => Buffer.from(leaf)),
            ascii,
            { duplicateOdd: true },
          );
          expect(hexOf(build(leaves).at(-1) as Uint8Array)).toBe(other.getRoot().toString());
        },
      ),
      { numRuns: 50 },
    );
  });

  it('should come out the same when a level is given in pieces', () => {
    const leaves = Buffer.concat(Array.from({ length: 11 }, (_, index) => sha256(Buffer.from([index]))));
    const pieces = [leaves.subarray(0, 4 * nodeBytes), leaves.subarray(4 * nodeBytes, 10 * nodeBytes)];
    const inPieces = [...pieces, leaves.subarray(10 * nodeBytes)].map((piece) => parentsOf(piece, sha256));
    expect(hexOf(Buffer.concat(inPieces))).toBe(hexOf(parentsOf(leaves, sha256)));
  });

  it.each([0, -1, 1.5, Number.NaN])('should refuse %s leaves', (count) => {
    expect(() => levelSizes(count)).toThrow(RangeError);
  });
});

describe('hashPair', () => {
  it('should hash the text of both nodes, in their order', () => {
    const { left, right, correct_parent } = vectorById('negative-raw-bytes');
    expect(hashPair(left, right, sha256)).toBe(correct_parent);
  });
});

describe('checkPath', () => {
  it('should hold for every digest of any set', () => {
    fc.assert(
      fc.property(digestSet(33), (leaves) => {
        const levels = build(leaves);
        for (const [index, leaf] of leaves.entries()) {
          const proof = proofOf(levels, index);
          expect(proof.leaf).toBe(leaf);
          expect(proof.steps).toHaveLength(siblingPlaces(index, leaves.length).length);
          expect(checkPath(proof, sha256)).toEqual({ ok: true });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('should fail for any single changed character', () => {
    const change = (text: string, position: number) => {
      const flipped = (Number.parseInt(text.charAt(position), 16) ^ 1).toString(16);
      return text.slice(0, position) + flipped + text.slice(position + 1);
    };
    fc.assert(
      fc.property(digestSet(20), fc.nat(), fc.nat(), fc.nat(63), (leaves, leafSeed, part, position) => {
        const proof = proofOf(build(leaves), leafSeed % leaves.length);
        const forged: MerkleProof = structuredClone(proof);
        const which = part % (proof.steps.length + 2);
        const step = forged.steps[which - 2];
        if (which === 0) forged.leaf = change(forged.leaf, position);
        else if (which === 1) forged.root = change(forged.root, position);
        else if (step) step.sibling = change(step.sibling, position);
        expect(checkPath(forged, sha256).ok).toBe(false);
      }),
    );
  });

  it('should fail for a swapped side, a missing step and an added one', () => {
    const proof = parseProofXml(realProofs[1]?.proof_xml ?? '');
    const { leaf, root } = proof;
    const steps = proof.steps.map(({ sibling, side }) => ({ sibling, side }));
    for (const [index, { sibling, side }] of steps.entries()) {
      const swapped = steps.with(index, { sibling, side: side === 'left' ? 'right' : 'left' });
      expect(checkPath({ leaf, root, steps: swapped }, sha256).ok).toBe(false);
      expect(checkPath({ leaf, root, steps: steps.toSpliced(index, 1) }, sha256).ok).toBe(false);
      const added = steps.toSpliced(index, 0, { sibling, side });
      expect(checkPath({ leaf, root, steps: added }, sha256).ok).toBe(false);
    }
    expect(checkPath({ leaf, root: leaf, steps: [] }, sha256).ok).toBe(false);
  });

  it('should name the first step that fails, with both values', () => {
    const proof = parseProofXml(realProofs[0]?.proof_xml ?? '');
    const [first, second, third] = proof.steps;
    if (!first || !second || !third) throw new Error('The vector has three steps.');
    const wrong = 'ab'.repeat(32);
    const forged = { ...proof, steps: [first, { ...second, parent: wrong }, third] };
    expect(checkPath(forged, sha256)).toEqual({ ok: false, step: 1, expected: wrong, found: second.parent });
  });
});
