import type { ErrorData } from '../../../shared/errors.ts';
import type { Fingerprint, HashPlatform } from '../../../shared/fingerprint/fingerprint.ts';
import type { PartName } from './parts.ts';

/**
 * What a worker is asked. Alone it reads the content and makes both hashes; in a pipeline it reads, and two others make one hash
 * each, because each of the three takes about as long as the others.
 */
export type WorkerOrder =
  | { kind: 'fingerprint'; blob: Blob; pipeline?: PipelineEnds }
  | ({ kind: 'stage' } & StageOrder);

/** The reader's two ends: pieces go into the first stage, and come back from the last. */
export interface PipelineEnds {
  first: MessagePort;
  last: MessagePort;
}

/** A worker between two others. */
export interface StageOrder {
  /** Which hash it makes. */
  makes: PartName;
  /** Of so many bytes. */
  sizeBytes: number;
  from: MessagePort;
  to: MessagePort;
}

/** What goes from stage to stage: the pieces of the content in order, and the end, which gathers the hashes; or what went wrong. */
export type PipelineMessage =
  | { piece: ArrayBuffer; platform?: HashPlatform['name'] }
  | { end: Partial<Record<PartName, string>> }
  | { error: ErrorData };

/** What a worker that was asked for a fingerprint answers; several times `progress`, then one of the others. */
export type WorkerNews =
  | { kind: 'progress'; bytesDone: number; platform: HashPlatform['name'] }
  | { kind: 'done'; fingerprint: Fingerprint }
  | { kind: 'failed'; error: ErrorData };
