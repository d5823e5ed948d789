import type { JobView } from '../messages.ts';
import { isCancelled, isOnItsWay } from '../stamping/jobs/job.ts';
import { Button, IconButton } from './Button.tsx';
import { formatHost } from './format.ts';
import { Hash } from './Hash.tsx';
import { CloseIcon, DownloadIcon } from './Icon.tsx';
import { describeJobHashing, describePhase, jobTone, kindTexts } from './job-phase.ts';
import { KindIcon } from './KindIcon.tsx';
import { Phases } from './Phases.tsx';
import { Prose } from './Prose.tsx';
import { Time } from './Time.tsx';

export interface JobActions {
  onOpenReport: () => void;
  onRetry: () => void;
  onCancel: () => void;
  onDismiss: () => void;
  onSaveFile: () => void;
}

/** One thing being stamped, or just stamped, with what can be done about it. */
export function JobRow({ job, nowMs, ...actions }: { job: JobView; nowMs: number } & JobActions) {
  const isAtWork = isOnItsWay(job);
  const hashing = describeJobHashing(job);
  return (
    <article class="job" aria-label={job.name}>
      <span class="job-kind" title={kindTexts[job.kind]}>
        <KindIcon kind={job.kind} />
      </span>
      <div class="job-main">
        <h3 class="cut" dir="auto" title={job.name}>
          {job.name}
        </h3>
        <p class="job-state small" data-tone={jobTone(job)}>
          <span class="toned">{hashing ? `Hashing ${hashing}` : describePhase(job)}</span>
          {job.method === 'hash-only' && job.phase === 'done' && <span class="secondary"> by its hash</span>}
          {job.phase === 'done' && job.blockTimeSeconds !== undefined && (
            <>
              {' '}
              <Time timeMs={job.blockTimeSeconds * 1000} nowMs={nowMs} />
            </>
          )}
          <span class="faint cut" title={job.sourceUrl}>
            {' '}
            · {formatHost(job.sourceUrl)}
          </span>
        </p>
        {isAtWork && <Phases job={job} />}
        {job.message && job.phase !== 'done' && (
          <p class="job-message small">
            <Prose text={job.message} />
          </p>
        )}
        <div class="job-actions">
          {job.phase === 'done' && job.fingerprint && (
            <span class="job-hash small secondary">
              {job.method === 'hash-only' ? (
                <Hash value={job.fingerprint.digest} noun="digest" />
              ) : (
                <Hash value={job.fingerprint.cid} noun="CID" />
              )}
            </span>
          )}
          {job.phase === 'failed' && (
            <Button size="small" onClick={actions.onRetry}>
              Try again
            </Button>
          )}
          {job.fingerprint && (
            <Button size="small" onClick={actions.onOpenReport}>
              Report
            </Button>
          )}
          {!job.isSaved && !isCancelled(job) && (
            <Button size="small" onClick={actions.onSaveFile}>
              <DownloadIcon size={13} />
              Save file
            </Button>
          )}
          {job.canCancel && (
            <Button size="small" onClick={actions.onCancel}>
              Cancel
            </Button>
          )}
        </div>
      </div>
      {!isAtWork && (
        <IconButton size="small" label={`Remove ${job.name} from this list`} onClick={actions.onDismiss}>
          <CloseIcon size={14} />
        </IconButton>
      )}
    </article>
  );
}
