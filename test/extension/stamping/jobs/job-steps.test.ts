// @vitest-environment node
import { describe, expect, it, vi } from 'vitest';

import { type Job, toJobView } from '../../../../extension/stamping/jobs/job.ts';
import { type StepDeps, stepOf } from '../../../../extension/stamping/jobs/job-steps.ts';

const fingerprint = { digest: 'a'.repeat(64), cid: 'Qm', sizeBytes: 8 };
const job: Job = {
  id: 'job-1',
  kind: 'link',
  name: 'large.bin',
  title: '',
  type: '',
  sourceUrl: 'https://example.org/large.bin',
  missing: [],
  createdAtMs: 0,
  phase: 'captured',
  hasUploaded: false,
  attempts: 0,
  nextTryAtMs: 0,
  isSaved: false,
  isNotified: false,
  isSeen: false,
};

describe('the step that takes the fingerprint', () => {
  it('should tell what hashes while it does, and keep it', async () => {
    const onProgress = vi.fn();
    const deps: Pick<StepDeps, 'fingerprint'> = {
      async fingerprint(_job, bytes, options) {
        options.onProgress(bytes.size / 2, 'wasm');
        return fingerprint;
      },
    };
    const change = await stepOf(job)(
      {
        job,
        bytes: async () => new Blob(['12345678']),
        signal: new AbortController().signal,
        onProgress,
        jobs: async () => [job],
        note: async () => undefined,
      },
      deps as StepDeps,
    );
    expect(change).toEqual({ phase: 'fingerprinted', fingerprint, hashedBy: 'wasm' });
    const progress = { progress: 0.5, sizeBytes: 8, hashedBy: 'wasm' };
    expect(onProgress.mock.calls).toEqual([[progress]]);
    expect(toJobView(job, onProgress.mock.calls[0]?.[0])).toMatchObject(progress);
    // After a restart it comes from the disk, and nothing is under way.
    const view = toJobView({ ...job, ...change });
    expect(view).toMatchObject({ hashedBy: 'wasm' });
    expect(view).not.toHaveProperty('progress');
  });
});
