import { describe, expect, it } from 'vitest';

import { isOnItsWay } from '../../../extension/stamping/jobs/job.ts';
import { describeJobHashing, describePhase, stagesOf } from '../../../extension/ui/job-phase.ts';
import { makeHashOnlyJob, makeJob } from '../../helpers/views.ts';

const seed = { seedId: '0b9e7d52-6a0f-4a43-8d3e-7a1f3c9d2e10', currencyId: 1 };

describe('describePhase', () => {
  it.each([
    [makeJob({ phase: 'captured', progress: 0.5 }), 'Computing the fingerprint 50 %'],
    [makeJob({ phase: 'waiting' }), 'Waiting for the chain'],
    [makeHashOnlyJob({ phase: 'submitting' }), 'Handing in the digest'],
    [makeHashOnlyJob({ phase: 'waiting', seed: undefined }), 'Waiting for its seed to close'],
    [makeHashOnlyJob({ phase: 'waiting', seed: { ...seed, status: 0 } }), 'Waiting for its seed to close'],
    [makeHashOnlyJob({ phase: 'waiting', seed: { ...seed, status: 1 } }), 'Waiting for the chain'],
    [makeHashOnlyJob({ phase: 'waiting', seed: { ...seed, status: 2 } }), 'In a block, not final yet'],
    [makeHashOnlyJob({ phase: 'proving' }), 'Checking the proof'],
  ])('should say what the job does: %#', (job, text) => {
    expect(describePhase(job)).toBe(text);
    expect(isOnItsWay(job)).toBe(true);
  });
});

describe('describeJobHashing', () => {
  const hashing = { phase: 'captured', progress: 0.25, sizeBytes: 1e9, hashedBy: 'wasm' } as const;

  it('should say how far a large file is, and what hashes it', () => {
    expect(describeJobHashing(makeJob(hashing))).toBe('250 MB of 1.0 GB · WebAssembly');
  });

  it.each([{ sizeBytes: 9000 }, { progress: undefined }, { phase: 'done' }] as const)(
    'should say nothing of other jobs: %o',
    (other) => {
      expect(describeJobHashing(makeJob({ ...hashing, ...other }))).toBeUndefined();
    },
  );
});

describe('stagesOf', () => {
  it('should show where a digest waits in its third stage, and a file in its last', () => {
    const stateOf = (job: Parameters<typeof stagesOf>[0]) => stagesOf(job).map(({ state }) => state);
    expect(stateOf(makeHashOnlyJob({ phase: 'waiting' }))).toEqual([1, 1, 'moving', 0]);
    expect(stateOf(makeHashOnlyJob({ phase: 'proving' }))).toEqual([1, 1, 1, 'moving']);
    expect(stateOf(makeJob({ phase: 'waiting' }))).toEqual([1, 1, 1, 'moving']);
    expect(stateOf(makeJob({ phase: 'uploading', progress: 0.5 }))).toEqual([1, 1, 0.5, 0]);
    expect(stagesOf(makeHashOnlyJob()).map(({ name }) => name)).toEqual([
      'Capture',
      'Fingerprint',
      'Stamp',
      'Proof',
    ]);
  });
});
