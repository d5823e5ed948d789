import type { ErrorData } from '../../../shared/errors.ts';
import type { Fingerprint, HashPlatform } from '../../../shared/fingerprint/fingerprint.ts';

/**
 * What a worker is asked. A first worker reads the content and hashes the whole; it passes every piece on, through `leaves`, to a
 * second one that hashes the leaves, because each of the two hashes takes a core. Without `leaves` one worker does both.
 */
export type WorkerOrder =
  | { kind: 'fingerprint'; blob: Blob; leaves?: MessagePort }
  | { kind: 'hash-leaves'; from: MessagePort };

/** What a worker that was asked for a fingerprint answers; several times `progress`, then one of the others. */
export type WorkerNews =
  | { kind: 'progress'; bytesDone: number; platform: HashPlatform['name'] }
  | { kind: 'done'; fingerprint: Fingerprint }
  | { kind: 'failed'; error: ErrorData };

/** From the first worker to the second: a piece, or that there are no more. */
export type LeafOrder = { piece: ArrayBuffer } | { end: true };

/** From the second worker to the first. `hashed` comes as the bytes of leaves are on their way. */
export type LeafNews = { hashed: number } | { cid: string } | { error: ErrorData };
