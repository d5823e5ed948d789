import { randomUUID } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { access, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { fingerprintGrown, hashAhead } from '../fingerprint/growing-file.ts';
import { createAppendingFile } from './appending-file.ts';

/** Written before it is said that there is more to hash: a message costs as much as hashing some kilobytes. */
const hashEveryBytes = 8 << 20;

/** Content on its way in: a file of its own until it is kept or discarded. One of the two must be called. */
export interface IncomingContent {
  readonly sizeBytes: number;
  /** The caller must not change the chunk any more. Await what it returns before the next call. */
  write(chunk: Uint8Array): Promise<void>;
  /** Ends the writing; the fingerprint of what was written. */
  finish(): Promise<Fingerprint>;
  /** Makes the content readable under its CID. On disk, name included, when this resolves. */
  keep(): Promise<void>;
  /** Removes it. Does nothing after `keep`. */
  discard(): Promise<void>;
}

/** Bytes by CID, in one folder. Whether somebody may read them is not decided here. */
export interface ContentStore {
  /** Makes the folders and removes what an earlier run left half received. */
  prepare(): Promise<void>;
  receive(): Promise<IncomingContent>;
  /** Stores bytes that are in memory. */
  put(bytes: Uint8Array): Promise<Fingerprint>;
  /**
   * Takes over a finished, synced file of the same file system: renames it to its CID. On disk, name included, when this
   * resolves. A file that is gone because an earlier call took it, just before the process died, counts as taken.
   */
  adopt(path: string, cid: string): Promise<void>;
  has(cid: string): Promise<boolean>;
  /** What the bytes under this name are now, read again; undefined when there are none. */
  fingerprint(cid: string): Promise<Fingerprint | undefined>;
  /** @param range both ends inclusive, in bytes. The stream fails with ENOENT when the content is gone. */
  read(cid: string, range?: { start: number; end: number }): ReadStream;
}

/**
 * A content store below `folder`. Content is received under a temporary name, synced, and renamed to its CID, so that
 * a name that exists always holds all of its bytes, whatever dies in between.
 */
export function createContentStore(folder: string): ContentStore {
  const incomingFolder = join(folder, 'incoming');
  // The last characters of a CID are spread evenly; its first ones are always `Qm`.
  const folderOf = (cid: string) => join(folder, cid.slice(-2));
  const pathOf = (cid: string) => join(folderOf(cid), cid);

  async function moveIn(path: string, cid: string): Promise<void> {
    const isNewFolder = (await mkdir(folderOf(cid), { recursive: true, mode: 0o700 })) !== undefined;
    await rename(path, pathOf(cid));
    await syncFolder(folderOf(cid));
    if (isNewFolder) await syncFolder(folder);
  }

  async function has(cid: string): Promise<boolean> {
    return access(pathOf(cid)).then(
      () => true,
      () => false,
    );
  }

  async function receive(): Promise<IncomingContent> {
    const path = join(incomingFolder, randomUUID());
    const file = await open(path, 'wx', 0o600);
    const appending = createAppendingFile(file);
    let hashedAhead = 0;
    let fingerprint: Fingerprint | undefined;
    let isOpen = true;
    let isKept = false;
    const close = async () => {
      if (!isOpen) return;
      isOpen = false;
      await file.close();
    };
    return {
      get sizeBytes() {
        return appending.sizeBytes;
      },
      async write(chunk) {
        await appending.append(chunk);
        if (appending.writtenBytes < hashedAhead + hashEveryBytes) return;
        hashedAhead = appending.writtenBytes;
        hashAhead(path, hashedAhead);
      },
      async finish() {
        await appending.flush();
        // The disk works while the hash is computed.
        const [, hashed] = await Promise.all([file.sync(), fingerprintGrown(path, appending.sizeBytes)]);
        await close();
        fingerprint = hashed;
        return hashed;
      },
      async keep() {
        if (!fingerprint) throw new Error('Content must be finished before it is kept.');
        await moveIn(path, fingerprint.cid);
        isKept = true;
      },
      async discard() {
        await close();
        if (!isKept) await rm(path, { force: true });
      },
    };
  }

  return {
    async prepare() {
      await rm(incomingFolder, { recursive: true, force: true });
      await mkdir(incomingFolder, { recursive: true, mode: 0o700 });
    },
    receive,
    async put(bytes) {
      const incoming = await receive();
      try {
        await incoming.write(bytes);
        const fingerprint = await incoming.finish();
        await incoming.keep();
        return fingerprint;
      } finally {
        await incoming.discard();
      }
    },
    async adopt(path, cid) {
      try {
        await moveIn(path, cid);
      } catch (error) {
        const isGone = error instanceof Error && 'code' in error && error.code === 'ENOENT';
        if (!isGone || !(await has(cid))) throw error;
      }
    },
    has,
    async fingerprint(cid) {
      if (!(await has(cid))) return undefined;
      const { size } = await stat(pathOf(cid));
      return fingerprintGrown(pathOf(cid), size);
    },
    read: (cid, range) => createReadStream(pathOf(cid), range),
  };
}

/** Makes a rename durable. Windows cannot open folders, and needs no such step: NTFS journals names itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
