import { Button, IconButton } from '../../ui/Button.tsx';
import { GroupRow } from '../../ui/GroupRow.tsx';
import { GroupIcon, PlusIcon } from '../../ui/Icon.tsx';
import { NewGroupForm } from '../../ui/NewGroupForm.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Empty, Loading } from '../../ui/parts.tsx';
import type { PopupStore } from './store.ts';

/** The account's groups. Without a companion there is no account: nothing is shown, the notice above says why. */
export function GroupsPanel({ store }: { store: PopupStore }) {
  if (!store.isConnected.value) return null;
  const groups = store.groups.data.value;
  return (
    <section aria-labelledby="groups-heading">
      <div class="section-head">
        <h2 id="groups-heading">Groups</h2>
        {!store.isNamingGroup.value && (
          <IconButton label="New group" onClick={() => store.nameGroup(true)}>
            <PlusIcon />
          </IconButton>
        )}
      </div>
      <div class="card rows">
        {store.isNamingGroup.value && (
          <NewGroupForm
            privacy={store.privacy.data.value ?? 'private'}
            isBusy={store.actions.isBusy('new-group')}
            problem={store.actions.problemOf('new-group')}
            onCreate={(name, network) => void store.createGroup(name, network)}
            onCancel={() => store.nameGroup(false)}
          />
        )}
        <GroupList store={store} />
        {groups?.length === 0 && !store.isNamingGroup.value && (
          <Empty icon={GroupIcon} title="No groups yet">
            <p class="small">
              Files of a group are stamped together. Stamp a page and the first one is made.
            </p>
          </Empty>
        )}
      </div>
    </section>
  );
}

function GroupList({ store }: { store: PopupStore }) {
  const { actions } = store;
  const groups = store.groups.data.value;
  const error = store.groups.error.value;
  if (!groups) {
    return error ? (
      <div class="row-problem">
        <Notice
          tone="unchecked"
          title="The groups could not be listed"
          role="alert"
          actions={
            <Button size="small" onClick={() => void store.groups.reload()}>
              Try again
            </Button>
          }
        >
          {error.message}
        </Notice>
      </div>
    ) : (
      <Loading text="Listing groups" />
    );
  }
  if (groups.length === 0) return null;
  return (
    <ul class="rows">
      {groups.map((group) => {
        const files = store.filesOf(group.id);
        return (
          <li key={group.id}>
            <GroupRow
              group={group}
              isOpen={store.openGroups.value.has(group.id)}
              content={files && { files: files.data.value, error: files.error.value }}
              isStamping={actions.isBusy(`group ${group.id}`)}
              problem={actions.problemOf(`group ${group.id}`)}
              onToggle={() => store.toggleGroup(group.id)}
              onStamp={() => void store.stampGroup(group.id)}
              onReload={() => void files?.reload()}
              onOpenReport={store.openReport}
              onDeleteFile={(cid) => void store.deleteFile(group.id, cid)}
            />
          </li>
        );
      })}
    </ul>
  );
}
