import type { Step, Verdict } from '../../../shared/evidence/verdict.ts';
import { OutcomeIcon } from '../../ui/OutcomeIcon.tsx';
import { Prose } from '../../ui/Prose.tsx';
import { Time } from '../../ui/Time.tsx';

const results = {
  passed: { tone: 'confirmed', word: 'Passed' },
  failed: { tone: 'contradicted', word: 'Failed' },
  'could-not-run': { tone: 'unchecked', word: 'Could not run' },
} as const satisfies Record<Step['result'], unknown>;

/** How it was checked, step by step, and what remains to be believed. */
export function StepsPart({
  verdict: { steps, believed, checkedAtMs },
  nowMs,
}: {
  verdict: Verdict;
  nowMs: number;
}) {
  return (
    <section class="card part" aria-labelledby="steps-heading">
      <div class="part-head">
        <h2 id="steps-heading">How it was checked</h2>
        <span class="small secondary">
          <Time timeMs={checkedAtMs} nowMs={nowMs} />, on this computer
        </span>
      </div>
      {steps.length === 0 ? (
        <p class="secondary">
          The mirror of every issuer on your list and the proofs you keep were searched, and there was nothing
          to recompute.
        </p>
      ) : (
        <ol class="steps">
          {steps.map((step, index) => (
            <StepRow key={`${index} ${step.id}`} step={step} />
          ))}
        </ol>
      )}
      {believed.length > 0 && (
        <div class="believed">
          <h3>Whom you have to believe</h3>
          <ul>
            {believed.map((whom) => (
              <li key={whom}>{whom}</li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

function StepRow({ step: { label, detail, result } }: { step: Step }) {
  const { tone, word } = results[result];
  return (
    <li class="step" data-tone={tone}>
      <span class="step-icon">
        <OutcomeIcon outcome={tone} size={18} />
      </span>
      <div>
        <h3>
          <Prose text={label} isShort />
        </h3>
        <p class="small secondary">
          <span class={result === 'passed' ? 'visually-hidden' : 'toned step-word'}>{word}: </span>
          <Prose text={detail} />
        </p>
      </div>
    </li>
  );
}
