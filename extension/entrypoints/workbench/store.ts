import { computed, effect, signal } from '@preact/signals';

import type { CompanionState } from '../../messages.ts';
import { createActions } from '../../ui/actions.ts';
import { createClock } from '../../ui/clock.ts';
import { createResource } from '../../ui/resource.ts';
import { createIntake } from './intake.ts';
import { createLists, type ListsDeps } from './lists.ts';
import { createProofCheck, type ProofCheckDeps } from './proof-check.ts';

/** What the workbench needs of the browser. */
export interface WorkbenchPlatform extends Omit<ListsDeps, 'actions'>, ProofCheckDeps {
  /** Query of the page's address: `?list=…`, `?view=proof`, or empty. */
  query: string;
  /** Writes the address of what is shown into the browser's history. */
  setQuery(query: string): void;
  setTitle(title: string): void;
  openPage(path: `/options.html${string}` | `/report.html${string}`): void;
  /** Asks the browser for what it took away; called in the click. */
  allowCompanion(): Promise<unknown>;
}

export type View = 'stamp' | 'proof';
export type WorkbenchStore = ReturnType<typeof createWorkbenchStore>;

/** The workbench's state and everything it does. */
export function createWorkbenchStore(platform: WorkbenchPlatform) {
  const { ask } = platform;
  const { nowMs, stop: stopClock } = createClock(platform.now);
  const actions = createActions();
  const view = signal<View>('stamp');
  const companion = createResource<CompanionState>(() => ask('companion.state'));
  const intake = createIntake(platform);
  const lists = createLists({ ...platform, actions });
  const proofCheck = createProofCheck(platform);

  const title = computed(() => {
    if (view.value === 'proof') return 'Check a proof – Hashmark';
    const list = lists.open.value;
    return list ? `${list.name} – Hashmark` : 'Hashmark workbench';
  });

  function readAddress(query: string): void {
    const parameters = new URLSearchParams(query);
    view.value = parameters.get('view') === 'proof' ? 'proof' : 'stamp';
    lists.show(parameters.get('list') ?? undefined);
  }

  function go(query: string): void {
    platform.setQuery(query);
    readAddress(query);
  }

  return {
    nowMs,
    view,
    companion,
    intake,
    lists,
    proofCheck,
    actions,

    /** The returned function ends it. */
    start(): () => void {
      readAddress(platform.query);
      const stopTitle = effect(() => platform.setTitle(title.value));
      void companion.reload();
      const stopLists = lists.start();
      const stopListening = platform.onChange(['companion'], () => void companion.reload());
      return () => {
        intake.discard();
        stopTitle();
        stopLists();
        stopListening();
        stopClock();
      };
    },
    readAddress,
    showView: (next: View) => go(next === 'proof' ? '?view=proof' : '?'),
    openList: (id: string) => go(`?list=${encodeURIComponent(id)}`),
    closeList: () => go('?'),
    openReport: (digest: string) => platform.openPage(`/report.html?hash=${encodeURIComponent(digest)}`),
    openSettings: () => platform.openPage('/options.html'),
    retryCompanion: () => void companion.reload(),
    allowCompanion: () =>
      actions.run('allow-companion', async () => {
        await platform.allowCompanion();
        await companion.reload();
      }),

    /** Hands what the table shows over, and opens it. */
    stampDraft: () =>
      actions.run('stamp', async () => {
        const draft = intake.draft.peek();
        if (draft?.state !== 'ready' || draft.rows.length === 0) return;
        const id = await lists.add(draft.name, draft.rows);
        intake.finish();
        go(`?list=${encodeURIComponent(id)}`);
      }),
  };
}
