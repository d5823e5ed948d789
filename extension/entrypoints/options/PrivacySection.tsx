import type { Privacy } from '../../stamping/privacy.ts';
import { Notice } from '../../ui/Notice.tsx';
import { privacyTexts } from '../../ui/privacy.ts';
import type { OptionsStore } from './store.ts';

const choices: Privacy[] = ['private', 'public'];

/** Who can fetch what is stamped. */
export function PrivacySection({ store }: { store: OptionsStore }) {
  const chosen = store.privacy.data.value;
  const problem = store.actions.problemOf('privacy') ?? store.privacy.error.value;
  return (
    <section class="settings" aria-labelledby="privacy-heading" id="privacy">
      <div class="settings-head">
        <h2 id="privacy-heading">Files you stamp</h2>
        <p class="secondary">
          On the chain stands a hash and never the file. Who else can have the file is your choice; it holds
          for what you stamp from now on.
        </p>
      </div>
      <div class="card settings-card stack">
        <fieldset class="choices">
          <legend class="visually-hidden">Who can fetch a file you stamp</legend>
          {choices.map((choice) => (
            <label key={choice} class="choice">
              <input
                type="radio"
                name="privacy"
                value={choice}
                checked={chosen === choice}
                onChange={() => void store.setPrivacy(choice)}
              />
              <span>
                <span class="choice-name">{privacyTexts[choice].name}</span>
                <span class="small secondary">{privacyTexts[choice].meaning}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {problem && (
          <Notice tone="unchecked" title="Not changed" role="alert">
            {problem.message}
          </Notice>
        )}
      </div>
    </section>
  );
}
