import { describe, expect, it } from 'vitest';
import { nodePlatform } from '../../../companion/fingerprint/node-platform.ts';
import { cidOfBlockHash } from '../../../shared/fingerprint/cid.ts';
import { createTreeBuilder, profileShape } from '../../../shared/fingerprint/tree.ts';
import { leafFrame, type UnixFsNode } from '../../../shared/fingerprint/unixfs.ts';

/** A leaf of zero bytes, hashed for real. */
async function zeroLeaf(length: number): Promise<UnixFsNode> {
  const { before, after } = leafFrame(length);
  const block = Uint8Array.from([...before, ...new Uint8Array(length), ...after]);
  return { hash: await nodePlatform.sha256(block), treeBytes: block.length, fileBytes: length };
}

describe('createTreeBuilder', () => {
  it('gives the published CID of 174 × 174 chunks and one byte: three levels, a last group of one twice', async () => {
    const { chunkBytes, maxLinks } = profileShape;
    const tree = createTreeBuilder(maxLinks, nodePlatform.sha256);
    const full = await zeroLeaf(chunkBytes);
    for (let i = 0; i < maxLinks * maxLinks; i += 1) await tree.add(full);
    await tree.add(await zeroLeaf(1));
    const root = await tree.finish();
    expect(cidOfBlockHash(root.hash)).toBe('QmVZLgevKqdMBkEdFhcauLccqzLNn2gmfwVaXhHEZJyqzm');
    expect(root.fileBytes).toBe(174 * 174 * 262_144 + 1);
  });

  it('makes an only leaf the root', async () => {
    const tree = createTreeBuilder(2, nodePlatform.sha256);
    const leaf = await zeroLeaf(3);
    await tree.add(leaf);
    expect(await tree.finish()).toEqual(leaf);
  });
});

describe('leafFrame', () => {
  it('frames an empty leaf without a data field', () => {
    const { before, after } = leafFrame(0);
    expect([...before, ...after]).toEqual([0x0a, 0x04, 0x08, 0x02, 0x18, 0x00]);
  });

  it('writes lengths as varints', () => {
    const { before, after } = leafFrame(262_144);
    expect([...before]).toEqual([0x0a, 0x8a, 0x80, 0x10, 0x08, 0x02, 0x12, 0x80, 0x80, 0x10]);
    expect([...after]).toEqual([0x18, 0x80, 0x80, 0x10]);
  });
});
