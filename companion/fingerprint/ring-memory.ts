import { profileShape } from '../../shared/fingerprint/tree.ts';

/** Leaves of one slot: a slot is what is read at once. */
const leavesPerSlot = 4;
export const slotBytes = leavesPerSlot * profileShape.chunkBytes;
/** Enough for the reader to be ahead of the slowest thread for a few milliseconds. */
export const slotCount = 8;
/** One SHA-256 value. */
const hashBytes = 32;

/** Positions in {@link RingMemory.counters}. Counts run on from one content to the next, so nobody is ever told to begin. */
export const counter = {
  /** Slots that were filled so far. */
  filled: 0,
  /** Slots that the whole-content thread is done with. */
  whole: 1,
  /** Slots that leaf thread k is done with, at `leaves + k`; it takes every slot whose number modulo the threads is k. */
  leaves: 2,
} as const;

/** What a slot says of itself. */
export const slotFlag = { first: 1, last: 2 } as const;

/** The memory that the reading thread and the hashing threads share. */
export interface RingMemory {
  counters: Int32Array;
  /** Per slot: bytes in it, {@link slotFlag}s. */
  slots: Int32Array;
  content: Uint8Array;
  /** Per slot and leaf: the hash of the leaf's dag-pb bytes. */
  leafHashes: Uint8Array;
  /** The digest of the content whose last slot the whole-content thread has done. */
  digest: Uint8Array;
}

/** What a hashing thread is started with. */
export interface RingThread {
  buffer: SharedArrayBuffer;
  leafThreads: number;
  /** Which leaf thread it is; undefined: the one that hashes the whole content. */
  leafThread: number | undefined;
}

/** Bytes that {@link ringMemory} lays out. */
export function ringBytes(leafThreads: number): number {
  return (
    4 * (counter.leaves + leafThreads + 2 * slotCount) +
    slotCount * (slotBytes + leavesPerSlot * hashBytes) +
    hashBytes
  );
}

/** The same layout for every thread. */
export function ringMemory(buffer: SharedArrayBuffer, leafThreads: number): RingMemory {
  let at = 0;
  const integers = (count: number) => {
    const view = new Int32Array(buffer, at, count);
    at += 4 * count;
    return view;
  };
  const bytes = (count: number) => {
    const view = new Uint8Array(buffer, at, count);
    at += count;
    return view;
  };
  return {
    counters: integers(counter.leaves + leafThreads),
    slots: integers(2 * slotCount),
    content: bytes(slotCount * slotBytes),
    leafHashes: bytes(slotCount * leavesPerSlot * hashBytes),
    digest: bytes(hashBytes),
  };
}

/** Content memory of a slot, whole. */
export function slotContent({ content }: RingMemory, slot: number): Uint8Array {
  const index = slot % slotCount;
  return content.subarray(index * slotBytes, (index + 1) * slotBytes);
}

/** Where the hash of a slot's leaf stands. */
export function leafHash({ leafHashes }: RingMemory, slot: number, leaf: number): Uint8Array {
  const from = ((slot % slotCount) * leavesPerSlot + leaf) * hashBytes;
  return leafHashes.subarray(from, from + hashBytes);
}
