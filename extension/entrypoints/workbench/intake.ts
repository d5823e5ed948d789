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
import type { Hashing } from '../../ui/hashing.ts';
import { createTable } from './table.ts';

type TableKind = Extract<ListKind, { kind: 'table' }>;

/** What was given to be stamped, before it is. */
type Draft =
  /** Sizes are those of the files found so far. */
  | ({ state: 'hashing'; found: number; hashed: number } & Hashing)
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
  /** Of a list: where it was read from. */
  source?: ListSource;
}

/** Where a list of digests comes from. */
export type ListSource =
  /** The file may have been meant to be stamped itself. */
  | { kind: 'file'; file: File }
  /** Pasted, dropped or typed. */
  | { kind: 'text'; lineCount: number; sizeBytes: number };

/** From so many characters on, text is not put into the field: laying out megabytes would hold the page for seconds. */
export const largeTextCharacters = 64 * 1024;
/** A speed is told after this long: before, it says more about the start than about the rest. */
const steadyAfterMs = 2000;

export interface IntakeDeps {
  fingerprintFiles: typeof fingerprintFiles;
}

/** Takes files, folders, lists and pasted digests, and makes rows of them. Nothing leaves the page. */
export function createIntake(deps: IntakeDeps) {
  const draft = signal<Draft | undefined>(undefined);
  /** What is in the field for digests. It outlives the draft that is made of it. */
  const text = signal('');
  /** What the user just discarded, and may want back. */
  const discarded = signal<ReadyDraft | undefined>(undefined);
  const rows = computed(() => (draft.value?.state === 'ready' ? draft.value.rows : []));
  const table = createTable(rows, rows);
  let current: AbortController | undefined;

  /** Runs one way of reading; a newer one, or the user, ends it. */
  async function take(name: string, read: (signal: AbortSignal) => Promise<ReadyDraft>): Promise<void> {
    current?.abort(new DOMException('replaced', 'AbortError'));
    const mine = new AbortController();
    current = mine;
    discarded.value = undefined;
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
    const hashes: (Pick<NewRow, 'digest' | 'hashedBy'> | undefined)[] = [];
    const problems: ReadyDraft['problems'] = [];
    const progress: Draft & { state: 'hashing' } = {
      state: 'hashing',
      found: 0,
      hashed: 0,
      bytesDone: 0,
      sizeBytes: 0,
    };
    const startedMs = performance.now();
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
        progress.sizeBytes += file.size;
        draw();
        yield file;
      }
    }
    await deps.fingerprintFiles(named(), {
      signal,
      onProgress(bytesDone, hashedBy) {
        const passedMs = performance.now() - startedMs;
        progress.bytesDone = bytesDone;
        if (hashedBy) progress.hashedBy = hashedBy;
        if (passedMs >= steadyAfterMs) progress.bytesPerSecond = (1000 * bytesDone) / passedMs;
        draw();
      },
      onResult({ index, fingerprint, hashedBy, problem }) {
        progress.hashed += 1;
        if (fingerprint) hashes[index] = { digest: fingerprint.digest, ...(hashedBy ? { hashedBy } : {}) };
        if (problem) problems.push({ path: paths[index] ?? '', message: problem.message });
        draw();
      },
    });
    const into = createRowCollector();
    for (const [index, hash] of hashes.entries()) {
      if (hash) into.add({ ...hash, name: paths[index] ?? '', sizeBytes: sizes[index] ?? 0 });
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
    source: ListSource,
  ): Promise<ReadyDraft> {
    const kind = sniffList(text);
    if (kind.kind === 'table') return readTableText(name, text, { kind, choice: kind }, signal, source);
    if (kind.kind === 'neither') {
      throw new HashmarkError(
        'no-digests',
        `There is no digest of SHA-256 in ${name}. Expected one a line (64 hex digits, with or without a name), or a table with a column of them.`,
      );
    }
    const into = createRowCollector();
    await readLines(text, into, signal);
    return finish(name, into, { source });
  }

  async function readTableText(
    name: string,
    text: string,
    { kind, choice }: { kind: TableKind; choice: TableChoice },
    signal: AbortSignal,
    source: ListSource,
  ): Promise<ReadyDraft> {
    const { digestColumn, nameColumn, hasHeading } = choice;
    const into = createRowCollector();
    await readTable(text, choice, into, signal);
    return finish(name, into, {
      source,
      table: { kind, text, choice: { digestColumn, nameColumn, hasHeading } },
    });
  }

  const readFile = (file: File) =>
    take(file.name, async (signal) => {
      draft.value = { state: 'reading', name: file.name };
      return readListText(file.name, await readText(file), signal, { kind: 'file', file });
    });

  const takeText = (given: string) =>
    take('What you pasted', async (signal) => {
      draft.value = { state: 'reading', name: 'what you pasted' };
      const source = { kind: 'text', ...(await measureText(given, signal)) } as const;
      return { ...(await readListText('what you pasted', given, signal, source)), name: 'Pasted digests' };
    });

  const hash = (files: AsyncIterable<FoundFile> | Iterable<FoundFile>) =>
    take('These files', (signal) => hashFiles(files, signal));

  function reset(): void {
    current?.abort(new DOMException('discarded', 'AbortError'));
    draft.value = undefined;
  }

  return {
    draft,
    table,
    text,
    discarded,

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
    takeText,
    takeField: () => takeText(text.peek()),
    /** The list is a file like any other. */
    hashListFile() {
      const now = draft.peek();
      if (now?.state !== 'ready' || now.source?.kind !== 'file') return;
      const { file } = now.source;
      void hash([{ file, path: file.name }]);
    },
    /** Reads other columns of the table. */
    choose(change: Partial<TableChoice>) {
      const now = draft.peek();
      if (now?.state !== 'ready' || !now.table || !now.source) return;
      const { name, table: read, source } = now;
      const choice = { ...read.choice, ...change };
      void take(name, (signal) =>
        readTableText(name, read.text, { kind: read.kind, choice }, signal, source),
      );
    },
    /** Takes back what was given; what was read of it can be had again by {@link undoDiscard}. */
    discard() {
      const now = draft.peek();
      reset();
      discarded.value = now?.state === 'ready' ? now : undefined;
    },
    undoDiscard() {
      draft.value = discarded.peek();
      discarded.value = undefined;
    },
    closeUndo() {
      discarded.value = undefined;
    },
    /** What was given is handed over: the field is free for the next. */
    finish() {
      const now = draft.peek();
      if (now?.state === 'ready' && now.source?.kind === 'text') text.value = '';
      reset();
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

/** Characters looked at before the page gets its turn: a few milliseconds. */
const pieceCharacters = 256 * 1024;

/** Lines of a text, and its bytes in UTF-8. It pauses first: taking a large paste has held the page for long enough. */
async function measureText(
  text: string,
  signal: AbortSignal,
): Promise<{ lineCount: number; sizeBytes: number }> {
  // A line feed at the end begins no further line.
  let lineCount = text === '' || text.endsWith('\n') ? 0 : 1;
  let sizeBytes = 0;
  for (let from = 0; from < text.length; from += pieceCharacters) {
    await new Promise((resolve) => setTimeout(resolve));
    signal.throwIfAborted();
    const piece = text.slice(from, from + pieceCharacters);
    sizeBytes += new Blob([piece]).size;
    for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', at + 1)) lineCount += 1;
  }
  return { lineCount, sizeBytes };
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
