import { createHash, type Hash } from 'node:crypto';

import type { KnownAnchor } from '../ledger/recovery.ts';

/** A group that grows from stamp to stamp. */
export interface Series {
  groupRef: number;
  /** In the order in which its stamps list them. */
  fileRefs: readonly number[];
}

/**
 * Tells which stamps belong to one group: a group's stamp lists all of its files in the order in which they came, so the
 * next stamp of the same group begins with the list of the one before.
 */
export interface Lineage {
  /** The series whose last list is the longest beginning of this one, or the whole of it. */
  find(cids: readonly string[]): Series | undefined;
  /** Notes that the series now ends with this list. */
  put(cids: readonly string[], series: Series): void;
  /** The same for a stamp that the ledger has. */
  putKnown(anchor: KnownAnchor): void;
}

/** A lineage that knows no stamp yet: they are put in the order of the chain. */
export function createLineage(): Lineage {
  /** By the hash of the series' last list: lists are long, and a longer one is compared with all of its beginnings. */
  const seriesByList = new Map<string, Series>();
  const listOf = new Map<number, string>();

  function* beginnings(cids: readonly string[]): Generator<string> {
    const hash: Hash = createHash('sha256');
    for (const cid of cids) yield hash.update(`${cid}\n`).copy().digest('base64');
  }

  function put(cids: readonly string[], series: Series): void {
    const before = listOf.get(series.groupRef);
    if (before !== undefined) seriesByList.delete(before);
    const list = [...beginnings(cids)].at(-1) ?? '';
    seriesByList.set(list, series);
    listOf.set(series.groupRef, list);
  }

  return {
    find(cids) {
      let longest: Series | undefined;
      for (const list of beginnings(cids)) longest = seriesByList.get(list) ?? longest;
      return longest;
    },
    put,
    putKnown({ groupRef, files }) {
      if (groupRef === null) return;
      put(
        files.map(({ cid }) => cid),
        { groupRef, fileRefs: files.map(({ ref }) => ref) },
      );
    },
  };
}
