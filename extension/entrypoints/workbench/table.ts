import { computed, type ReadonlySignal, signal } from '@preact/signals';

import type { BulkRow, RowState } from '../../stamping/bulk/bulk.ts';
import { filterRows, orderRows, type Sorting, type SortKey } from './table-order.ts';

export type Table = ReturnType<typeof createTable>;

/**
 * What the user sees of many rows: filtered, ordered, one of them active.
 *
 * @param rows replaced by a new array with every change
 * @param identity changes when other rows are shown, not when the same rows change their state
 */
export function createTable(rows: ReadonlySignal<readonly BulkRow[]>, identity: ReadonlySignal<unknown>) {
  const sorting = signal<Sorting>({ key: 'given', isDescending: false });
  const text = signal('');
  const state = signal<RowState | 'all'>('all');
  /** Number of the row that the keyboard and the details are about. */
  const active = signal<number | undefined>(undefined);
  // Names and sizes do not change while a list is stamped: ordering by them is not repeated with every answer.
  const lastingOrder = computed(() => {
    identity.value;
    return orderRows(rows.peek(), sorting.value);
  });
  const order = computed(() =>
    sorting.value.key === 'state' || lastingOrder.value.length !== rows.value.length
      ? orderRows(rows.value, sorting.value)
      : lastingOrder.value,
  );
  /** The rows' numbers, in the order in which they are shown. */
  const shown = computed(() => filterRows(rows.value, order.value, { text: text.value, state: state.value }));

  return {
    rows,
    shown,
    sorting,
    text,
    state,
    active,
    /** False for lists of digests: nobody knows the size of what they are of. */
    hasSizes: computed(() => rows.value.some(({ sizeBytes }) => sizeBytes !== undefined)),
    activeRow: computed(() => (active.value === undefined ? undefined : rows.value[active.value])),

    /** Orders by that; a second time the other way round, a third time as given. */
    sortBy(key: SortKey) {
      const now = sorting.peek();
      if (now.key !== key) sorting.value = { key, isDescending: false };
      else if (!now.isDescending) sorting.value = { key, isDescending: true };
      else sorting.value = { key: 'given', isDescending: false };
    },
    reset() {
      sorting.value = { key: 'given', isDescending: false };
      text.value = '';
      state.value = 'all';
      active.value = undefined;
    },
    /** Goes by so many rows from the active one, as far as there are rows. */
    move(by: number) {
      const numbers = shown.peek();
      if (numbers.length === 0) return;
      const from = active.peek() === undefined ? -1 : numbers.indexOf(active.peek() as number);
      const to = from < 0 ? (by < 0 ? numbers.length - 1 : 0) : from + by;
      active.value = numbers[Math.max(0, Math.min(numbers.length - 1, to))];
    },
    /** What is shown, as digests one a line. */
    digests: () =>
      shown
        .peek()
        .map((index) => (rows.peek()[index] as BulkRow).digest)
        .join('\n'),
  };
}
