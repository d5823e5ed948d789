import { CompanionNotice } from '../../ui/CompanionNotice.tsx';
import { Wordmark } from '../../ui/parts.tsx';
import { Toast } from '../../ui/Toast.tsx';
import { DraftPart } from './DraftPart.tsx';
import { IntakePart } from './IntakePart.tsx';
import { ListPage } from './ListPage.tsx';
import { ListsPart } from './ListsPart.tsx';
import { ProofPage } from './ProofPage.tsx';
import type { View, WorkbenchStore } from './store.ts';

const views: [View, string][] = [
  ['stamp', 'Stamp many'],
  ['proof', 'Check a proof'],
];

/** The workbench: what needs a page of its own, because it is long, or because it needs files. */
export function Workbench({ store }: { store: WorkbenchStore }) {
  const { view, lists, companion } = store;
  const removed = lists.removed.value;
  return (
    <>
      <header class="work-top">
        <Wordmark isHeading={false} />
        <nav aria-label="Workbench">
          {views.map(([name, text]) => (
            <button
              key={name}
              type="button"
              class="work-tab"
              aria-current={view.value === name ? 'page' : undefined}
              onClick={() => store.showView(name)}
            >
              {text}
            </button>
          ))}
        </nav>
      </header>
      <main class="work-main">
        {view.value === 'proof' ? (
          <ProofPage store={store} />
        ) : (
          <>
            {companion.data.value && (
              <CompanionNotice
                state={companion.data.value}
                onRetry={store.retryCompanion}
                onAllow={() => void store.allowCompanion()}
                onOpenSettings={store.openSettings}
              />
            )}
            {lists.openId.value ? <ListPage store={store} /> : <StampPage store={store} />}
          </>
        )}
      </main>
      {removed && (
        <Toast
          key={removed.id}
          text={`Removed ${removed.name}`}
          actionLabel="Undo"
          onAction={lists.undoRemove}
          onClose={lists.closeUndo}
        />
      )}
    </>
  );
}

function StampPage({ store }: { store: WorkbenchStore }) {
  return (
    <>
      {store.intake.draft.value ? <DraftPart store={store} /> : <IntakePart store={store} />}
      <ListsPart store={store} />
    </>
  );
}
