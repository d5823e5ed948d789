import type { Verdict } from '../../shared/evidence/verdict.ts';
import { shortenHash } from './format.ts';
import { ChevronIcon } from './Icon.tsx';
import { OutcomeIcon } from './OutcomeIcon.tsx';
import { labelOf } from './outcome.ts';
import { Time } from './Time.tsx';

/** One verdict as a line that opens its report. */
export function VerdictRow({
  verdict: { outcome, hash, record, seed },
  nowMs,
  onOpen,
}: {
  verdict: Verdict;
  nowMs: number;
  onOpen: () => void;
}) {
  const timeSeconds = (record ?? seed)?.blockTimeSeconds;
  return (
    <button type="button" class="verdict-row" data-tone={outcome} onClick={onOpen}>
      <span class="toned">
        <OutcomeIcon outcome={outcome} />
      </span>
      <span class="verdict-row-main">
        <span>
          <span class="toned verdict-row-label">{labelOf(outcome)}</span>
          {timeSeconds !== undefined && (
            <span class="secondary small">
              {' '}
              <Time timeMs={timeSeconds * 1000} nowMs={nowMs} />
            </span>
          )}
        </span>
        <span class="mono small secondary cut" dir="ltr" title={hash.value}>
          {hash.kind === 'cid' ? 'CID' : 'digest'} {shortenHash(hash.value)}
        </span>
      </span>
      <ChevronIcon size={14} />
    </button>
  );
}
