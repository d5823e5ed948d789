import { HashmarkError } from '../../../shared/errors.ts';
import type { Fingerprint, HashPlatform } from '../../../shared/fingerprint/fingerprint.ts';
import type { CaptureKind, JobPhase, JobSeed, JobView } from '../../messages.ts';
import type { Method } from '../method.ts';
import type { Privacy } from '../privacy.ts';

/** A job as it lies on disk. Its bytes lie beside it, under the same id. */
export interface Job {
  id: string;
  kind: CaptureKind;
  /** File name. */
  name: string;
  /** Title of the page it comes from. */
  title: string;
  type: string;
  sourceUrl: string;
  missing: string[];
  createdAtMs: number;
  phase: JobPhase;
  /** Where it stood when it failed: there a retry goes on. */
  failedIn?: JobPhase;
  fingerprint?: Fingerprint;
  /** What has hashed it; absent in jobs from before that was written down. */
  hashedBy?: HashPlatform['name'];
  /** Chosen when the job was made, and kept whatever the user chooses later. Absent in jobs from before there was a choice. */
  method?: Method;
  /** Of an upload: name of the group until the service has told its id. */
  groupId?: string;
  /** Of an upload: chosen and kept like the method. */
  privacy?: Privacy;
  /** True from when we begin to add the file to the group, so that a cancelled job may take it out again. */
  hasUploaded: boolean;
  /** Of a hash-only job: true from when its digest may have left this computer. */
  hasSubmitted?: boolean;
  /** Of a hash-only job: the seed that the service put the digest in. */
  seed?: JobSeed;
  transaction?: string;
  blockTimeSeconds?: number;
  /** Failures in a row in this phase that may pass by themselves. */
  attempts: number;
  /** Not before this time, Unix milliseconds. */
  nextTryAtMs: number;
  message?: string;
  isSaved: boolean;
  /** True once its bytes are no longer stored here: the downloads hold them. */
  isReleased?: boolean;
  isNotified: boolean;
  /** True once a page has listed the job after it failed. */
  isSeen: boolean;
  dismissedAtMs?: number;
}

const ended = new Set<JobPhase>(['done', 'failed', 'cancelled']);

export function isEnded({ phase }: Pick<Job, 'phase'>): boolean {
  return ended.has(phase);
}

/** Phases in which the stamp is not asked for yet: until then a job can be taken back. */
const cancellable = new Set<JobPhase>(['captured', 'fingerprinted', 'uploading', 'uploaded', 'submitting']);

export function isCancellable({ phase }: Pick<Job, 'phase'>): boolean {
  return cancellable.has(phase);
}

export function fingerprintOf({ fingerprint, name }: Job): Fingerprint {
  if (!fingerprint) throw new HashmarkError('internal', `${name} has no fingerprint yet.`);
  return fingerprint;
}

/** True from when the user cancelled it, though what it has sent may still have to be taken back. */
export function isCancelled({ phase }: Pick<Job, 'phase'>): boolean {
  return phase === 'cancelling' || phase === 'cancelled';
}

/** True while it is on its way to its stamp. */
export function isOnItsWay(job: Pick<Job, 'phase'>): boolean {
  return !isEnded(job) && !isCancelled(job);
}

/** True when nothing more is done with its bytes, which lie in the downloads as well, and they still lie here. */
export function needsNoBytes({ phase, isSaved, isReleased = false }: Job): boolean {
  return (phase === 'done' || phase === 'cancelled') && isSaved && !isReleased;
}

/** Before there was a choice everything was uploaded. */
export function methodOf({ method = 'upload' }: Pick<Job, 'method'>): Method {
  return method;
}

/** Before there was a choice everything was public. */
export function privacyOf({ privacy = 'public' }: Pick<Job, 'privacy'>): Privacy {
  return privacy;
}

/** How far a step is, as pages see it; nothing of it is kept. */
export type JobProgress = Pick<JobView, 'progress' | 'sizeBytes' | 'hashedBy'>;

/** What pages see of a job. */
export function toJobView(job: Job, progress?: JobProgress): JobView {
  const { id, kind, name, sourceUrl, createdAtMs, phase, fingerprint, hashedBy } = job;
  const { groupId, seed, transaction, blockTimeSeconds, missing, message, isSaved, isReleased } = job;
  const method = methodOf(job);
  return {
    id,
    kind,
    name,
    sourceUrl,
    createdAtMs,
    phase,
    method,
    ...(method === 'upload' ? { groupId, privacy: privacyOf(job) } : {}),
    missing,
    isSaved,
    ...(isReleased ? { isReleased } : {}),
    canCancel: isCancellable(job),
    ...progress,
    ...(fingerprint ? { fingerprint } : {}),
    ...(hashedBy ? { hashedBy } : {}),
    ...(seed ? { seed } : {}),
    ...(transaction ? { transaction } : {}),
    ...(blockTimeSeconds === undefined ? {} : { blockTimeSeconds }),
    ...(message ? { message } : {}),
  };
}
