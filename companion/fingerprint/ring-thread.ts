import { createHash, type Hash } from 'node:crypto';
import { workerData } from 'node:worker_threads';

import { profileShape } from '../../shared/fingerprint/tree.ts';
import { leafFrame } from '../../shared/fingerprint/unixfs.ts';
import {
  counter,
  leafHash,
  type RingThread,
  ringMemory,
  slotContent,
  slotCount,
  slotFlag,
} from './ring-memory.ts';

/**
 * One hashing thread of a ring: takes the slots that are its own in order, for ever. It blocks while there is none, which only a
 * thread of its own may do.
 */
const { buffer, leafThreads, leafThread } = workerData as RingThread;
const memory = ringMemory(buffer, leafThreads);
const { counters, slots } = memory;
const isWhole = leafThread === undefined;
const done = isWhole ? counter.whole : counter.leaves + leafThread;
const { chunkBytes } = profileShape;
const fullFrame = leafFrame(chunkBytes);

let whole: Hash = createHash('sha256');

function takeWhole(slot: number, length: number, flags: number): void {
  // What an abandoned content has left is dropped with its hash.
  if (flags & slotFlag.first) whole = createHash('sha256');
  whole.update(slotContent(memory, slot).subarray(0, length));
  if (flags & slotFlag.last) memory.digest.set(whole.digest());
}

function takeLeaves(slot: number, length: number): void {
  const content = slotContent(memory, slot);
  for (let from = 0, leaf = 0; from < length; from += chunkBytes, leaf += 1) {
    const bytes = content.subarray(from, Math.min(from + chunkBytes, length));
    const frame = bytes.length === chunkBytes ? fullFrame : leafFrame(bytes.length);
    const hash = createHash('sha256').update(frame.before).update(bytes).update(frame.after).digest();
    leafHash(memory, slot, leaf).set(hash);
  }
}

const step = isWhole ? 1 : leafThreads;
for (let slot = leafThread ?? 0; ; slot += step) {
  for (let filled = 0; filled <= slot; ) {
    filled = Atomics.load(counters, counter.filled);
    if (filled <= slot) Atomics.wait(counters, counter.filled, filled);
  }
  const index = 2 * (slot % slotCount);
  const length = slots[index] ?? 0;
  if (isWhole) takeWhole(slot, length, slots[index + 1] ?? 0);
  else takeLeaves(slot, length);
  Atomics.store(counters, done, slot + 1);
  Atomics.notify(counters, done);
}
