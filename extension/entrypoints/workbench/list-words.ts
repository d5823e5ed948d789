import { type Bulk, type BulkRow, type FollowedSeed, phaseOf } from '../../stamping/bulk/bulk.ts';
import type { Tone } from '../../ui/outcome.ts';

/** What a list does now, in few words. */
export function describeList(list: Bulk): string {
  const { counts } = list;
  switch (phaseOf(list)) {
    case 'sending':
      return list.message ? 'Waiting to go on' : 'Sending';
    case 'stopped':
      return 'Stopped';
    case 'halted':
      return 'Halted';
    case 'waiting':
      return 'Waiting for the chain';
    case 'done':
      return counts.failed > 0 ? 'Not all stamped' : 'Stamped';
  }
}

export function listTone(list: Bulk): Tone {
  const phase = phaseOf(list);
  if (phase === 'halted') return 'contradicted';
  if (phase === 'stopped') return 'neutral';
  if (phase === 'done') return list.counts.failed > 0 ? 'contradicted' : 'confirmed';
  return 'pending';
}

/** Where one digest stands, in few words. */
export function describeRow({ state }: BulkRow, seed: FollowedSeed | undefined): string {
  if (state === 'queued') return 'Not sent yet';
  if (state === 'failed') return 'Failed';
  if (state === 'proven') return seed?.check?.outcome === 'unfamiliar' ? 'Unfamiliar writer' : 'Stamped';
  switch (seed?.status) {
    case 1:
      return 'Sent to the chain';
    case 2:
      return 'In a block, not final';
    case 3:
      return 'Fetching the proof';
    default:
      return 'In an open seed';
  }
}

export function rowTone({ state }: BulkRow, seed: FollowedSeed | undefined): Tone {
  if (state === 'queued') return 'neutral';
  if (state === 'failed') return 'contradicted';
  if (state === 'sent') return 'pending';
  return seed?.check?.outcome === 'unfamiliar' ? 'unfamiliar' : 'confirmed';
}
