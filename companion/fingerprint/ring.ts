import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { bytesToHex } from '@noble/hashes/utils.js';

import { HashmarkError } from '../../shared/errors.ts';
import { cidOfBlockHash } from '../../shared/fingerprint/cid.ts';
import { type Fingerprint, fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { createTreeBuilder, profileShape } from '../../shared/fingerprint/tree.ts';
import { leafFrame } from '../../shared/fingerprint/unixfs.ts';
import { nodePlatform } from './node-platform.ts';
import {
  counter,
  leafHash,
  type RingThread,
  ringBytes,
  ringMemory,
  slotContent,
  slotCount,
  slotFlag,
} from './ring-memory.ts';

/**
 * Three threads besides the calling one: one hashes the whole content, the others its leaves, all from the same memory, so
 * that no byte is copied after it was read. One file's digest cannot be split, so more threads would not make it faster.
 */
const maxLeafThreads = 2;

/** The pass over one content through the ring. End it by `finish` or `abandon`. */
export interface RingPass {
  /**
   * Memory for the next bytes, once there is some: fill it from its start, all of it unless the content ends.
   * @throws HashmarkError `hashing-failed` when a hashing thread has died.
   */
  nextSlot(): Promise<Uint8Array>;
  /** The slot that was given last holds this many bytes; `isLast`: the content ends with them. */
  fill(length: number, isLast: boolean): void;
  /** Bytes whose hashing is complete. */
  readonly bytesDone: number;
  /** After the last slot was filled. */
  finish(): Promise<Fingerprint>;
  /** Gives the ring back; what was put in is hashed for nothing. Does nothing after `finish`. */
  abandon(): void;
}

interface Ring {
  begin(): RingPass;
  isBusy(): boolean;
}

let ring: Ring | undefined;

/**
 * Begins a pass on the process's one ring, whose threads are started on first use, stay, and keep no process alive.
 * @returns undefined while another pass has it: its threads are busy then, and the caller's own is as good.
 */
export function beginRingPass(): RingPass | undefined {
  ring ??= createRing();
  return ring.isBusy() ? undefined : ring.begin();
}

/** True once the threads run: starting them takes longer than hashing some megabytes. */
export function isRingWarm(): boolean {
  return ring !== undefined;
}

function createRing(): Ring {
  const leafThreads = Math.max(1, Math.min(maxLeafThreads, availableParallelism() - 1));
  const buffer = new SharedArrayBuffer(ringBytes(leafThreads));
  const memory = ringMemory(buffer, leafThreads);
  const { counters, slots } = memory;
  let failure: HashmarkError | undefined;
  let isBusy = false;
  /** Slots that were filled so far, over all contents. */
  let filled = 0;

  const start = (leafThread: number | undefined) => {
    const thread: RingThread = { buffer, leafThreads, leafThread };
    const worker = new Worker(new URL('./ring-thread.ts', import.meta.url), { workerData: thread });
    worker.unref();
    worker.on('error', (cause) => fail(cause));
    worker.on('exit', () => fail(undefined));
    return worker;
  };
  const threads = [undefined, ...Array.from({ length: leafThreads }, (_, index) => index)].map(start);

  function fail(cause: unknown): void {
    if (failure) return;
    failure = new HashmarkError(
      'hashing-failed',
      'A hashing thread ended before its work was done. Nothing was stamped; try again.',
      { cause },
    );
    // The next pass gets new threads; whoever waits for these is woken to hear of it.
    ring = undefined;
    for (const thread of threads) void thread.terminate();
    for (let index = 0; index < counters.length; index += 1) Atomics.notify(counters, index);
  }

  /** Resolves when a thread's counter has reached `count`. */
  async function reached(index: number, count: number): Promise<void> {
    while (!failure) {
      const now = Atomics.load(counters, index);
      if (now >= count) return;
      const wait = Atomics.waitAsync(counters, index, now);
      if (wait.async) await wait.value;
    }
    throw failure;
  }

  /** Resolves when no thread needs the slot any more. */
  async function hashed(slot: number): Promise<void> {
    await reached(counter.leaves + (slot % leafThreads), slot + 1);
    await reached(counter.whole, slot + 1);
  }

  function begin(): RingPass {
    isBusy = true;
    // While a pass runs its threads are what the process lives for: a pending wait alone would not keep it.
    for (const thread of threads) thread.ref();
    const tree = createTreeBuilder(profileShape.maxLinks, nodePlatform.sha256);
    const firstSlot = filled;
    /** The first slot whose leaves are not in the tree yet. */
    let collected = firstSlot;
    let sizeBytes = 0;
    let bytesDone = 0;
    let isOver = false;

    /** Takes a slot's leaf hashes into the tree; after that it may be filled anew. */
    async function collect(): Promise<void> {
      const slot = collected;
      await hashed(slot);
      const length = slots[2 * (slot % slotCount)] ?? 0;
      for (let from = 0, leaf = 0; from < length; from += profileShape.chunkBytes, leaf += 1) {
        const fileBytes = Math.min(profileShape.chunkBytes, length - from);
        const { before, after } = leafFrame(fileBytes);
        await tree.add({
          hash: leafHash(memory, slot, leaf).slice(),
          treeBytes: before.length + fileBytes + after.length,
          fileBytes,
        });
      }
      collected += 1;
      bytesDone += length;
    }

    function end(): void {
      if (isOver) return;
      isOver = true;
      isBusy = false;
      for (const thread of threads) thread.unref();
    }

    return {
      async nextSlot() {
        if (failure) throw failure;
        const before = filled - slotCount;
        // What an abandoned pass has left there is still being hashed.
        if (before >= 0 && before < firstSlot) await hashed(before);
        while (collected <= before) await collect();
        return slotContent(memory, filled);
      },
      fill(length, isLast) {
        const index = 2 * (filled % slotCount);
        slots[index] = length;
        slots[index + 1] = (filled === firstSlot ? slotFlag.first : 0) | (isLast ? slotFlag.last : 0);
        sizeBytes += length;
        filled += 1;
        Atomics.store(counters, counter.filled, filled);
        Atomics.notify(counters, counter.filled);
      },
      get bytesDone() {
        return bytesDone;
      },
      async finish() {
        try {
          if (sizeBytes === 0) return await fingerprint([], nodePlatform);
          while (collected < filled) await collect();
          const root = await tree.finish();
          const digest = bytesToHex(memory.digest.slice());
          return { digest, cid: cidOfBlockHash(root.hash), sizeBytes };
        } finally {
          end();
        }
      },
      abandon: end,
    };
  }

  return { begin, isBusy: () => isBusy };
}
