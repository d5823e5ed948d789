import type { VerdictSummary } from '../verifying/verdict-summary.ts';
import { shortenHash } from './format.ts';
import { ChevronIcon } from './Icon.tsx';
import { OutcomeIcon } from './OutcomeIcon.tsx';
import { labelOf } from './outcome.ts';
import { Time } from './Time.tsx';

/** One verdict as a line that opens its report. */
export function VerdictRow({
  verdict: { outcome, hash, blockTimeSeconds },
  nowMs,
  onOpen,
}: {
  verdict: VerdictSummary;
  nowMs: number;
  onOpen: () => void;
}) {
  return (
    <button type="button" class="verdict-row" data-tone={outcome} onClick={onOpen}>
      <span class="toned">
        <OutcomeIcon outcome={outcome} />
      </span>
      <span class="verdict-row-main">
        <span>
          <span class="toned verdict-row-label">{labelOf(outcome)}</span>
          {/* What is contradicted has no time: its hash was stamped for other content. */}
          {blockTimeSeconds !== undefined && outcome !== 'contradicted' && (
            <span class="secondary small">
              {' · stamped '}
              <Time timeMs={blockTimeSeconds * 1000} nowMs={nowMs} />
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
