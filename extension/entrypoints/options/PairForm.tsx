import { Button } from '../../ui/Button.tsx';
import { Notice } from '../../ui/Notice.tsx';
import type { OptionsStore } from './store.ts';

/** What each refusal is called: which side it was, in three words. The sentence with the next step comes with the error. */
const titles: Record<string, string> = {
  'companion-unreachable': 'The companion is not running',
  'pairing-blocked': 'The browser blocks the connection',
  'bad-companion-url': 'That is not a companion’s address',
  'malformed-code': 'That is not a whole code',
  'wrong-code': 'Wrong code',
  'code-expired': 'The code has expired',
  'code-used': 'The code was already used',
  'too-many-tries': 'Too many tries',
  'no-code': 'The companion shows no code now',
  impostor: 'Another program answered',
};

/** Failures of the address field; every other one belongs to the code. */
const addressProblems = new Set([
  'companion-unreachable',
  'pairing-blocked',
  'bad-companion-url',
  'impostor',
]);

/** Where the code is pasted. */
export function PairForm({ store }: { store: OptionsStore }) {
  const problem = store.actions.problemOf('pair');
  const isBusy = store.actions.isBusy('pair');
  const isAddressWrong = !!problem && addressProblems.has(problem.code);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (store.code.value.trim()) void store.pair();
      }}
    >
      <ol class="steps-to-pair">
        <li>
          Start the companion in its folder: <code>npm start</code>
        </li>
        <li>
          It shows a pairing code. For a fresh one: <code>npx hashmark pair</code>
        </li>
        <li>Paste the code here.</li>
      </ol>
      <div class="field">
        <label for="pairing-code">Pairing code</label>
        <div class="pair-line">
          <input
            id="pairing-code"
            class="input mono code-input"
            value={store.code.value}
            placeholder="XXXXX-XXXXX-XXXXX-XXXXX-XXXXX"
            autocomplete="off"
            autocapitalize="characters"
            spellcheck={false}
            dir="ltr"
            aria-invalid={problem && !isAddressWrong ? true : undefined}
            aria-describedby={problem ? 'pairing-problem' : 'pairing-hint'}
            onInput={(event) => store.editCode(event.currentTarget.value)}
          />
          <Button type="submit" kind="primary" isBusy={isBusy} isDisabled={!store.code.value.trim()}>
            {isBusy ? 'Pairing' : 'Pair'}
          </Button>
        </div>
        <p id="pairing-hint" class="small secondary">
          Valid once, for five minutes. It never leaves this computer.
        </p>
      </div>
      {problem && (
        <div id="pairing-problem">
          <Notice tone="contradicted" title={titles[problem.code] ?? 'Pairing failed'} role="alert">
            {problem.message}
          </Notice>
        </div>
      )}
      <details class="advanced" open={isAddressWrong || undefined}>
        <summary>Advanced</summary>
        <div class="field">
          <label for="companion-url">Companion’s address</label>
          <input
            id="companion-url"
            class="input mono"
            value={store.url.value}
            autocomplete="off"
            spellcheck={false}
            inputMode="url"
            dir="ltr"
            aria-invalid={isAddressWrong || undefined}
            onInput={(event) => store.editUrl(event.currentTarget.value)}
          />
          <p class="small secondary">
            Change it when you started the companion with <code>--port</code>.
          </p>
        </div>
      </details>
    </form>
  );
}
