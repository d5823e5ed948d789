import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import { openLedger } from '../../../../../companion/service/ledger/database.ts';
import { insertDigest } from '../../../../../companion/service/ledger/digests.ts';
import { sortLeaves } from '../../../../../companion/service/originstamp/seeds/sort-leaves.ts';
import { createTrees } from '../../../../../companion/service/originstamp/seeds/trees.ts';
import { createFolder } from '../../../../helpers/create-folder.ts';
import { digestOf } from './seeds-world.ts';

const seedId = '11111111-2222-4333-8444-555555555555';

/** A ledger with so many digests, and the trees over it. */
async function openTrees(count: number) {
  const folder = createFolder();
  const ledger = openLedger(':memory:');
  onTestFinished(() => ledger.close());
  const digests = Array.from({ length: count }, (_, index) => digestOf(`digest ${index}`));
  await ledger.write((db) => {
    db.exec(
      `INSERT INTO tenants (id, name, api_key_hash, secret_key_hash, created_at) VALUES ('a', 'A', x'01', x'02', 0)`,
    );
    for (const digest of digests) insertDigest(db, { digest, comment: null, tenantId: 'a', createdAtMs: 0 });
  });
  const trees = createTrees({ ledger, folder, log: () => undefined });
  await trees.prepare();
  return { trees, ledger, digests, folder, path: join(folder, `${seedId}.tree`) };
}

/** The published rule in its own words: pairs of hex text, the last one with itself. */
function rootByHand(digests: readonly string[]): string {
  let level = [...digests].sort();
  do {
    level = level.flatMap((left, index) =>
      index % 2 === 0 ? [digestOf(left + (level[index + 1] ?? left))] : [],
    );
  } while (level.length > 1);
  return level[0] as string;
}

describe('build', () => {
  it.each([1, 2, 3, 5, 8, 129, 1000])(
    'of %i digests leads to the root by the published rule',
    async (count) => {
      const { trees, digests } = await openTrees(count);
      const seed = { seedId, firstSeq: 1, lastSeq: count };
      const root = await trees.build(seed);
      expect(root).toBe(rootByHand(digests));
      for (const digest of digests.slice(0, 130)) {
        const { leaf, steps } = await trees.proofOf({ ...seed, root }, digest);
        const end = steps.reduce(
          (node, { sibling, side }) => digestOf(side === 'left' ? sibling + node : node + sibling),
          leaf,
        );
        expect([leaf, end]).toEqual([digest, root]);
      }
    },
  );

  it('takes digests of several pages, and only those of the seed', async () => {
    const { trees, digests } = await openTrees(9_000);
    const seed = { seedId, firstSeq: 101, lastSeq: 8_900 };
    const root = await trees.build(seed);
    expect(root).toBe(rootByHand(digests.slice(100, 8_900)));
    await expect(trees.proofOf({ ...seed, root }, digests[99] as string)).rejects.toMatchObject({
      code: 'seed-damaged',
    });
  });

  it('is one build for all who ask at once', async () => {
    const { trees, folder } = await openTrees(5);
    const seed = { seedId, firstSeq: 1, lastSeq: 5 };
    const roots = await Promise.all([trees.build(seed), trees.build(seed), trees.build(seed)]);
    expect(new Set(roots).size).toBe(1);
    expect(await readdir(folder)).toEqual([`${seedId}.tree`]);
  });

  it('fails when the ledger has not all of the digests', async () => {
    const { trees } = await openTrees(5);
    await expect(trees.build({ seedId, firstSeq: 1, lastSeq: 6 })).rejects.toMatchObject({
      code: 'digests-missing',
    });
  });

  it('ends when the trees are closed, and leaves nothing that the next start does not remove', async () => {
    const { trees, folder, path, ledger } = await openTrees(5);
    const building = trees.build({ seedId, firstSeq: 1, lastSeq: 5 });
    trees.close();
    await expect(building).rejects.toMatchObject({ name: 'AbortError' });
    writeFileSync(`${path}.tmp`, 'half');
    await createTrees({ ledger, folder, log: () => undefined }).prepare();
    expect(await readdir(folder)).not.toContain(`${seedId}.tree.tmp`);
  });
});

describe('proofOf', () => {
  it.each<[string, (path: string) => void]>([
    ['is missing', (path) => rmSync(path)],
    ['is cut off', (path) => truncateSync(path, 100)],
    ['is empty', (path) => truncateSync(path, 0)],
    ['has a flipped bit', (path) => writeFileSync(path, readFileSync(path).fill(1, 32 * 11, 32 * 12))],
    ['is somebody else’s', (path) => writeFileSync(path, randomBytes(32 * 22))],
  ])('builds a tree again that %s', async (_, damage) => {
    const { trees, digests, path } = await openTrees(10);
    const seed = { seedId, firstSeq: 1, lastSeq: 10 };
    const root = await trees.build(seed);
    const whole = readFileSync(path);
    const proofs = await Promise.all(digests.map((digest) => trees.proofOf({ ...seed, root }, digest)));
    damage(path);
    expect(await Promise.all(digests.map((digest) => trees.proofOf({ ...seed, root }, digest)))).toEqual(
      proofs,
    );
    expect(readFileSync(path).equals(whole)).toBe(true);
  });

  it('says so when the ledger leads to another root than the one that was anchored', async () => {
    const { trees, digests } = await openTrees(3);
    const wrong = { seedId, firstSeq: 1, lastSeq: 3, root: digestOf('other') };
    await expect(trees.proofOf(wrong, digests[0] as string)).rejects.toMatchObject({ code: 'seed-damaged' });
  });
});

describe('sortLeaves', () => {
  it('should order as hex text does, also where the first bytes are equal', () => {
    const leaves = [
      ...Array.from({ length: 500 }, () => randomBytes(32)),
      ...Array.from({ length: 500 }, () => Buffer.concat([Buffer.alloc(8, 0xff), randomBytes(24)])),
    ];
    const sorted = sortLeaves(Buffer.concat(leaves));
    const expected = leaves.map((leaf) => leaf.toString('hex')).sort();
    expect(sorted.toString('hex')).toBe(expected.join(''));
  });
});
