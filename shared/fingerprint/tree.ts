import { encodeParent, type UnixFsNode } from './unixfs.ts';

/** Shape of the tree over a file's leaves. */
export interface TreeShape {
  /** Bytes of content in every leaf but the last. */
  chunkBytes: number;
  /** Children of a node, at most. */
  maxLinks: number;
}

/** The shape that gives the CIDs of profile `unixfs-v0-2015`; any other shape gives other CIDs and exists for tests. */
export const profileShape: TreeShape = { chunkBytes: 262_144, maxLinks: 174 };

/** Grows a balanced tree from left to right, holding only the open node of each level: memory grows with the depth. */
export interface TreeBuilder {
  /** Adds the next leaf of the file. */
  add(leaf: UnixFsNode): Promise<void>;
  /** The root: the only leaf itself, or the node above all. At least one leaf must have been added. */
  finish(): Promise<UnixFsNode>;
}

/**
 * @param maxLinks Children of a node, at most.
 * @param sha256 Hashes a node's bytes to 32 bytes.
 */
export function createTreeBuilder(
  maxLinks: number,
  sha256: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>,
): TreeBuilder {
  /** Children that have no parent yet, per level; level 0 holds leaves. */
  const open: UnixFsNode[][] = [[]];

  async function close(level: number): Promise<void> {
    const { bytes, treeBytes, fileBytes } = encodeParent(open[level] ?? []);
    open[level] = [];
    await push(level + 1, { hash: await sha256(bytes), treeBytes, fileBytes });
  }

  async function push(level: number, node: UnixFsNode): Promise<void> {
    // A full node is closed by its next sibling, not by its last child: whether there is a level above depends on that.
    if (open[level]?.length === maxLinks) await close(level);
    const siblings = open[level];
    if (siblings) siblings.push(node);
    else open[level] = [node];
  }

  return {
    add: (leaf) => push(0, leaf),
    async finish() {
      for (let level = 0; ; level += 1) {
        const [first, ...others] = open[level] ?? [];
        const isTop = level === open.length - 1;
        if (isTop && first && others.length === 0) return first;
        // The last group of a level gets its parent even when it has one child.
        await close(level);
      }
    },
  };
}
