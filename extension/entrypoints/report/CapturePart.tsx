import { formatBytes } from '../../../shared/format.ts';
import type { JobView } from '../../messages.ts';
import { Button } from '../../ui/Button.tsx';
import { formatCount } from '../../ui/format.ts';
import { Hash } from '../../ui/Hash.tsx';
import { describePlatform } from '../../ui/hashing.ts';
import { DownloadIcon } from '../../ui/Icon.tsx';
import { kindTexts } from '../../ui/job-phase.ts';
import { methodTexts } from '../../ui/method.ts';
import { Facts } from '../../ui/parts.tsx';
import { Time } from '../../ui/Time.tsx';

export interface CapturePartProps {
  job: JobView;
  nowMs: number;
  isBusy: boolean;
  onSaveFile: (jobId: string) => void;
}

/** What was stamped: the file, where it came from, and what is not in it. */
export function CapturePart({ job, nowMs, isBusy, onSaveFile }: CapturePartProps) {
  const { fingerprint, missing = [] } = job;
  const sizeBytes = fingerprint?.sizeBytes ?? job.sizeBytes;
  return (
    <section class="card part" aria-labelledby="capture-heading">
      <div class="part-head">
        <h2 id="capture-heading">{job.phase === 'done' ? 'The stamped file' : 'The captured file'}</h2>
        {!job.isReleased && (
          <Button size="small" isBusy={isBusy} onClick={() => onSaveFile(job.id)}>
            {!isBusy && <DownloadIcon size={14} />}
            {job.isSaved ? 'Save once more' : 'Save file'}
          </Button>
        )}
      </div>
      <Facts
        entries={[
          ['Name', <bdi key="name">{job.name}</bdi>],
          ['Kind', kindTexts[job.kind]],
          [
            'From',
            isWebUrl(job.sourceUrl) ? (
              <a key="from" href={job.sourceUrl} target="_blank" rel="noreferrer">
                {job.sourceUrl}
              </a>
            ) : (
              job.sourceUrl
            ),
          ],
          ['Captured', <Time key="captured" timeMs={job.createdAtMs} nowMs={nowMs} />],
          ['Size', sizeBytes !== undefined && formatBytes(sizeBytes)],
          ['Hashed by', fingerprint && job.hashedBy && describePlatform(job.hashedBy)],
          ['Method', methodTexts[job.method].name],
          ['CID', fingerprint && <Hash value={fingerprint.cid} noun="CID" />],
          ['Digest', fingerprint && <Hash value={fingerprint.digest} noun="digest" />],
        ]}
      />
      <p class="small secondary">
        {job.isSaved
          ? 'It lies in your downloads. Keep it: a stamp proves nothing without its file.'
          : 'Save it: a stamp proves nothing without its file.'}
        {job.method === 'hash-only' && ' Nothing but the digest left this computer, so nobody else has it.'}
      </p>
      {missing.length > 0 && (
        <details class="fold">
          <summary>{formatCount(missing.length, 'part')} of the page not included</summary>
          <p class="small secondary">
            The page itself may not read them, so the file links to them. The stamp does not cover what they
            show.
          </p>
          <ul>
            {missing.map((url) => (
              <li key={url} class="mono small">
                {url}
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

/** The address was taken from a page: only what is plainly a web address becomes a link. */
function isWebUrl(text: string): boolean {
  return /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '');
}
