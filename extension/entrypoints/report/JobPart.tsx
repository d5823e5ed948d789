import type { ErrorData } from '../../../shared/errors.ts';
import type { JobView } from '../../messages.ts';
import { isOnItsWay } from '../../stamping/jobs/job.ts';
import { Button } from '../../ui/Button.tsx';
import { describeJobHashing, describePhase, jobTone, stagesOf } from '../../ui/job-phase.ts';
import { Notice } from '../../ui/Notice.tsx';
import { OutcomeIcon } from '../../ui/OutcomeIcon.tsx';
import { Phases } from '../../ui/Phases.tsx';
import { Prose } from '../../ui/Prose.tsx';

export interface JobPartProps {
  job: JobView;
  problem: ErrorData | undefined;
  onRetry: (jobId: string) => void;
}

/** A job that is not done: how far it is, or why it stopped. */
export function JobPart({ job, problem, onRetry }: JobPartProps) {
  const tone = jobTone(job);
  const hashing = describeJobHashing(job);
  return (
    <section class="verdict" data-tone={tone} aria-labelledby="job-heading">
      <div class="verdict-icon">
        <OutcomeIcon outcome={tone} size={30} />
      </div>
      <div class="verdict-main">
        <h1 id="job-heading">{describePhase(job)}</h1>
        <p class="verdict-reason">
          <bdi>{job.name}</bdi>
        </p>
        {hashing && <p class="secondary">{hashing}</p>}
        {job.message && (
          <p>
            <Prose text={job.message} />
          </p>
        )}
        {isOnItsWay(job) && (
          <div class="stages">
            <Phases job={job} />
            <div class="stage-names small secondary" aria-hidden="true">
              {stagesOf(job).map(({ name }) => (
                <span key={name}>{name}</span>
              ))}
            </div>
          </div>
        )}
        {job.phase === 'failed' && (
          <div>
            <Button kind="primary" onClick={() => onRetry(job.id)}>
              Try again
            </Button>
          </div>
        )}
        {problem && (
          <Notice tone="contradicted" title="That did not work" role="alert">
            {problem.message}
          </Notice>
        )}
      </div>
    </section>
  );
}
