import { type Bulk, phaseOf } from '../../stamping/bulk/bulk.ts';
import { Button } from '../../ui/Button.tsx';
import { formatCount, formatNumber } from '../../ui/format.ts';
import { ChevronIcon } from '../../ui/Icon.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Time } from '../../ui/Time.tsx';
import { ListBar } from './ListBar.tsx';
import { describeList, listTone } from './list-words.ts';
import type { WorkbenchStore } from './store.ts';

/** The lists that are being stamped, and those that were. Nothing there: no heading either. */
export function ListsPart({ store }: { store: WorkbenchStore }) {
  const { lists } = store;
  const error = lists.all.error.value;
  if (error && !lists.all.data.value) {
    return (
      <Notice tone="unchecked" title="Your lists could not be read" role="alert">
        {error.message}
      </Notice>
    );
  }
  const shown = lists.shownLists.value ?? [];
  const removed = lists.removedLists.value ?? [];
  if (shown.length + removed.length === 0) return null;
  return (
    <section class="lists" aria-labelledby="lists-heading">
      <div class="section-head">
        <h2 id="lists-heading">Your lists</h2>
      </div>
      {shown.length > 0 && (
        <ul class="card rows">
          {shown.map((list) => (
            <li key={list.id}>
              <ListRow list={list} nowMs={store.nowMs.value} onOpen={() => store.openList(list.id)} />
            </li>
          ))}
        </ul>
      )}
      {removed.length > 0 && (
        <details class="fold">
          <summary>{formatCount(removed.length, 'removed list')}, kept for a day</summary>
          <ul>
            {removed.map((list) => (
              <li key={list.id} class="removed-list">
                <span class="cut" dir="auto" title={list.name}>
                  {list.name}
                </span>
                <span class="small secondary">{formatCount(list.rowCount, 'digest')}</span>
                <Button
                  size="small"
                  aria-label={`Restore ${list.name}`}
                  isBusy={store.actions.isBusy('list')}
                  onClick={() => void lists.restore(list.id)}
                >
                  Restore
                </Button>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function ListRow({ list, nowMs, onOpen }: { list: Bulk; nowMs: number; onOpen: () => void }) {
  return (
    <button type="button" class="list-row" onClick={onOpen}>
      <span class="list-row-main">
        <span class="list-row-name cut" dir="auto" title={list.name}>
          {list.name}
        </span>
        <span class="small secondary">
          <span data-tone={listTone(list)}>
            <span class="toned">{describeList(list)}</span>
          </span>
          {' · '}
          {phaseOf(list) === 'done'
            ? formatCount(list.rowCount, 'digest')
            : `${formatNumber(list.counts.proven)} of ${formatCount(list.rowCount, 'digest')} proven`}{' '}
          <span class="list-age">
            · <Time timeMs={list.createdAtMs} nowMs={nowMs} />
          </span>
        </span>
        {phaseOf(list) !== 'done' && <ListBar list={list} />}
      </span>
      <ChevronIcon size={14} />
    </button>
  );
}
