// biome-ignore-all lint/a11y/useSemanticElements: the browser's own table lays out every row it has, and this one has those in sight.
import { useEffect, useRef } from 'preact/hooks';

import { formatBytes } from '../../../shared/format.ts';
import type { BulkRow, FollowedSeed, RowState } from '../../stamping/bulk/bulk.ts';
import { shownSeed } from '../../stamping/bulk/export-list.ts';
import { CopyButton } from '../../ui/CopyButton.tsx';
import { formatCount, formatNumber, shortenHash } from '../../ui/format.ts';
import { OutcomeIcon } from '../../ui/OutcomeIcon.tsx';
import { describeRow, rowTone } from './list-words.ts';
import type { Table } from './table.ts';
import type { SortKey } from './table-order.ts';
import { useVirtualRows } from './use-virtual-rows.ts';

export interface RowTableProps {
  table: Table;
  /** Absent before anything was sent: then there is no state to show. */
  seeds?: ReadonlyMap<string, FollowedSeed>;
  counts?: Record<RowState, number>;
  /** Opens the report of a digest. */
  onOpen: (digest: string) => void;
}

/** CSS pixels; the style sheet says the same. Four hundred thousand of them fit under the height that browsers can draw. */
const rowHeight = 44;
const rowsPerPage = 10;

/** Rows of any number, of which only those in sight are drawn. Arrow keys go through them, Ctrl+C copies the digest. */
export function RowTable({ table, seeds, counts, onOpen }: RowTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const shown = table.shown.value;
  const active = table.active.value;
  const { items, height, scrollTo } = useVirtualRows(scroller, shown.length, rowHeight);
  const place = active === undefined ? -1 : shown.indexOf(active);

  useEffect(() => {
    if (place >= 0) scrollTo(place);
  }, [place]);

  const isDraft = seeds === undefined;
  const hasSizes = table.hasSizes.value;
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: rowsPerPage,
    PageUp: -rowsPerPage,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };

  function press(event: KeyboardEvent): void {
    const step = steps[event.key];
    const row = table.activeRow.peek();
    if (step !== undefined) table.move(step);
    else if (event.key === 'Enter' && row && !isDraft) onOpen(row.digest);
    else if (
      event.key === 'c' &&
      (event.ctrlKey || event.metaKey) &&
      row &&
      getSelection()?.isCollapsed !== false
    )
      void navigator.clipboard.writeText(row.digest);
    else return;
    event.preventDefault();
  }

  return (
    <div class="table" data-draft={isDraft ? '' : undefined} data-sizeless={hasSizes ? undefined : ''}>
      <TableTools table={table} counts={counts} />
      <div
        ref={scroller}
        class="table-scroller"
        role="grid"
        aria-label="Digests"
        aria-rowcount={shown.length + 1}
        aria-activedescendant={place >= 0 ? `row-${active}` : undefined}
        tabIndex={0}
        onKeyDown={press}
      >
        <div class="table-row table-head" role="row" aria-rowindex={1} tabIndex={-1}>
          <Heading table={table} sort="name" text="Name and digest" />
          {hasSizes && <Heading table={table} sort="size" text="Size" />}
          {!isDraft && <Heading table={table} sort="state" text="State" />}
        </div>
        <div role="rowgroup" class="table-body" style={{ height: `${height}px` }}>
          {items.map(({ index, start }) => {
            const number = shown[index] as number;
            return (
              <Row
                key={number}
                id={`row-${number}`}
                place={index}
                top={start}
                row={table.rows.value[number] as BulkRow}
                seeds={seeds}
                hasSize={hasSizes}
                isActive={number === active}
                onPick={() => {
                  table.active.value = number;
                }}
              />
            );
          })}
        </div>
      </div>
      {shown.length === 0 && <p class="table-empty secondary">No digest matches.</p>}
    </div>
  );
}

interface RowProps {
  id: string;
  place: number;
  top: number;
  row: BulkRow;
  seeds: ReadonlyMap<string, FollowedSeed> | undefined;
  hasSize: boolean;
  isActive: boolean;
  onPick: () => void;
}

function Row({ id, place, top, row, seeds, hasSize, isActive, onPick }: RowProps) {
  const seed = seeds && shownSeed(row, seeds);
  const tone = rowTone(row, seed);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys for all of its rows.
    <div
      id={id}
      class="table-row"
      role="row"
      tabIndex={-1}
      aria-rowindex={place + 2}
      aria-selected={isActive}
      style={{ transform: `translateY(${top}px)` }}
      onClick={onPick}
    >
      <div class="table-main" role="gridcell" tabIndex={-1}>
        {row.name && (
          <span class="cut" dir="auto" title={row.name}>
            {row.name}
          </span>
        )}
        <span class="mono small secondary cut" dir="ltr" translate={false} title={row.digest}>
          {row.name ? shortenHash(row.digest) : row.digest}
        </span>
      </div>
      {hasSize && (
        <div class="table-size small secondary" role="gridcell" tabIndex={-1}>
          {row.sizeBytes !== undefined && formatBytes(row.sizeBytes)}
        </div>
      )}
      {seeds && (
        <div class="table-state small" role="gridcell" tabIndex={-1} data-tone={tone} title={row.message}>
          <OutcomeIcon outcome={tone} size={14} />
          <span class="toned cut">{describeRow(row, seed)}</span>
        </div>
      )}
    </div>
  );
}

function Heading({ table, sort, text }: { table: Table; sort: SortKey; text: string }) {
  const { key, isDescending } = table.sorting.value;
  const direction = key !== sort ? 'none' : isDescending ? 'descending' : 'ascending';
  return (
    <div
      class={`table-${sort === 'name' ? 'main' : sort}`}
      role="columnheader"
      tabIndex={-1}
      aria-sort={direction}
    >
      <button type="button" class="table-sort" onClick={() => table.sortBy(sort)}>
        {text}
        <span aria-hidden="true">{direction === 'none' ? '' : isDescending ? ' ↓' : ' ↑'}</span>
      </button>
    </div>
  );
}

const filters: [RowState | 'all', string][] = [
  ['all', 'All'],
  ['proven', 'Stamped'],
  ['sent', 'Waiting'],
  ['queued', 'Not sent'],
  ['failed', 'Failed'],
];

function TableTools({ table, counts }: { table: Table; counts: RowTableProps['counts'] }) {
  const shown = table.shown.value.length;
  const all = table.rows.value.length;
  return (
    <div class="table-tools">
      <input
        type="search"
        class="input"
        aria-label="Filter by name or digest"
        placeholder="Filter by name or digest"
        value={table.text.value}
        spellcheck={false}
        onInput={(event) => {
          table.text.value = event.currentTarget.value;
        }}
      />
      {counts && (
        <fieldset class="table-filters">
          <legend class="visually-hidden">Show digests of one state</legend>
          {filters
            .filter(([state]) => state === 'all' || counts[state] > 0 || table.state.value === state)
            .map(([state, word]) => (
              <label key={state} class="filter">
                <input
                  type="radio"
                  name="row-state"
                  checked={table.state.value === state}
                  onChange={() => {
                    table.state.value = state;
                  }}
                />
                <span>
                  {word}
                  {state !== 'all' && <span class="faint"> {formatNumber(counts[state])}</span>}
                </span>
              </label>
            ))}
        </fieldset>
      )}
      <span class="table-count small secondary" role="status">
        {shown === all
          ? formatCount(all, 'digest')
          : `${formatNumber(shown)} of ${formatCount(all, 'digest')}`}
        <CopyButton
          text={table.digests}
          noun={shown === 1 ? 'the digest' : `${formatNumber(shown)} digests`}
        />
      </span>
    </div>
  );
}
