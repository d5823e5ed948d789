import { batch, computed, signal } from '@preact/signals';
import { makeZip } from 'client-zip';

import { HashmarkError } from '../../../shared/errors.ts';
import { writeProofXml } from '../../../shared/evidence/proof-xml.ts';
import { proofFileName } from '../../../shared/wire/originstamp.ts';
import type { onChange } from '../../changes.ts';
import type { ask } from '../../messaging.ts';
import type { ProofStore } from '../../proofs/proof-store.ts';
import {
  type Bulk,
  type BulkPart,
  type BulkRow,
  type FollowedSeed,
  rowsPerPart,
} from '../../stamping/bulk/bulk.ts';
import type { BulkStore } from '../../stamping/bulk/bulk-store.ts';
import { toCsv, toZipEntries } from '../../stamping/bulk/export-list.ts';
import type { NewRow } from '../../stamping/bulk/row-collector.ts';
import type { Actions } from '../../ui/actions.ts';
import { createResource } from '../../ui/resource.ts';
import { createTable } from './table.ts';

export interface ListsDeps {
  ask: typeof ask;
  onChange: typeof onChange;
  actions: Actions;
  bulks: Pick<BulkStore, 'add' | 'list' | 'changedParts' | 'seeds'>;
  proofs: Pick<ProofStore, 'find'>;
  /** Hands something of any size to the user's downloads. */
  saveStream(name: string, stream: ReadableStream<Uint8Array>): Promise<void>;
  createId(): string;
  now(): number;
}

export type Lists = ReturnType<typeof createLists>;

/** Parts read at once: the page draws between. */
const partsAtOnce = 200;

/** The lists that were handed over to the background, and the rows of the one that is open. */
export function createLists(deps: ListsDeps) {
  const { ask, actions, bulks } = deps;
  const all = createResource<Bulk[]>(() => bulks.list());
  const shownLists = computed(() => all.data.value?.filter(({ removedAtMs }) => removedAtMs === undefined));
  /** They can be restored for a day. */
  const removedLists = computed(() => all.data.value?.filter(({ removedAtMs }) => removedAtMs !== undefined));
  const openId = signal<string | undefined>(undefined);
  const open = computed(() => shownLists.value?.find(({ id }) => id === openId.value));
  const rows = signal<readonly BulkRow[]>([]);
  /** True once all rows of the open list are there. */
  const isRead = signal(false);
  const seeds = signal<ReadonlyMap<string, FollowedSeed>>(new Map());
  const identity = computed(() => `${openId.value} ${isRead.value}`);
  const table = createTable(rows, identity);
  const removed = signal<{ id: string; name: string } | undefined>(undefined);
  /** 0 to 1 while proofs are packed. */
  const zipProgress = signal<number | undefined>(undefined);
  /** The change that was read last. */
  let last: Pick<BulkPart, 'revision' | 'index'> | undefined;
  let reading: Promise<void> | undefined;
  let isStale = false;

  /** Reads what changed since the last time; asked meanwhile, it reads once more after it. */
  function refresh(): Promise<void> {
    isStale = true;
    reading ??= (async () => {
      while (isStale) {
        isStale = false;
        await all.reload();
        await readRows();
      }
    })().finally(() => {
      reading = undefined;
    });
    return reading;
  }

  async function readRows(): Promise<void> {
    const id = openId.peek();
    if (id === undefined) return;
    const found = new Map((await bulks.seeds()).map((seed) => [seed.seedId, seed]));
    const next = [...rows.peek()];
    let isChanged = !isRead.peek();
    for (;;) {
      const parts = await bulks.changedParts(id, last, partsAtOnce);
      if (openId.peek() !== id) return;
      for (const part of parts) {
        for (const [position, row] of part.rows.entries()) next[part.index * rowsPerPart + position] = row;
        last = part;
        isChanged = true;
      }
      if (parts.length < partsAtOnce) break;
    }
    batch(() => {
      if (isChanged) rows.value = next;
      seeds.value = found;
      isRead.value = true;
    });
  }

  function show(id: string | undefined): void {
    if (openId.peek() === id) return;
    last = undefined;
    batch(() => {
      openId.value = id;
      rows.value = [];
      isRead.value = false;
      table.reset();
    });
    void refresh();
  }

  const restore = (bulkId: string) =>
    actions.run('list', async () => {
      if (removed.peek()?.id === bulkId) removed.value = undefined;
      await ask('bulk.restore', { bulkId });
      await refresh();
    });

  function requireOpen(): Bulk {
    const bulk = open.peek();
    if (bulk) return bulk;
    throw new HashmarkError('no-such-list', 'There is no list open.');
  }

  return {
    all,
    shownLists,
    removedLists,
    open,
    openId,
    isRead,
    seeds,
    table,
    removed,
    zipProgress,
    show,

    /** The returned function ends it. */
    start(): () => void {
      void refresh();
      return deps.onChange(['bulk'], () => void refresh());
    },

    /** Hands a list to the background. Resolves with its id once it is on disk. */
    async add(name: string, newRows: readonly NewRow[]): Promise<string> {
      const id = deps.createId();
      await bulks.add({
        id,
        name,
        createdAtMs: deps.now(),
        rows: newRows.map(({ digest, name, sizeBytes, hashedBy }) => ({
          digest,
          name,
          ...(sizeBytes === undefined ? {} : { sizeBytes }),
          ...(hashedBy ? { hashedBy } : {}),
        })),
      });
      await ask('bulk.start', { bulkId: id });
      return id;
    },
    resume: (bulkId: string) => actions.run('list', () => ask('bulk.start', { bulkId })),
    stop: (bulkId: string) => actions.run('list', () => ask('bulk.stop', { bulkId })),
    retry: (bulkId: string) => actions.run('list', () => ask('bulk.retry', { bulkId })),
    remove: ({ id, name }: Bulk) =>
      actions.run('list', async () => {
        await ask('bulk.remove', { bulkId: id });
        removed.value = { id, name };
        await refresh();
      }),
    undoRemove() {
      const last = removed.peek();
      if (last) void restore(last.id);
    },
    restore,
    closeUndo: () => {
      removed.value = undefined;
    },

    saveCsv: () =>
      actions.run('csv', async () => {
        const pieces = toCsv(rows.peek(), seeds.peek());
        await deps.saveStream(`${fileName(requireOpen().name)}.csv`, toStream(pieces));
      }),
    /** All proofs with the results, as one file. */
    saveZip: () =>
      actions.run('zip', async () => {
        const { name, counts } = requireOpen();
        const entries = toZipEntries(
          rows.peek(),
          seeds.peek(),
          (digests) => deps.proofs.find(digests),
          deps.now(),
        );
        async function* counted() {
          let done = 0;
          for await (const entry of entries) {
            zipProgress.value = done / (counts.proven + 1);
            done += 1;
            yield entry;
          }
        }
        try {
          await deps.saveStream(`${fileName(name)} proofs.zip`, makeZip(counted()));
        } finally {
          zipProgress.value = undefined;
        }
      }),
    /** The proof of one digest. */
    saveProof: (digest: string) =>
      actions.run('proof', async () => {
        const [own] = (await deps.proofs.find([digest])).get(digest) ?? [];
        if (!own) throw new HashmarkError('no-proof', `There is no proof of ${digest} in this browser.`);
        await deps.saveStream(
          proofFileName(digest, own.currencyId, 'xml'),
          toStream([writeProofXml(own.proof)]),
        );
      }),
  };
}

function toStream(texts: Iterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = texts[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
}

/** A name that every file system takes. */
function fileName(name: string): string {
  return name.replace(/[\p{Cc}<>:"/\\|?*]/gu, '_').slice(0, 80) || 'digests';
}
