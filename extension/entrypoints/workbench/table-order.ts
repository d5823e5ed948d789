import type { BulkRow, RowState } from '../../stamping/bulk/bulk.ts';

/** What the table is ordered by; `given` is the order of the list. */
export type SortKey = 'given' | 'name' | 'size' | 'state';
export interface Sorting {
  key: SortKey;
  isDescending: boolean;
}

const stateOrder: Record<RowState, number> = { failed: 0, queued: 1, sent: 2, proven: 3 };

/** What a row is compared by. Plain comparison of code units: a hundred thousand names are in order within a blink. */
const sortValues: Record<Exclude<SortKey, 'given'>, (row: BulkRow) => string | number> = {
  name: ({ name, digest }) => name || digest,
  size: ({ sizeBytes = -1 }) => sizeBytes,
  state: ({ state }) => stateOrder[state],
};

/** The rows' numbers in the order in which they are shown. Equal rows stay in the order of the list. */
export function orderRows(rows: readonly BulkRow[], { key, isDescending }: Sorting): number[] {
  const order = rows.map((_, index) => index);
  const direction = isDescending ? -1 : 1;
  if (key === 'given') return isDescending ? order.reverse() : order;
  const values = rows.map(sortValues[key]);
  return order.sort((a, b) => {
    const [one, other] = [values[a] as string | number, values[b] as string | number];
    return one === other ? a - b : one < other ? -direction : direction;
  });
}

/** Which rows are shown. */
export interface Filter {
  /** Part of a name, or of a digest; empty for all. */
  text: string;
  state: RowState | 'all';
}

/** Those numbers of `order` whose rows pass the filter. */
export function filterRows(
  rows: readonly BulkRow[],
  order: readonly number[],
  { text, state }: Filter,
): readonly number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '' && state === 'all') return order;
  return order.filter((index) => {
    const row = rows[index] as BulkRow;
    if (state !== 'all' && row.state !== state) return false;
    return wanted === '' || row.digest.includes(wanted) || row.name.toLowerCase().includes(wanted);
  });
}
