import type { ErrorData } from '../../../shared/errors.ts';
import type { Fingerprint } from '../../../shared/fingerprint/fingerprint.ts';

/**
 * What the background asks of its hidden document (Chromium): things that need a document or workers of its own. Bytes do not
 * travel: both read the same database of jobs.
 */
export interface HiddenRequests {
  /** Saves the job's file to the downloads. */
  save: { request: { jobId: string; name: string }; reply: undefined };
  /** Fingerprints the job's file; {@link HiddenProgress} comes meanwhile. */
  fingerprint: { request: { jobId: string; name: string }; reply: Fingerprint };
  /** Ends the fingerprinting of the job's file, if it is under way. */
  cancel: { request: { jobId: string }; reply: undefined };
}

export type HiddenKind = keyof HiddenRequests;

/** A request as it is sent. */
export type HiddenRequest<Kind extends HiddenKind = HiddenKind> = {
  [K in Kind]: { hashmarkOffscreen: K } & HiddenRequests[K]['request'];
}[Kind];

/** The answer as it comes back. */
export type HiddenAnswer<Kind extends HiddenKind> = {
  reply?: HiddenRequests[Kind]['reply'];
  error?: ErrorData;
};

/** What the hidden document tells while it fingerprints. Each one also keeps the background's worker awake. */
export interface HiddenProgress {
  hashmarkOffscreenProgress: string;
  bytesDone: number;
  platform: 'native' | 'wasm' | 'js';
}
