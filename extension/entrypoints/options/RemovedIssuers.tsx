import { Button } from '../../ui/Button.tsx';
import { ConfirmButton } from '../../ui/ConfirmButton.tsx';
import { formatCount } from '../../ui/format.ts';
import type { OptionsStore } from './store.ts';

/** Issuers that were removed, and whose copy is still here: what they stamped is unfamiliar until it is forgotten. */
export function RemovedIssuers({ store }: { store: OptionsStore }) {
  const { editor, issuers, actions } = store;
  const removed = issuers.data.value?.filter(({ trust }) => trust === 'removed') ?? [];
  if (removed.length === 0) return null;
  return (
    <details class="card settings-card advanced">
      <summary>{formatCount(removed.length, 'removed issuer')}</summary>
      <div class="stack">
        <p class="small secondary">
          What they stamped is known here and shows as unfamiliar. Forget one, and its hashes are unknown.
        </p>
        <ul class="allowed-sites">
          {removed.map(({ key, issuer }) => (
            <li key={key}>
              <span class="cut">
                <bdi>{issuer.name}</bdi> <span class="small secondary">on {issuer.chainName}</span>
              </span>
              <Button
                size="small"
                isBusy={actions.isBusy(`issuer ${key}`)}
                onClick={() => void editor.setTrusted(key, true)}
              >
                Trust again
              </Button>
              <ConfirmButton
                size="small"
                question="Delete its copy?"
                confirmLabel="Forget"
                isBusy={actions.isBusy(`issuer ${key}`)}
                onConfirm={() => void editor.forget(key)}
              >
                Forget
              </ConfirmButton>
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}
