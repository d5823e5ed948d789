import type { CaptureKind, JobPhase, JobView } from '../messages.ts';
import type { Tone } from './outcome.ts';

/** The road of every job, as the user sees it. */
export const jobStages = ['Capture', 'Fingerprint', 'Send', 'Stamp'] as const;

/** How far each stage is, 0 to 1; `moving` when it is under way and nobody knows how far. */
export type StageState = number | 'moving';

const stagesByPhase: Record<JobPhase, StageState[]> = {
  captured: [1, 'moving', 0, 0],
  fingerprinted: [1, 1, 0, 0],
  uploading: [1, 1, 'moving', 0],
  uploaded: [1, 1, 1, 0],
  stamping: [1, 1, 1, 'moving'],
  waiting: [1, 1, 1, 'moving'],
  done: [1, 1, 1, 1],
  failed: [0, 0, 0, 0],
  cancelled: [0, 0, 0, 0],
};

export function stagesOf({ phase, progress }: JobView): StageState[] {
  return stagesByPhase[phase].map((state) => (state === 'moving' ? (progress ?? state) : state));
}

/** True while the job still does something by itself. */
export function isWorking({ phase }: JobView): boolean {
  return phase !== 'done' && phase !== 'failed' && phase !== 'cancelled';
}

export function jobTone({ phase }: JobView): Tone {
  if (phase === 'done') return 'confirmed';
  if (phase === 'failed') return 'contradicted';
  return phase === 'cancelled' ? 'neutral' : 'pending';
}

/** What the job does now, in few words. */
export function describePhase({ phase, progress }: JobView): string {
  const percent = progress === undefined ? '' : ` ${Math.round(progress * 100)} %`;
  switch (phase) {
    case 'captured':
      return `Computing the fingerprint${percent}`;
    case 'fingerprinted':
      return 'Ready to send';
    case 'uploading':
      return `Sending${percent}`;
    case 'uploaded':
      return 'Sent, next it is stamped';
    case 'stamping':
      return 'Stamping';
    case 'waiting':
      return 'Waiting for the chain';
    case 'done':
      return 'Stamped';
    case 'failed':
      return 'Failed';
    case 'cancelled':
      return 'Cancelled';
  }
}

export const kindTexts: Record<CaptureKind, string> = {
  page: 'Page',
  image: 'Image',
  video: 'Video',
  audio: 'Audio',
  link: 'Linked file',
  selection: 'Selected text',
};
