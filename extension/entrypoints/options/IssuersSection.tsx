import { Button } from '../../ui/Button.tsx';
import { GroupIcon, PlusIcon, RetryIcon } from '../../ui/Icon.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Empty, Loading } from '../../ui/parts.tsx';
import { IssuerCard } from './IssuerCard.tsx';
import { IssuerFile, IssuerFileButtons } from './IssuerFile.tsx';
import { IssuerForm } from './IssuerForm.tsx';
import { RemovedIssuers } from './RemovedIssuers.tsx';
import type { OptionsStore } from './store.ts';

/** Whose stamps are trusted, how fresh the mirror of each is, and the forms to change that. */
export function IssuersSection({ store }: { store: OptionsStore }) {
  const { issuers, editor, actions } = store;
  const listed = issuers.data.value?.filter(({ trust }) => trust !== 'removed');
  const editing = editor.editing.value;
  const problem =
    actions.problemOf('mirror') ?? (store.mirror.data.value ? undefined : store.mirror.error.value);
  const isBusy = actions.isBusy('mirror');
  return (
    <section class="settings" aria-labelledby="issuers-heading">
      <div class="settings-head">
        <h2 id="issuers-heading">Issuers you trust</h2>
        <p class="secondary">
          Hashmark reads what they wrote on their chain and keeps a copy here, the mirror. Hashes on pages are
          compared with it, so nobody learns what you look at.
        </p>
        <p class="secondary">
          What only an issuer stamped that you switched off or removed is <em>unfamiliar</em>: the record is
          there, and does not confirm any more.
        </p>
        {!!listed?.length && (
          <Button size="small" isBusy={isBusy} onClick={() => void store.refreshMirror()}>
            {!isBusy && <RetryIcon size={14} />}
            {isBusy ? 'Reading the chains' : 'Read again now'}
          </Button>
        )}
      </div>
      <div class="settings-main">
        <div class="card rows">
          {problem && (
            <div class="settings-card">
              <Notice tone="unchecked" title="The mirror could not be read" role="alert">
                {problem.message}
              </Notice>
            </div>
          )}
          {!listed && !issuers.error.value && <Loading text="Opening the list" />}
          {!listed && issuers.error.value && (
            <div class="settings-card">
              <Notice tone="unchecked" title="The list could not be opened" role="alert">
                {issuers.error.value.message}
              </Notice>
            </div>
          )}
          {listed?.length === 0 && (
            <Empty icon={GroupIcon} title="No issuers yet">
              <p>Pair with your companion: the contract that it stamps to is the first one on this list.</p>
            </Empty>
          )}
          {listed?.map((view) =>
            editing && 'key' in editing && editing.key === view.key ? (
              <IssuerForm key={view.key} store={store} editing={editing} name={view.issuer.name} />
            ) : (
              <IssuerCard key={view.key} store={store} view={view} />
            ),
          )}
          {editing?.kind === 'new' && <IssuerForm store={store} editing={editing} />}
          {editing?.kind === 'file' && <IssuerFile store={store} issuers={editing.issuers} />}
          {listed && !editing && (
            <div class="settings-card form-actions">
              <Button size="small" onClick={editor.add}>
                <PlusIcon size={14} />
                Add an issuer
              </Button>
              <IssuerFileButtons store={store} />
            </div>
          )}
        </div>
        <RemovedIssuers store={store} />
      </div>
    </section>
  );
}
