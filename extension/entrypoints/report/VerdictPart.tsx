import type { ErrorData } from '../../../shared/errors.ts';
import type { HashReference, Verdict } from '../../../shared/evidence/verdict.ts';
import { formatUtc } from '../../../shared/format.ts';
import { Button } from '../../ui/Button.tsx';
import { formatFullTime, formatTime } from '../../ui/format.ts';
import { Hash } from '../../ui/Hash.tsx';
import { OutcomeIcon } from '../../ui/OutcomeIcon.tsx';
import { labelOf } from '../../ui/outcome.ts';
import { Prose } from '../../ui/Prose.tsx';

export interface VerdictPartProps {
  hash: HashReference;
  /** Absent while it is being checked. */
  verdict: Verdict | undefined;
  error: ErrorData | undefined;
  nowMs: number;
  onRetry: () => void;
}

/** The answer, before all reasons: what, since when, and which hash it is about. */
export function VerdictPart({ hash, verdict, error, nowMs, onRetry }: VerdictPartProps) {
  const outcome = verdict?.outcome ?? (error ? 'unchecked' : undefined);
  const noun = hash.kind === 'cid' ? 'CID' : 'digest';
  const timeSeconds = (verdict?.record ?? verdict?.seed)?.blockTimeSeconds;
  const isLocal = verdict?.record?.issuer.isLocal ?? verdict?.seed?.isLocal;
  return (
    <section
      class="verdict"
      data-tone={outcome ?? 'neutral'}
      aria-labelledby="verdict-heading"
      aria-live="polite"
    >
      <div class="verdict-icon">
        {outcome ? <OutcomeIcon outcome={outcome} size={30} /> : <span class="spinner large" />}
      </div>
      <div class="verdict-main">
        <h1 id="verdict-heading">{outcome ? labelOf(outcome) : 'Checking'}</h1>
        <p class="verdict-reason">
          <Prose
            text={
              verdict?.reason ??
              error?.message ??
              'Looking it up on this computer, and reading the chain again for what is found.'
            }
          />
        </p>
        {timeSeconds !== undefined && (
          <ExistedSince
            // The hash has its record all the same; what was presented under it has none.
            label={
              outcome === 'contradicted'
                ? `What this ${noun} names existed no later than`
                : 'Existed no later than'
            }
            timeSeconds={timeSeconds}
            nowMs={nowMs}
          />
        )}
        {error && !verdict && (
          <div>
            <Button onClick={onRetry}>Try again</Button>
          </div>
        )}
        <div class="verdict-hash">
          <span class="small secondary">{hash.kind === 'cid' ? 'CID' : 'Digest'}</span>
          <Hash value={hash.value} noun={noun} isFull />
        </div>
        {isLocal && (
          <p class="verdict-local">
            <strong>This chain runs on this computer only.</strong> The stamp shows you that everything works;
            to strangers it proves nothing.
          </p>
        )}
      </div>
    </section>
  );
}

function ExistedSince({ label, timeSeconds, nowMs }: { label: string; timeSeconds: number; nowMs: number }) {
  const timeMs = timeSeconds * 1000;
  const utc = formatUtc(timeMs);
  return (
    <p class="verdict-time">
      <span class="small secondary">{label}</span>
      <time dateTime={utc.replace(' UTC', 'Z').replace(' ', 'T')} title={utc}>
        {formatFullTime(timeMs)}
      </time>
      <span class="small secondary">
        {formatTime(timeMs, nowMs)} · {utc}
      </span>
    </p>
  );
}
