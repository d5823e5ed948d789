import { formatBytes, formatUtc } from '../../../shared/format.ts';
import {
  type Bulk,
  type BulkRow,
  type FollowedSeed,
  phaseOf,
  type RowState,
} from '../../stamping/bulk/bulk.ts';
import { shownSeed } from '../../stamping/bulk/export-list.ts';
import { Button } from '../../ui/Button.tsx';
import { formatClock, formatCount, formatNumber } from '../../ui/format.ts';
import { Hash } from '../../ui/Hash.tsx';
import { describePlatform } from '../../ui/hashing.ts';
import { ChevronIcon, DownloadIcon } from '../../ui/Icon.tsx';
import { Notice } from '../../ui/Notice.tsx';
import { Prose } from '../../ui/Prose.tsx';
import { Facts, Loading } from '../../ui/parts.tsx';
import { Time } from '../../ui/Time.tsx';
import { ListBar } from './ListBar.tsx';
import { describeList, describeRow, listTone, rowTone } from './list-words.ts';
import { RowTable } from './RowTable.tsx';
import type { WorkbenchStore } from './store.ts';

/** One list: how far it is, what can be done with it, and every digest of it. */
export function ListPage({ store }: { store: WorkbenchStore }) {
  const { lists } = store;
  const list = lists.open.value;
  if (!list) {
    if (!lists.all.data.value && !lists.all.error.value) return <Loading text="Opening the list" />;
    return <MissingList store={store} />;
  }
  const active = lists.table.activeRow.value;
  return (
    <section class="intake" aria-labelledby="list-heading">
      <button type="button" class="text-button back" onClick={store.closeList}>
        <ChevronIcon size={12} />
        All lists
      </button>
      <div class="list-head">
        <div class="list-title">
          <h1 id="list-heading" class="cut" title={list.name}>
            <bdi>{list.name}</bdi>
          </h1>
          <p class="secondary">
            {/* Only this is announced: the numbers beside it change several times a second. */}
            <span role="status" data-tone={listTone(list)}>
              <strong class="toned">{describeList(list)}</strong>
            </span>
            {` · ${sumUp(list)} `}
            <span class="list-age">
              · <Time timeMs={list.createdAtMs} nowMs={store.nowMs.value} />
            </span>
          </p>
        </div>
        <ListActions store={store} list={list} />
      </div>
      <ListBar list={list} />
      <ListNotices store={store} list={list} />
      {lists.isRead.value ? (
        <>
          <RowTable
            table={lists.table}
            seeds={lists.seeds.value}
            counts={list.counts}
            onOpen={store.openReport}
          />
          {active && <RowDetails store={store} row={active} seeds={lists.seeds.value} />}
        </>
      ) : (
        <Loading text="Reading the list" />
      )}
    </section>
  );
}

function MissingList({ store: { lists, actions, closeList } }: { store: WorkbenchStore }) {
  const removed = lists.removedLists.value?.find(({ id }) => id === lists.openId.value);
  return (
    <section class="intake">
      <h1 class="visually-hidden">A list</h1>
      <Notice
        tone="unchecked"
        title={removed ? `${removed.name} was removed` : 'This list is not here'}
        role="alert"
        actions={
          <>
            {removed && (
              <Button
                size="small"
                isBusy={actions.isBusy('list')}
                onClick={() => void lists.restore(removed.id)}
              >
                Restore
              </Button>
            )}
            <Button size="small" onClick={closeList}>
              All lists
            </Button>
          </>
        }
      >
        {lists.all.error.value?.message ?? 'The proofs of its digests stay.'}
      </Notice>
    </section>
  );
}

function sumUp({ counts, rowCount, knownCount }: Bulk): string {
  const parts = [
    `${formatNumber(counts.proven)} of ${formatCount(rowCount, 'digest')} proven`,
    counts.failed > 0 && `${formatNumber(counts.failed)} failed`,
    knownCount > 0 && `${formatNumber(knownCount)} known before`,
  ];
  return parts.filter((part) => part !== false).join(', ');
}

function ListActions({ store, list }: { store: WorkbenchStore; list: Bulk }) {
  const { lists, actions } = store;
  const phase = phaseOf(list);
  const isBusy = actions.isBusy('list');
  return (
    <div class="form-actions">
      {phase === 'sending' && (
        <Button isBusy={isBusy} onClick={() => void lists.stop(list.id)}>
          Stop
        </Button>
      )}
      {(phase === 'stopped' || phase === 'halted') && (
        <Button kind="primary" isBusy={isBusy} onClick={() => void lists.resume(list.id)}>
          Go on
        </Button>
      )}
      {list.counts.failed > 0 && (
        <Button isBusy={isBusy} onClick={() => void lists.retry(list.id)}>
          Retry {formatNumber(list.counts.failed)} failed
        </Button>
      )}
      {list.counts.proven > 0 && (
        <Button isBusy={actions.isBusy('zip')} onClick={() => void lists.saveZip()}>
          {!actions.isBusy('zip') && <DownloadIcon size={14} />}
          All proofs (ZIP)
        </Button>
      )}
      <Button isBusy={actions.isBusy('csv')} onClick={() => void lists.saveCsv()}>
        {!actions.isBusy('csv') && <DownloadIcon size={14} />}
        Results (CSV)
      </Button>
      <Button
        kind="quiet"
        onClick={() => void lists.remove(list).then((isGone) => isGone && store.closeList())}
      >
        Remove
      </Button>
    </div>
  );
}

function ListNotices({ store: { actions, lists, nowMs }, list }: { store: WorkbenchStore; list: Bulk }) {
  const problem = ['list', 'zip', 'csv', 'proof'].map((key) => actions.problemOf(key)).find((it) => it);
  const phase = phaseOf(list);
  const zipProgress = lists.zipProgress.value;
  return (
    <>
      {problem && (
        <Notice tone="contradicted" title="That did not work" role="alert">
          {problem.message}
        </Notice>
      )}
      {zipProgress !== undefined && (
        <Notice tone="pending" title="Packing the proofs" role="status">
          <progress class="progress" value={zipProgress} aria-label="Part of the proofs that is packed" />
        </Notice>
      )}
      {list.message && phase === 'halted' && (
        <Notice tone="contradicted" title="It does not go on by itself" role="status">
          {list.message}
        </Notice>
      )}
      {list.message && (phase === 'sending' || phase === 'waiting') && (
        <Notice tone="unfamiliar" title="It goes on by itself" role="status">
          <p>
            <Prose text={list.message} />
          </p>
          {list.nextTryAtMs > nowMs.value && (
            <p class="small secondary">
              Next try at <time title={formatUtc(list.nextTryAtMs)}>{formatClock(list.nextTryAtMs)}</time>
            </p>
          )}
        </Notice>
      )}
    </>
  );
}

/** Everything about the active row. */
function RowDetails({
  store,
  row,
  seeds,
}: {
  store: WorkbenchStore;
  row: BulkRow;
  seeds: ReadonlyMap<string, FollowedSeed>;
}) {
  const seed = shownSeed(row, seeds);
  const check = seed?.check;
  const nowMs = store.nowMs.value;
  const waits: RowState[] = ['queued', 'sent'];
  return (
    <section class="card part" aria-labelledby="row-heading">
      <div class="part-head">
        <h2 id="row-heading" class="cut">
          <bdi>{row.name || 'Digest'}</bdi>
        </h2>
        <div class="form-actions">
          {row.state === 'proven' && (
            <Button
              size="small"
              isBusy={store.actions.isBusy('proof')}
              onClick={() => void store.lists.saveProof(row.digest)}
            >
              <DownloadIcon size={14} />
              Save proof (XML)
            </Button>
          )}
          {!waits.includes(row.state) && (
            <Button size="small" onClick={() => store.openReport(row.digest)}>
              Report
            </Button>
          )}
        </div>
      </div>
      {row.message && (
        <Notice tone="contradicted" title="It failed">
          {row.message}
        </Notice>
      )}
      <Facts
        entries={[
          [
            'State',
            <span key="state" data-tone={rowTone(row, seed)}>
              <span class="toned">{describeRow(row, seed)}</span>
            </span>,
          ],
          ['Digest', <Hash key="digest" value={row.digest} noun="digest" isFull />],
          ['Size', row.sizeBytes !== undefined && formatBytes(row.sizeBytes)],
          ['Hashed by', row.hashedBy && describePlatform(row.hashedBy)],
          [
            'Handed in',
            row.submittedAtMs !== undefined && (
              <span key="submitted">
                <Time timeMs={row.submittedAtMs} nowMs={nowMs} />
                {row.isNew === false && <span class="secondary">, before this list</span>}
              </span>
            ),
          ],
          [
            'Chain',
            check && (
              <span key="chain" class="chain">
                {check.chainName}
                {check.isLocal && <span class="tag">this computer only</span>}
              </span>
            ),
          ],
          ['Existed by', check && <Time key="time" timeMs={check.blockTimeSeconds * 1000} nowMs={nowMs} />],
          [
            'Transaction',
            check && <Hash key="transaction" value={check.transaction} noun="transaction hash" />,
          ],
          [
            'Root',
            (check?.root ?? seed?.root) && (
              <Hash key="root" value={check?.root ?? seed?.root ?? ''} noun="root" />
            ),
          ],
        ]}
      />
    </section>
  );
}
