import type { ErrorData } from '../../shared/errors.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';

/** Files for one thread to go through in order. */
export interface BatchOrder {
  paths: string[];
}

/** What a thread says while it works on an order, in order. `progress`: bytes of the file under way. */
export type BatchNews = { kind: 'progress'; bytesDone: number } | { kind: 'results'; results: BatchResult[] };

export type BatchResult = { fingerprint: Fingerprint } | { error: ErrorData };
