import type { Outcome } from '../../../shared/evidence/verdict.ts';
import { OutcomeBadge } from '../../ui/OutcomeIcon.tsx';
import { meaningOf } from '../../ui/outcome.ts';

const outcomes: Outcome[] = ['confirmed', 'unfamiliar', 'pending', 'contradicted', 'unknown', 'unchecked'];

/** The verdicts in words, what leaves the machine, and the version. */
export function AboutSection({ version }: { version: string }) {
  return (
    <section class="settings" aria-labelledby="about-heading">
      <div class="settings-head">
        <h2 id="about-heading">About</h2>
        <p class="secondary">Hashmark {version}. Free software under the MIT licence.</p>
      </div>
      <div class="card settings-card stack">
        <h3>What the verdicts mean</h3>
        <dl class="meanings">
          {outcomes.map((outcome) => (
            <div key={outcome}>
              <dt>
                <OutcomeBadge outcome={outcome} />
              </dt>
              <dd class="secondary">{meaningOf(outcome)}</dd>
            </div>
          ))}
        </dl>
      </div>
      <div class="card settings-card stack about-second">
        <h3>What leaves this computer</h3>
        <p class="secondary">
          What you upload goes to the account that your companion uses; of what you stamp hash only, nothing
          but the digest does. To verify, the chains of your issuers are read. No page you visit is sent
          anywhere; a hash that you ask about yourself is looked up in your own account too.
        </p>
      </div>
    </section>
  );
}
