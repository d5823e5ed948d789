import { Button } from '../../ui/Button.tsx';
import { DropZone } from '../../ui/DropZone.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { FilePart } from './FilePart.tsx';
import type { ReportStore } from './store.ts';

/** An empty report: give it a file or a hash. */
export function CheckPart({ store }: { store: ReportStore }) {
  const problem = store.actions.problemOf('input');
  const { unreadable } = store.subject.value;
  return (
    <div class="check">
      <div class="check-head">
        <h1>Is it stamped, and since when?</h1>
        <p class="secondary">
          The file is read here and goes nowhere. Its fingerprint is looked up in your mirror of what your
          issuers wrote on their chains, among the proofs you keep, and in your own account. Somebody gave you
          a proof with it? <a href="/workbench.html?view=proof">Check the proof</a>.
        </p>
      </div>
      {unreadable && !problem && (
        <Notice tone="unchecked" title="The address holds no hash">
          “{unreadable.slice(0, 80)}” is neither a CID nor a digest.
        </Notice>
      )}
      {store.file.value ? (
        <FilePart store={store} />
      ) : (
        <DropZone text="Drop a file here" isLarge onFiles={([file]) => file && store.checkFile(file)} />
      )}
      <form
        class="field"
        onSubmit={(event) => {
          event.preventDefault();
          if (store.input.value.trim()) void store.checkInput();
        }}
      >
        <label for="hash-input">Or paste a CID or a digest</label>
        <div class="check-line">
          <input
            id="hash-input"
            class="input mono"
            value={store.input.value}
            placeholder="Qm…, bafy…, or 64 hex digits"
            autocomplete="off"
            spellcheck={false}
            dir="ltr"
            aria-invalid={problem ? true : undefined}
            aria-describedby={problem ? 'input-problem' : undefined}
            onInput={(event) => store.editInput(event.currentTarget.value)}
          />
          <Button type="submit" kind="primary" isDisabled={!store.input.value.trim()}>
            Check
          </Button>
        </div>
      </form>
      {problem && (
        <div id="input-problem">
          <Notice tone="contradicted" title="That is not a hash" role="alert">
            {problem.message}
          </Notice>
        </div>
      )}
    </div>
  );
}
