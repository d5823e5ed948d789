import { computed, signal } from '@preact/signals';

import { type ErrorData, HashmarkError, toErrorData } from '../../../shared/errors.ts';
import type { BulkRow } from '../../stamping/bulk/bulk.ts';
import {
  type ListKind,
  readBeginning,
  readLines,
  readTable,
  readText,
  sniffList,
  type TableChoice,
} from '../../stamping/bulk/read-list.ts';
import { createRowCollector, type NewRow, type Unreadable } from '../../stamping/bulk/row-collector.ts';
import type { FoundFile } from '../../stamping/bulk/walk-entries.ts';
import type { fingerprintFiles } from '../../stamping/fingerprint-files.ts';
import { createTable } from './table.ts';

type TableKind = Extract<ListKind, { kind: 'table' }>;

/** What was given to be stamped, before it is. */
export type Draft =
  | { state: 'hashing'; found: number; hashed: number; bytes: number }
  | { state: 'reading'; name: string }
  | { state: 'failed'; name: string; problem: ErrorData }
  | ReadyDraft;

export interface ReadyDraft {
  state: 'ready';
  name: string;
  rows: readonly BulkRow[];
  duplicateCount: number;
  /** Lines that hold no digest. */
  unreadable: readonly Unreadable[];
  unreadableCount: number;
  /** Files that could not be read. */
  problems: { path: string; message: string }[];
  /** Of a table: its columns, and which are read. */
  table?: { kind: TableKind; choice: TableChoice; text: string };
  /** A file that was read as a list, and may have been meant as a file. */
  listFile?: File;
}

export interface IntakeDeps {
  fingerprintFiles: typeof fingerprintFiles;
}

export type Intake = ReturnType<typeof createIntake>;

/** Takes files, folders, lists and pasted digests, and makes rows of them. Nothing leaves the page. */
export function createIntake(deps: IntakeDeps) {
  const draft = signal<Draft | undefined>(undefined);
  const rows = computed(() => (draft.value?.state === 'ready' ? draft.value.rows : []));
  const table = createTable(rows, rows);
  let current: AbortController | undefined;

  /** Runs one way of reading; a newer one, or the user, ends it. */
  async function take(name: string, read: (signal: AbortSignal) => Promise<ReadyDraft>): Promise<void> {
    current?.abort(new DOMException('replaced', 'AbortError'));
    const mine = new AbortController();
    current = mine;
    table.reset();
    try {
      const ready = await read(mine.signal);
      if (!mine.signal.aborted) draft.value = ready;
    } catch (error) {
      if (!mine.signal.aborted) draft.value = { state: 'failed', name, problem: toErrorData(error) };
    }
  }

  async function hashFiles(
    files: AsyncIterable<FoundFile> | Iterable<FoundFile>,
    signal: AbortSignal,
  ): Promise<ReadyDraft> {
    const paths: string[] = [];
    const sizes: number[] = [];
    const digests: (string | undefined)[] = [];
    const problems: ReadyDraft['problems'] = [];
    const progress = { state: 'hashing' as const, found: 0, hashed: 0, bytes: 0 };
    draft.value = { ...progress };
    let isDrawn = false;
    // Thousands of small files a second: the page draws what it can.
    const draw = () => {
      if (isDrawn) return;
      isDrawn = true;
      requestAnimationFrame(() => {
        isDrawn = false;
        if (!signal.aborted && draft.peek()?.state === 'hashing') draft.value = { ...progress };
      });
    };
    async function* named(): AsyncGenerator<File> {
      for await (const { file, path } of files) {
        paths.push(path);
        sizes.push(file.size);
        progress.found += 1;
        draw();
        yield file;
      }
    }
    await deps.fingerprintFiles(named(), {
      signal,
      onProgress(bytes) {
        progress.bytes = bytes;
        draw();
      },
      onResult({ index, fingerprint, problem }) {
        progress.hashed += 1;
        digests[index] = fingerprint?.digest;
        if (problem) problems.push({ path: paths[index] ?? '', message: problem.message });
        draw();
      },
    });
    const into = createRowCollector();
    for (const [index, digest] of digests.entries()) {
      if (digest) into.add({ digest, name: paths[index] ?? '', sizeBytes: sizes[index] ?? 0 });
    }
    const [only] = paths;
    const name =
      paths.length === 1
        ? (only ?? '')
        : `${commonFolder(paths) ?? 'Files'} (${paths.length.toLocaleString('en')})`;
    return finish(name, into, { problems });
  }

  async function readListText(
    name: string,
    text: string,
    signal: AbortSignal,
    listFile?: File,
  ): Promise<ReadyDraft> {
    const kind = sniffList(text);
    const more = listFile ? { listFile } : {};
    if (kind.kind === 'table') return readTableText(name, text, { kind, choice: kind }, signal, more);
    if (kind.kind === 'neither') {
      throw new HashmarkError(
        'no-digests',
        `There is no digest of SHA-256 in ${name}. Expected one a line (64 hex digits, with or without a name), or a table with a column of them.`,
      );
    }
    const into = createRowCollector();
    await readLines(text, into, signal);
    return finish(name, into, more);
  }

  async function readTableText(
    name: string,
    text: string,
    { kind, choice }: { kind: TableKind; choice: TableChoice },
    signal: AbortSignal,
    more: Partial<ReadyDraft> = {},
  ): Promise<ReadyDraft> {
    const { digestColumn, nameColumn, hasHeading } = choice;
    const into = createRowCollector();
    await readTable(text, choice, into, signal);
    return finish(name, into, {
      ...more,
      table: { kind, text, choice: { digestColumn, nameColumn, hasHeading } },
    });
  }

  const readFile = (file: File) =>
    take(file.name, async (signal) => {
      draft.value = { state: 'reading', name: file.name };
      return readListText(file.name, await readText(file), signal, file);
    });

  const hash = (files: AsyncIterable<FoundFile> | Iterable<FoundFile>) =>
    take('These files', (signal) => hashFiles(files, signal));

  return {
    draft,
    table,

    /** Files that were chosen or dropped. One file alone that is a list of digests is read as one. */
    async takeFiles(files: readonly FoundFile[]): Promise<void> {
      const [first, ...others] = files;
      if (!first) return;
      if (others.length === 0 && (await looksLikeList(first.file))) return readFile(first.file);
      return hash(files);
    },
    /** Folders that were dropped: their files are looked for while the first are hashed. */
    takeFound: (files: AsyncIterable<FoundFile>) => hash(files),
    takeList: readFile,
    takeText: (text: string) =>
      take('What you pasted', async (signal) => {
        draft.value = { state: 'reading', name: 'what you pasted' };
        return { ...(await readListText('what you pasted', text, signal)), name: 'Pasted digests' };
      }),
    /** The list is a file like any other. */
    hashListFile() {
      const now = draft.peek();
      if (now?.state === 'ready' && now.listFile)
        void hash([{ file: now.listFile, path: now.listFile.name }]);
    },
    /** Reads other columns of the table. */
    choose(change: Partial<TableChoice>) {
      const now = draft.peek();
      if (now?.state !== 'ready' || !now.table) return;
      const { name, table: read, listFile } = now;
      const choice = { ...read.choice, ...change };
      void take(name, (signal) =>
        readTableText(name, read.text, { kind: read.kind, choice }, signal, listFile ? { listFile } : {}),
      );
    },
    discard() {
      current?.abort(new DOMException('discarded', 'AbortError'));
      draft.value = undefined;
    },
  };
}

function finish(
  name: string,
  into: ReturnType<typeof createRowCollector>,
  more: Partial<ReadyDraft>,
): ReadyDraft {
  const { duplicateCount, unreadable, unreadableCount } = into;
  const rows = into.rows.map((row: NewRow): BulkRow => ({ ...row, state: 'queued' }));
  return { state: 'ready', name, rows, duplicateCount, unreadable, unreadableCount, problems: [], ...more };
}

async function looksLikeList(file: File): Promise<boolean> {
  try {
    const beginning = await readBeginning(file);
    return beginning !== undefined && sniffList(beginning).kind !== 'neither';
  } catch {
    return false; // It cannot be read: hashing it will say so.
  }
}

/** The folder that all of them are in. */
function commonFolder(paths: readonly string[]): string | undefined {
  const [first = ''] = paths;
  const folder = first.slice(0, first.indexOf('/'));
  return folder !== '' && paths.every((path) => path.startsWith(`${folder}/`)) ? folder : undefined;
}
