import { cidOfBlockHash } from './cid.ts';
import { createTreeBuilder, profileShape, type TreeShape } from './tree.ts';
import { leafFrame } from './unixfs.ts';

/** The CID of content that comes piece by piece. */
export interface CidHasher {
  /**
   * Takes the next piece, of any size. Await what it returns before the next call: a promise means that enough blocks are
   * being hashed for now. When that has settled, the caller may reuse the bytes.
   */
  update(bytes: Uint8Array): void | Promise<void>;
  /** CIDv0 of all of it; of no content at all that of the empty file. */
  finish(): Promise<string>;
}

/** Blocks that are hashed at once, at most: enough for a pool of four threads, 2 MiB of copies. */
const maxBlocksInFlight = 8;

/**
 * Cuts content into leaves and hashes them, and the tree above them.
 *
 * @param sha256 Hashes one block (at most a little over 256 KiB) to 32 bytes. An answer that comes later lets several blocks
 * be hashed at once. Either way it must have read the bytes when the call returns.
 * @param shape Only tests give another than {@link profileShape}: it makes large trees from little content.
 */
export function createCidHasher(
  sha256: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  shape: TreeShape = profileShape,
): CidHasher {
  const { chunkBytes } = shape;
  const tree = createTreeBuilder(shape.maxLinks, sha256);
  const fullFrame = leafFrame(chunkBytes);
  // The current leaf with its frame around it, so that it can be hashed in one piece.
  const leaf = new Uint8Array(fullFrame.before.length + chunkBytes + fullFrame.after.length);
  const content = leaf.subarray(fullFrame.before.length, fullFrame.before.length + chunkBytes);
  leaf.set(fullFrame.before);
  leaf.set(fullFrame.after, fullFrame.before.length + chunkBytes);

  let filled = 0;
  let isEmpty = true;
  const inFlight: { hash: Uint8Array | Promise<Uint8Array>; treeBytes: number; fileBytes: number }[] = [];

  /** Sends a block to be hashed; it joins the tree later, in order. */
  function send(block: Uint8Array, fileBytes: number): void {
    const hash = sha256(block);
    // Whoever awaits it gets the failure; until then it must not count as unhandled.
    if (hash instanceof Promise) hash.catch(() => {});
    inFlight.push({ hash, treeBytes: block.length, fileBytes });
  }

  async function settle(leave: number): Promise<void> {
    while (inFlight.length > leave) {
      const next = inFlight.shift();
      if (next) await tree.add({ ...next, hash: await next.hash });
    }
  }

  /** Copies from `bytes` until the leaf is full or they are used up; the new position in them. */
  function fill(bytes: Uint8Array, from: number): number {
    const taken = Math.min(chunkBytes - filled, bytes.length - from);
    content.set(bytes.subarray(from, from + taken), filled);
    filled += taken;
    if (filled === chunkBytes) {
      send(leaf, chunkBytes);
      filled = 0;
    }
    return from + taken;
  }

  async function continueFrom(bytes: Uint8Array, position: number): Promise<void> {
    let from = position;
    while (from < bytes.length) {
      await settle(maxBlocksInFlight - 1);
      from = fill(bytes, from);
    }
  }

  return {
    update(bytes) {
      if (bytes.length > 0) isEmpty = false;
      let from = 0;
      while (from < bytes.length) {
        if (inFlight.length >= maxBlocksInFlight) return continueFrom(bytes, from);
        from = fill(bytes, from);
      }
    },
    async finish() {
      if (filled > 0 || isEmpty) {
        const frame = leafFrame(filled);
        const block = new Uint8Array(frame.before.length + filled + frame.after.length);
        block.set(frame.before);
        block.set(content.subarray(0, filled), frame.before.length);
        block.set(frame.after, frame.before.length + filled);
        send(block, filled);
      }
      await settle(0);
      return cidOfBlockHash((await tree.finish()).hash);
    },
  };
}
