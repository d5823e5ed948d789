import { type Bulk, phaseOf } from '../../stamping/bulk/bulk.ts';
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
  if (!lists.shownLists.value?.length) return null;
  return (
    <section class="lists" aria-labelledby="lists-heading">
      <div class="section-head">
        <h2 id="lists-heading">Your lists</h2>
      </div>
      <ul class="card rows">
        {lists.shownLists.value.map((list) => (
          <li key={list.id}>
            <ListRow list={list} nowMs={store.nowMs.value} onOpen={() => store.openList(list.id)} />
          </li>
        ))}
      </ul>
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
            : `${formatNumber(list.counts.proven)} of ${formatCount(list.rowCount, 'digest')} proven`}
          {' · '}
          <Time timeMs={list.createdAtMs} nowMs={nowMs} />
        </span>
        {phaseOf(list) !== 'done' && <ListBar list={list} />}
      </span>
      <ChevronIcon size={14} />
    </button>
  );
}
