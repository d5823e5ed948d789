import { IconButton } from '../../ui/Button.tsx';
import { CompanionNotice, CompanionStatus } from '../../ui/CompanionNotice.tsx';
import { SearchIcon, SettingsIcon, WorkbenchIcon } from '../../ui/Icon.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Wordmark } from '../../ui/parts.tsx';
import { Toast } from '../../ui/Toast.tsx';
import { GroupsPanel } from './GroupsPanel.tsx';
import { JobsPanel } from './JobsPanel.tsx';
import { PagePanel } from './PagePanel.tsx';
import type { PopupStore } from './store.ts';

/** Everything in the popup, from the page in front of the user outwards: page, work, groups. */
export function Popup({ store }: { store: PopupStore }) {
  const { companion, dismissed } = store;
  return (
    <>
      <header class="popup-head">
        <Wordmark />
        <CompanionStatus state={companion.data.value} />
        <IconButton label="Check a file or a hash" onClick={() => store.openReport()}>
          <SearchIcon />
        </IconButton>
        <IconButton label="Workbench: stamp many files, check a proof" onClick={store.openWorkbench}>
          <WorkbenchIcon />
        </IconButton>
        <IconButton label="Settings" onClick={store.openSettings}>
          <SettingsIcon />
        </IconButton>
      </header>
      <main class="popup-body">
        {companion.data.value && (
          <CompanionNotice
            state={companion.data.value}
            onRetry={store.retryCompanion}
            onAllow={() => void store.allowCompanion()}
            onOpenSettings={store.openSettings}
          />
        )}
        {companion.error.value && !companion.data.value && (
          <Notice tone="unchecked" title="The extension does not answer" role="alert">
            {companion.error.value.message}
          </Notice>
        )}
        <PagePanel store={store} />
        <JobsPanel store={store} />
        <GroupsPanel store={store} />
      </main>
      {dismissed.value && (
        <Toast
          key={dismissed.value.jobId}
          text="Removed from the list"
          actionLabel="Undo"
          onAction={store.undoDismiss}
          onClose={store.forgetDismissed}
        />
      )}
    </>
  );
}
