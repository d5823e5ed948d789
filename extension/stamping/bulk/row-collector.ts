import { HashmarkError } from '../../../shared/errors.ts';
import type { BulkRow } from './bulk.ts';

/** A digest that is to be stamped. */
export type NewRow = Pick<BulkRow, 'digest' | 'name' | 'sizeBytes' | 'hashedBy'>;

/** A line that could not be read. */
export interface Unreadable {
  /** From 1. */
  line: number;
  /** Its beginning. */
  text: string;
}

/** Takes the digests of one list in their order, each digest once. */
export interface RowCollector {
  readonly rows: readonly NewRow[];
  /** How many digests were there before. */
  readonly duplicateCount: number;
  /** The first lines that could not be read. */
  readonly unreadable: readonly Unreadable[];
  readonly unreadableCount: number;
  /** @throws HashmarkError `list-too-long` beyond {@link mostRows}. */
  add(row: NewRow): void;
  addUnreadable(line: number, text: string): void;
}

/** Browsers draw no page higher than about 17 million pixels, and the table is one row after the other. */
export const mostRows = 400_000;
/** More wrong lines than these are not read by anybody. */
const shownUnreadable = 100;
const shownCharacters = 120;

export function createRowCollector(): RowCollector {
  const rows: NewRow[] = [];
  const known = new Set<string>();
  const unreadable: Unreadable[] = [];
  const counts = { duplicate: 0, unreadable: 0 };
  return {
    rows,
    unreadable,
    get duplicateCount() {
      return counts.duplicate;
    },
    get unreadableCount() {
      return counts.unreadable;
    },
    add(row) {
      if (known.has(row.digest)) {
        counts.duplicate += 1;
        return;
      }
      if (rows.length >= mostRows) {
        throw new HashmarkError(
          'list-too-long',
          `This list has more than ${mostRows.toLocaleString('en')} digests. Split it, or use \`hashmark stamp --list\`, which takes any length.`,
          { data: { mostRows } },
        );
      }
      known.add(row.digest);
      rows.push(row);
    },
    addUnreadable(line, text) {
      counts.unreadable += 1;
      if (unreadable.length < shownUnreadable)
        unreadable.push({ line, text: text.slice(0, shownCharacters) });
    },
  };
}
