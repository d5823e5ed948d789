import type { JobView } from '../messages.ts';
import { describePhase, jobTone, stagesOf } from './job-phase.ts';

/** The four stages of a job as one thin bar. */
export function Phases({ job }: { job: JobView }) {
  return (
    <div class="phases" data-tone={jobTone(job)} role="img" aria-label={describePhase(job)}>
      {stagesOf(job).map(({ name, state }) => (
        <span key={name} data-moving={state === 'moving' ? '' : undefined} title={name}>
          <span style={typeof state === 'number' ? { width: `${state * 100}%` } : undefined} />
        </span>
      ))}
    </div>
  );
}
