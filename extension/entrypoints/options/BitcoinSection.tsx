import { Button } from '../../ui/Button.tsx';
import { Notice } from '../../ui/Notice.tsx';
import type { OptionsStore } from './store.ts';

/** Through whom Bitcoin is read, for proofs whose root stands there. */
export function BitcoinSection({ store: { esplora, actions } }: { store: OptionsStore }) {
  const problem = actions.problemOf('esplora');
  return (
    <section class="settings" aria-labelledby="bitcoin-heading" id="bitcoin">
      <div class="settings-head">
        <h2 id="bitcoin-heading">Bitcoin</h2>
        <p class="secondary">
          Only proofs whose root stands on Bitcoin need it. A server learns which transaction you look at, and
          that you do.
        </p>
      </div>
      <form
        class="card settings-card stack"
        onSubmit={(event) => {
          event.preventDefault();
          void esplora.save();
        }}
      >
        <div class="field">
          <label for="esplora-urls">Esplora servers, one a line</label>
          <textarea
            id="esplora-urls"
            class="input mono"
            rows={2}
            value={esplora.text.value}
            placeholder="https://…/api"
            spellcheck={false}
            autocomplete="off"
            dir="ltr"
            aria-describedby="esplora-hint"
            onInput={(event) => esplora.edit(event.currentTarget.value)}
          />
          <p id="esplora-hint" class="small secondary">
            All are asked. What two of them agree on takes less belief than what one says.
          </p>
        </div>
        {problem && (
          <Notice tone="unchecked" title="Not saved" role="alert">
            {problem.message}
          </Notice>
        )}
        <div class="form-actions">
          <Button type="submit" isBusy={actions.isBusy('esplora')} isDisabled={!esplora.isChanged()}>
            Save
          </Button>
        </div>
      </form>
    </section>
  );
}
