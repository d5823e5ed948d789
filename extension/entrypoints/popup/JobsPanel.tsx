import { JobRow } from '../../ui/JobRow.tsx';
import { Notice } from '../../ui/Notice.tsx';
import type { PopupStore } from './store.ts';

/** What is being stamped and what just was. Nothing there: no heading either. */
export function JobsPanel({ store }: { store: PopupStore }) {
  const jobs = store.jobs.data.value;
  const error = store.jobs.error.value;
  if (error && !jobs) {
    return (
      <Notice tone="unchecked" title="Your stamps could not be listed" role="alert">
        {error.message}
      </Notice>
    );
  }
  if (!jobs?.length) return null;
  return (
    <section aria-labelledby="jobs-heading">
      <div class="section-head">
        <h2 id="jobs-heading">Latest stamps</h2>
      </div>
      <ul class="card rows">
        {jobs
          .toSorted((a, b) => b.createdAtMs - a.createdAtMs)
          .map((job) => {
            const problem = store.actions.problemOf(`job ${job.id}`);
            return (
              <li key={job.id}>
                <JobRow
                  job={job}
                  nowMs={store.nowMs.value}
                  onOpenReport={() => store.openJobReport(job.id)}
                  onRetry={() => void store.retryJob(job.id)}
                  onCancel={() => void store.cancelJob(job.id)}
                  onDismiss={() => void store.dismissJob(job)}
                  onSaveFile={() => void store.saveFile(job.id)}
                />
                {problem && (
                  <div class="row-problem">
                    <Notice tone="contradicted" title="That did not work" role="alert">
                      {problem.message}
                    </Notice>
                  </div>
                )}
              </li>
            );
          })}
      </ul>
    </section>
  );
}
