import { useEffect, useRef } from 'preact/hooks';

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
  const { view, lists, companion, intake } = store;
  const removed = lists.removed.value;
  const discarded = intake.discarded.value;
  const main = useRef<HTMLElement>(null);
  const screen = [
    view.value,
    lists.openId.value,
    lists.open.value && 'is read',
    intake.draft.value?.state,
  ].join(' ');
  const shown = useRef(screen);
  useEffect(() => {
    // What had the focus is gone with what was shown before: who works by keyboard goes on at the top of the new one.
    if (screen === shown.current) return;
    shown.current = screen;
    if (document.activeElement !== document.body) return;
    const heading = main.current?.querySelector<HTMLElement>('h1');
    heading?.setAttribute('tabindex', '-1');
    heading?.focus({ preventScroll: true });
  }, [screen]);
  return (
    <>
      <header class="page-top">
        <Wordmark isHeading={false} />
        <nav class="work-tabs" aria-label="Workbench">
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
      <main class="page-main" ref={main}>
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
      {discarded && (
        <Toast
          text={`Discarded ${discarded.name}`}
          actionLabel="Undo"
          onAction={intake.undoDiscard}
          onClose={intake.closeUndo}
        />
      )}
      {removed && !discarded && (
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
