import { Button } from '../../ui/Button.tsx';
import { DownloadIcon, RetryIcon } from '../../ui/Icon.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Loading, Wordmark } from '../../ui/parts.tsx';
import { CapturePart } from './CapturePart.tsx';
import { CheckPart } from './CheckPart.tsx';
import { FilePart } from './FilePart.tsx';
import { JobPart } from './JobPart.tsx';
import { ProofPart } from './ProofPart.tsx';
import { RecordPart } from './RecordPart.tsx';
import { SeedPart } from './SeedPart.tsx';
import { StepsPart } from './StepsPart.tsx';
import type { ReportStore } from './store.ts';
import { VerdictPart } from './VerdictPart.tsx';

/** The report: one hash, what it is worth, and why. */
export function Report({ store }: { store: ReportStore }) {
  const { hash, subject } = store;
  const isEmpty = !hash.value && !subject.value.jobId;
  return (
    <>
      <header class="page-top">
        <Wordmark isHeading={false} />
        <span class="secondary">{isEmpty ? 'Check a file or a hash' : 'Report'}</span>
        {store.shownVerdict.value && (
          <span class="report-actions">
            <Button size="small" isBusy={store.verdict.isLoading.value} onClick={store.checkAgain}>
              {!store.verdict.isLoading.value && <RetryIcon size={14} />}
              Check again
            </Button>
            <Button size="small" onClick={store.saveEvidence}>
              <DownloadIcon size={14} />
              Save evidence
            </Button>
          </span>
        )}
      </header>
      <main class="page-main">{isEmpty ? <CheckPart store={store} /> : <Found store={store} />}</main>
    </>
  );
}

function Found({ store }: { store: ReportStore }) {
  const { hash, job, jobs, shownVerdict, verdict } = store;
  const nowMs = store.nowMs.value;
  const shown = shownVerdict.value;
  if (store.subject.value.jobId && !job.value) {
    if (!jobs.data.value && !jobs.error.value) return <Loading text="Opening the job" />;
    return (
      <>
        <h1 class="visually-hidden">Report</h1>
        <Notice
          tone="unchecked"
          title="This job is no longer here"
          role="alert"
          actions={
            <a class="button" data-size="small" href="/report.html">
              Check its file
            </a>
          }
        >
          {jobs.error.value?.message ??
            'It was removed from the list. Its stamp stays, and its file finds it.'}
        </Notice>
      </>
    );
  }
  return (
    <>
      {job.value && job.value.phase !== 'done' && (
        <JobPart
          job={job.value}
          problem={store.actions.problemOf('job')}
          onRetry={(jobId) => void store.retryJob(jobId)}
        />
      )}
      {hash.value && (
        <VerdictPart
          hash={hash.value}
          verdict={shown}
          error={verdict.error.value}
          nowMs={nowMs}
          onRetry={store.checkAgain}
        />
      )}
      {store.isClaimGone.value && shown && (
        <Notice tone="unfamiliar" title="This is about the hash alone">
          The page that presented other content under it is closed or has changed. Open it again to see what
          it claims.
        </Notice>
      )}
      {shown?.outcome === 'unknown' && (
        <p class="small secondary">
          A digest that was stamped in a seed is known to whoever holds its proof. If you have that file,{' '}
          <a href="/workbench.html?view=proof">check the proof</a>.
        </p>
      )}
      {hash.value && <FilePart store={store} />}
      {shown?.record && <RecordPart record={shown.record} nowMs={nowMs} />}
      {shown?.seed && <SeedPart seed={shown.seed} nowMs={nowMs} />}
      {shown?.seed && shown.seed.proof.steps.length > 0 && <ProofPart store={store} seed={shown.seed} />}
      {shown && <StepsPart verdict={shown} nowMs={nowMs} />}
      {job.value && (
        <CapturePart
          job={job.value}
          nowMs={nowMs}
          isBusy={store.actions.isBusy('job')}
          onSaveFile={(jobId) => void store.saveJobFile(jobId)}
        />
      )}
    </>
  );
}
