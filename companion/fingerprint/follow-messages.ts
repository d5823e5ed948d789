import type { ErrorData } from '../../shared/errors.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';

/** Hash the file at `path` up to its first `toBytes` bytes, from where the last order about it ended. */
export interface FollowOrder {
  path: string;
  toBytes: number;
  /** The file ends there: answer under this number. Undefined: more may follow, and nobody waits for an answer. */
  finishAs: number | undefined;
}

/** How a file ended. */
export type FollowNews = { finishedAs: number } & ({ fingerprint: Fingerprint } | { error: ErrorData });
