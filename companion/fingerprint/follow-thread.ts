import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';

import { toErrorData } from '../../shared/errors.ts';
import { createFingerprinter, type Fingerprinter } from '../../shared/fingerprint/fingerprint.ts';
import type { FollowNews, FollowOrder } from './follow-messages.ts';
import { nodePlatform } from './node-platform.ts';

/** The pass over the first bytes of a file. */
interface Prefix {
  fingerprinter: Fingerprinter;
  sizeBytes: number;
}

/** A prefix as far as the last order about its file goes. Orders about one file follow each other, those about others run between. */
interface Followed {
  prefix: Promise<Prefix>;
  orderedMs: number;
}

/** Files that are followed at once; each takes a block of 256 KiB. What is more is hashed when it is complete. */
const maxFollowed = 32;
/** A file that rests for so long makes room for another: it is read again from its start when it goes on. */
const restMs = 60_000;
/** Read at once. Each file that is under way has as much in memory. */
const readBytes = 256 << 10;

/** By path, in the order of the last order about each. */
const followed = new Map<string, Followed>();

function makeRoomFor(path: string): boolean {
  if (followed.has(path) || followed.size < maxFollowed) return true;
  const [oldest] = followed;
  // One that is still growing would be read from its start over and over.
  if (!oldest || performance.now() - oldest[1].orderedMs <= restMs) return false;
  return followed.delete(oldest[0]);
}

function hashAhead(path: string, toBytes: number): void {
  if (!makeRoomFor(path)) return;
  const prefix = hashTo(path, toBytes, followed.get(path)?.prefix);
  followed.delete(path);
  followed.set(path, { prefix, orderedMs: performance.now() });
  // What failed half way fits nothing any more.
  prefix.catch(() => followed.get(path)?.prefix === prefix && followed.delete(path));
}

async function finish(path: string, toBytes: number, finishedAs: number): Promise<FollowNews> {
  const before = followed.get(path)?.prefix;
  followed.delete(path);
  try {
    const { fingerprinter } = await hashTo(path, toBytes, before);
    return { finishedAs, fingerprint: await fingerprinter.finish() };
  } catch (error) {
    return { finishedAs, error: toErrorData(error) };
  }
}

async function hashTo(path: string, toBytes: number, before: Promise<Prefix> | undefined): Promise<Prefix> {
  const prefix = (await before?.catch(() => undefined)) ?? {
    fingerprinter: createFingerprinter(nodePlatform),
    sizeBytes: 0,
  };
  const file = openSync(path, 'r');
  try {
    await readOn(file, toBytes, prefix);
  } finally {
    closeSync(file);
  }
  return prefix;
}

/** Reads as only a thread of its own may, which waits for the disk; what is ordered meanwhile takes turns with it. */
async function readOn(file: number, toBytes: number, prefix: Prefix): Promise<void> {
  const buffer = new Uint8Array(Math.min(readBytes, toBytes - prefix.sizeBytes));
  while (prefix.sizeBytes < toBytes) {
    const length = Math.min(buffer.length, toBytes - prefix.sizeBytes);
    const bytesRead = readSync(file, buffer, 0, length, prefix.sizeBytes);
    if (bytesRead === 0) throw new Error(`The file ends at byte ${prefix.sizeBytes} of ${toBytes}.`);
    await prefix.fingerprinter.update(buffer.subarray(0, bytesRead));
    prefix.sizeBytes += bytesRead;
    await nextTurn();
  }
}

/** The thread that hashes files while they grow: see growing-file.ts, which gives the orders. */
parentPort?.on('message', async ({ path, toBytes, finishAs }: FollowOrder) => {
  if (finishAs === undefined) hashAhead(path, toBytes);
  else parentPort?.postMessage(await finish(path, toBytes, finishAs));
});
