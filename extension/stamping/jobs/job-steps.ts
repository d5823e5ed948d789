import {
  type Fingerprint,
  type FingerprintOptions,
  type HashPlatform,
  refuseEmpty,
} from '../../../shared/fingerprint/fingerprint.ts';
import type { ChainletterClient } from '../../../shared/wire/chainletter.ts';
import type { WireFetch } from '../../../shared/wire/service-request.ts';
import type { JobPhase } from '../../messages.ts';
import type { Method } from '../method.ts';
import { type HashOnlyDeps, hashOnlySteps } from './hash-only-steps.ts';
import { type Job, type JobProgress, methodOf } from './job.ts';
import { uploadSteps } from './upload-steps.ts';

export interface StepDeps {
  /** The client of the account, made anew for each step: the pairing may have changed meanwhile. */
  client: () => Promise<ChainletterClient>;
  /** Plain: a signed link is the only credential an upload has. */
  uploadFetch: WireFetch;
  hashOnly: HashOnlyDeps;
  /** Of the job's file, which is the bytes given. */
  fingerprint: (
    job: Pick<Job, 'id' | 'name'>,
    bytes: Blob,
    options: Required<FingerprintOptions>,
  ) => Promise<Fingerprint>;
  now: () => number;
}

export interface StepContext {
  job: Job;
  bytes: () => Promise<Blob>;
  signal: AbortSignal;
  /** All jobs, as they are now. */
  jobs: () => Promise<Job[]>;
  onProgress: (progress: JobProgress) => void;
  /** Writes something to disk that must be known even if this step never returns. */
  note: (change: Partial<Job>) => Promise<void>;
}

export type Step = (context: StepContext, deps: StepDeps) => Promise<Partial<Job>>;

/** One step for each phase that is not an end. */
export type Steps = { [Phase in JobPhase]?: Step };

const stepsOf: Record<Method, Steps> = { upload: uploadSteps, 'hash-only': hashOnlySteps };

/**
 * The step that a job takes next. A step reads what is so out there before it changes anything, so that it can be run
 * again after a death at any point: nothing is sent that has already arrived. What a step returns is written to disk
 * before the next one begins.
 */
export function stepOf(job: Job): Step {
  const step = job.phase === 'captured' ? takeFingerprint : stepsOf[methodOf(job)][job.phase];
  if (!step) throw new Error(`No step for phase ${job.phase}`);
  return step;
}

const takeFingerprint: Step = async ({ job, bytes, signal, onProgress }, deps) => {
  const content = await bytes();
  const { size: sizeBytes } = content;
  let hashedBy: HashPlatform['name'] | undefined;
  const fingerprint = await deps.fingerprint(job, content, {
    signal,
    onProgress(bytesDone, platform) {
      hashedBy = platform;
      onProgress({ progress: sizeBytes === 0 ? 1 : bytesDone / sizeBytes, sizeBytes, hashedBy });
    },
  });
  refuseEmpty(fingerprint, job.name);
  return { phase: 'fingerprinted', fingerprint, ...(hashedBy ? { hashedBy } : {}) };
};

/** Phases that a retry begins with where the failure says that what was done before is gone, or was told wrong. */
const retryFrom: Record<string, JobPhase> = {
  'file-gone': 'uploading',
  'not-listed': 'uploading',
  'seed-gone': 'submitting',
  // The service may have named another transaction since.
  'proof-contradicted': 'waiting',
};

/** Where a retry goes on: what is gone has to be sent again. */
export function phaseToRetry(code: string, failedIn: JobPhase): JobPhase {
  return retryFrom[code] ?? failedIn;
}
