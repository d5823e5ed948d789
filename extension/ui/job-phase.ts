import type { CaptureKind, JobPhase, JobView } from '../messages.ts';
import { isCancelled } from '../stamping/jobs/job.ts';
import type { Method } from '../stamping/method.ts';
import { describeHashing } from './hashing.ts';
import type { Tone } from './outcome.ts';

/** The road of a job, as the user sees it; all have as many stages. */
const jobStages: Record<Method, readonly string[]> = {
  upload: ['Capture', 'Fingerprint', 'Send', 'Stamp'],
  'hash-only': ['Capture', 'Fingerprint', 'Stamp', 'Proof'],
};

/** How far each stage is, 0 to 1; `moving` when it is under way and nobody knows how far. */
export type StageState = number | 'moving';

const stagesByPhase: Record<JobPhase, StageState[]> = {
  captured: [1, 'moving', 0, 0],
  fingerprinted: [1, 1, 0, 0],
  uploading: [1, 1, 'moving', 0],
  uploaded: [1, 1, 1, 0],
  stamping: [1, 1, 1, 'moving'],
  submitting: [1, 1, 'moving', 0],
  waiting: [1, 1, 1, 'moving'],
  proving: [1, 1, 1, 'moving'],
  done: [1, 1, 1, 1],
  failed: [0, 0, 0, 0],
  cancelling: [0, 0, 0, 0],
  cancelled: [0, 0, 0, 0],
};

/** The stages of a job with how far each is. */
export function stagesOf({ phase, method, progress }: JobView): { name: string; state: StageState }[] {
  // A digest waits for its seed in the third stage, a file for its group in the last.
  const states =
    method === 'hash-only' && phase === 'waiting' ? stagesByPhase.submitting : stagesByPhase[phase];
  return jobStages[method].map((name, index) => {
    const state = states[index] ?? 0;
    return { name, state: state === 'moving' ? (progress ?? state) : state };
  });
}

export function jobTone(job: JobView): Tone {
  if (job.phase === 'done') return 'confirmed';
  if (job.phase === 'failed') return 'contradicted';
  return isCancelled(job) ? 'neutral' : 'pending';
}

/** What the job does now, in few words. */
export function describePhase({ phase, method, seed, progress }: JobView): string {
  const percent = progress === undefined ? '' : ` ${Math.round(progress * 100)} %`;
  switch (phase) {
    case 'captured':
      return `Computing the fingerprint${percent}`;
    case 'fingerprinted':
      return method === 'hash-only' ? 'Ready to stamp' : 'Ready to send';
    case 'uploading':
      return `Sending${percent}`;
    case 'uploaded':
      return 'Sent, next it is stamped';
    case 'stamping':
      return 'Stamping';
    case 'submitting':
      return 'Handing in the digest';
    case 'waiting':
      return method === 'hash-only' ? describeSeed(seed?.status ?? 0) : 'Waiting for the chain';
    case 'proving':
      return 'Checking the proof';
    case 'done':
      return 'Stamped';
    case 'failed':
      return 'Failed';
    case 'cancelling':
      return 'Cancelling';
    case 'cancelled':
      return 'Cancelled';
  }
}

/** How far the hashing of a large file is, and what hashes; undefined of any other job. */
export function describeJobHashing({ phase, progress, sizeBytes, hashedBy }: JobView): string | undefined {
  if (phase !== 'captured' || progress === undefined || sizeBytes === undefined) return undefined;
  return describeHashing({ bytesDone: progress * sizeBytes, sizeBytes, hashedBy });
}

/** How far a seed is, in few words. */
function describeSeed(status: number): string {
  if (status === 0) return 'Waiting for its seed to close';
  return status === 1 ? 'Waiting for the chain' : 'In a block, not final yet';
}

export const kindTexts: Record<CaptureKind, string> = {
  page: 'Page',
  image: 'Image',
  video: 'Video',
  audio: 'Audio',
  link: 'Linked file',
  selection: 'Selected text',
};
