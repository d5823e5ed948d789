import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';

import { abortable, type Fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import { fingerprintGrown, hashAhead } from '../../fingerprint/growing-file.ts';
import type { Log } from '../../log.ts';
import type { ContentStore } from '../content-store.ts';
import type { Ledger } from '../ledger/database.ts';
import {
  countOpenUploadBytes,
  dropIdleUploads,
  dropResumableUpload,
  findResumableUpload,
  findUploadOfLink,
  insertResumableUpload,
  listOpenUploads,
  markReceived,
  type ResumableUpload,
  setUploadFingerprint,
  setUploadMimetype,
} from '../ledger/resumable-uploads.ts';
import type { StorageLimit } from '../limits/storage-limit.ts';
import { sniffedBytes } from '../mime-type.ts';
import { Refusal } from '../refusal.ts';
import { createNewestOnly } from './newest-only.ts';
import { openPartialFile, type PartialFile } from './partial-file.ts';

/** Content of which all bytes are on disk, under a temporary name. */
export interface CompleteContent {
  fingerprint: Fingerprint;
  mimetype: string;
  /** Makes it readable under its CID. May be called again by a later run. */
  keep(): Promise<void>;
}

/** What happens to content on its way in and at its end. */
export interface Reception<T> {
  /** The type of content that begins with these bytes. @throws Refusal when it is not wanted: the upload is dropped. */
  judge(head: Uint8Array): Promise<string>;
  /** Takes the complete content; must end in a transaction that marks the upload as finished. */
  accept(content: CompleteContent): Promise<T>;
}

/** Uploads that come in several requests and survive the end of this process in between. */
export interface ResumableUploads {
  /** Makes the folder and removes what nobody goes on with, now and from time to time. */
  start(): Promise<void>;
  /** Cuts off what is being received, keeping the bytes that came. */
  stop(): Promise<void>;
  /**
   * Begins an upload; a link's earlier unfinished one ends with that, so that a link never takes more space than one file.
   * @throws Refusal 507 when the disk, or the limit on all that is stored, has no room for it.
   */
  create(upload: {
    linkId: string;
    sizeBytes: number;
    metadata: Record<string, string>;
  }): Promise<ResumableUpload>;
  find(id: string): ResumableUpload | undefined;
  /** Ends a request that is still receiving for this upload, so that its offset stands still. */
  interrupt(id: string): Promise<void>;
  /**
   * Takes bytes that begin at `offset`. Those that are here already (a repeated chunk) must be the same and are passed over.
   * @returns what `accept` returned when the content is complete with this, else undefined. What came before a failure stays.
   * @throws Refusal 409 for a gap, other bytes than before, or when a newer request takes over; 413 for more bytes than
   * announced; 400 when the body breaks off; 410 when the bytes so far are lost; and what `judge` and `accept` throw.
   */
  receive<T>(
    id: string,
    offset: number,
    body: AsyncIterator<Uint8Array> | undefined,
    reception: Reception<T>,
  ): Promise<{ offset: number; accepted: T | undefined }>;
  /** Ends an upload and removes its bytes. */
  drop(id: string): Promise<void>;
}

/** An upload without progress for so long is dropped. */
export const maxIdleMs = 24 * 3_600_000;

/** How much may have to be sent again after the process, or the computer, died. */
const syncEveryBytes = 64 * 1024 * 1024;
/** Left free for everything else that writes to this disk, the ledger above all. */
const reservedBytes = 64 * 1024 * 1024;
const sweepEveryMs = 3_600_000;

const takenOver = () => new Refusal(409, 'A newer request goes on with this upload: this one was cut off.');
const stopping = () => new Refusal(503, 'The service is stopping. Go on with the upload when it is back.');

/**
 * @param folder for the bytes of unfinished uploads; on the file system of the content store, which takes them over by
 * renaming.
 */
export function createResumableUploads(deps: {
  ledger: Ledger;
  content: Pick<ContentStore, 'adopt'>;
  storage: Pick<StorageLimit, 'check'>;
  folder: string;
  log: Log;
  now: () => number;
}): ResumableUploads {
  const { ledger, content, storage, folder, log, now } = deps;
  const newestOnly = createNewestOnly<string>();
  const pathOf = (id: string) => join(folder, id);
  let timer: NodeJS.Timeout | undefined;

  function requireUpload(id: string): ResumableUpload {
    const upload = findResumableUpload(ledger.db, id);
    if (!upload) throw new Refusal(404, 'There is no such upload: it was ended or replaced. Start it again.');
    return upload;
  }

  async function openFile(upload: ResumableUpload): Promise<PartialFile> {
    try {
      return await openPartialFile(pathOf(upload.id), upload.receivedBytes);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
      await forget(upload.id);
      throw new Refusal(410, 'The bytes of this upload are lost. Start it again.');
    }
  }

  async function drop(id: string): Promise<void> {
    await newestOnly.run(id, takenOver, () => forget(id));
  }

  async function forget(id: string): Promise<void> {
    await ledger.write((db) => dropResumableUpload(db, id));
    await rm(pathOf(id), { force: true });
  }

  /** Appends a body; at its end, however it comes about, what arrived is confirmed. */
  async function takeBody(
    upload: ResumableUpload,
    offset: number,
    chunks: AsyncIterable<Uint8Array>,
    judge: Reception<unknown>['judge'],
  ): Promise<void> {
    const { id, sizeBytes } = upload;
    const file = await openFile(upload);
    let confirmedBytes = upload.receivedBytes;
    let isJudged = upload.mimetype !== null;
    const confirmWritten = async () => {
      const { writtenBytes } = file;
      if (writtenBytes === confirmedBytes) return;
      await file.sync();
      confirmedBytes = writtenBytes;
      await ledger.write((db) => markReceived(db, id, confirmedBytes, now()));
      // No earlier: what was not confirmed may be cut off, and come again as something else.
      hashAhead(pathOf(id), confirmedBytes);
    };
    // A disk that is full keeps what it had room for.
    const confirm = () => file.flush().finally(confirmWritten);
    const judgeOnce = async () => {
      if (isJudged || file.sizeBytes < Math.min(sniffedBytes, sizeBytes)) return;
      const mimetype = await judge(await file.head(sniffedBytes));
      await ledger.write((db) => setUploadMimetype(db, id, mimetype));
      isJudged = true;
    };
    let position = offset;
    try {
      try {
        for await (const chunk of chunks) {
          if (position + chunk.byteLength > sizeBytes) {
            throw new Refusal(413, `Too many bytes: ${sizeBytes} were announced as Upload-Length.`);
          }
          const known = Math.min(Math.max(file.sizeBytes - position, 0), chunk.byteLength);
          if (known > 0 && !(await file.holds(position, chunk.subarray(0, known)))) {
            throw new Refusal(
              409,
              `From byte ${position} on, other bytes arrived before. Start the upload again.`,
            );
          }
          position += chunk.byteLength;
          if (known < chunk.byteLength) await file.append(chunk.subarray(known));
          await judgeOnce();
          if (file.sizeBytes - confirmedBytes >= syncEveryBytes) await confirm();
        }
        await judgeOnce();
      } finally {
        await confirm();
      }
    } finally {
      await file.close();
    }
  }

  async function complete<T>(id: string, accept: Reception<T>['accept']): Promise<T> {
    const upload = requireUpload(id);
    const path = pathOf(id);
    const fingerprint = upload.fingerprint ?? (await fingerprintGrown(path, upload.sizeBytes));
    const { mimetype } = upload;
    if (mimetype === null || fingerprint.sizeBytes !== upload.sizeBytes) {
      throw new Error(`Upload ${id} is not complete: ${fingerprint.sizeBytes} of ${upload.sizeBytes} bytes.`);
    }
    if (!upload.fingerprint) await ledger.write((db) => setUploadFingerprint(db, id, fingerprint));
    const accepted = await accept({
      fingerprint,
      mimetype,
      keep: () => content.adopt(path, fingerprint.cid),
    });
    // Still there when the content was not to be kept.
    await rm(path, { force: true });
    return accepted;
  }

  async function sweep(): Promise<void> {
    await ledger.write((db) => dropIdleUploads(db, now() - maxIdleMs));
    // In this order: whatever has a file by now had its row before.
    const names = await readdir(folder);
    const open = new Set(listOpenUploads(ledger.db));
    const strays = names.filter((name) => !open.has(name));
    await Promise.all(strays.map((name) => rm(pathOf(name), { force: true })));
  }

  return {
    async start() {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await sweep();
      timer ??= setInterval(() => {
        sweep().catch((error) => log('warn', 'Unfinished uploads could not be swept', { error }));
      }, sweepEveryMs).unref();
    },

    async stop() {
      clearInterval(timer);
      timer = undefined;
      await newestOnly.abortAll(stopping);
    },

    async create({ linkId, sizeBytes, metadata }) {
      const { announced, awaited } = countOpenUploadBytes(ledger.db);
      storage.check(announced + sizeBytes);
      const { bavail, bsize } = await statfs(folder);
      const freeBytes = bavail * bsize - awaited - reservedBytes;
      if (sizeBytes > freeBytes) {
        throw new Refusal(
          507,
          `No room for this upload: it has ${sizeBytes} bytes, the disk of this service has ${Math.max(0, freeBytes)} left for uploads. Free some space, then start again.`,
        );
      }
      const id = randomUUID();
      const replaced = await ledger.write((db) => {
        const before = findUploadOfLink(db, linkId);
        if (before) dropResumableUpload(db, before.id);
        insertResumableUpload(db, { id, linkId, sizeBytes, metadata }, now());
        return before?.id;
      });
      // The row first: the sweep takes a file without one for a stray.
      await (await open(pathOf(id), 'wx', 0o600)).close();
      if (replaced !== undefined) await drop(replaced);
      return requireUpload(id);
    },

    find: (id) => findResumableUpload(ledger.db, id),

    async interrupt(id) {
      await newestOnly.run(id, takenOver, async () => undefined);
    },

    receive(id, offset, body, { judge, accept }) {
      return newestOnly.run(id, takenOver, async (signal) => {
        const upload = requireUpload(id);
        if (upload.finishedAt !== null) return { offset: upload.sizeBytes, accepted: undefined };
        if (offset > upload.receivedBytes) {
          throw new Refusal(
            409,
            `Upload-Offset ${offset} leaves a gap: ${upload.receivedBytes} bytes are here. Go on there.`,
            { offset: upload.receivedBytes },
          );
        }
        // Content that was refused stays refused, whatever else its sender still sends.
        let isUnwanted = false;
        const noteRefusal = async <V>(work: Promise<V>): Promise<V> => {
          try {
            return await work;
          } catch (error) {
            isUnwanted = error instanceof Refusal;
            throw error;
          }
        };
        try {
          // With a fingerprint all bytes are here, and an earlier run died before it could say so: this is a repeat.
          if (!upload.fingerprint) {
            const chunks = abortable(readable(body), signal);
            await takeBody(upload, offset, chunks, (head) => noteRefusal(judge(head)));
          }
          const { receivedBytes } = requireUpload(id);
          if (receivedBytes < upload.sizeBytes) return { offset: receivedBytes, accepted: undefined };
          return { offset: receivedBytes, accepted: await noteRefusal(complete(id, accept)) };
        } catch (error) {
          if (isUnwanted) await forget(id);
          throw error;
        }
      });
    },

    drop,
  };
}

/** A body as chunks; its breaking off is the sender's trouble, not ours. */
async function* readable(body: AsyncIterator<Uint8Array> | undefined): AsyncGenerator<Uint8Array> {
  if (!body) return;
  for (;;) {
    let next: IteratorResult<Uint8Array>;
    try {
      next = await body.next();
    } catch {
      throw new Refusal(400, 'The upload broke off. Go on where it stopped.');
    }
    if (next.done) return;
    yield next.value;
  }
}
