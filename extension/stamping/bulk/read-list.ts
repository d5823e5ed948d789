import Papa from 'papaparse';

import { HashmarkError } from '../../../shared/errors.ts';
import { lineEnd, readDigestLine } from '../../../shared/evidence/digest-line.ts';
import { createTimeSlices } from '../../verifying/in-page/time-slices.ts';
import type { RowCollector } from './row-collector.ts';

/** A list of 400,000 digests with long names has a quarter of it. */
const maxListBytes = 256 * 1024 * 1024;
/** What the kind of a text is told by. */
const sniffedCharacters = 64 * 1024;
const sniffedRecords = 200;

/** A column of a table, for the user to choose from. */
export interface Column {
  index: number;
  /** Its heading, or its place. */
  label: string;
  /** A value, cut. */
  sample: string;
  /** How many of the first records hold a digest there. */
  digestCount: number;
}

/** What a text turns out to be. */
export type ListKind =
  /** One digest a line, as `sha256sum` writes it. */
  | { kind: 'lines' }
  | {
      kind: 'table';
      columns: Column[];
      hasHeading: boolean;
      digestColumn: number;
      nameColumn: number | undefined;
    }
  | { kind: 'neither' };

/** Which columns of a table are read. */
export interface TableChoice {
  digestColumn: number;
  nameColumn: number | undefined;
  hasHeading: boolean;
}

/**
 * The text of a file. Windows writes lists in UTF-16; everything else is UTF-8, with a byte order mark or without.
 * @throws HashmarkError `list-too-large`.
 */
export async function readText(file: Blob): Promise<string> {
  if (file.size > maxListBytes) {
    throw new HashmarkError(
      'list-too-large',
      `This list has ${file.size} bytes, expected at most ${maxListBytes}. Split it, or use \`hashmark stamp --list\`.`,
    );
  }
  return withLineFeeds(new TextDecoder(await encodingOf(file)).decode(await file.arrayBuffer()));
}

/** The beginning of a file as text, or undefined when it holds no text. */
export async function readBeginning(file: Blob): Promise<string | undefined> {
  const encoding = await encodingOf(file);
  const beginning = file.slice(0, encoding === 'utf-8' ? sniffedCharacters : 2 * sniffedCharacters);
  const text = new TextDecoder(encoding).decode(await beginning.arrayBuffer());
  const [first = ''] = text.split(lineEnd, 1);
  const isText = !text.includes('\0') || readDigestLine(first).kind === 'digest';
  return isText ? withLineFeeds(text) : undefined;
}

/** `sha256sum -z` ends its lines with NUL. */
function withLineFeeds(text: string): string {
  return text.replaceAll('\0', '\n');
}

async function encodingOf(file: Blob): Promise<string> {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
}

/** Tells lines of digests from a table, by the beginning of the text. */
export function sniffList(text: string): ListKind {
  const lines = text.slice(0, sniffedCharacters).split('\n').slice(0, sniffedRecords);
  // The last may be cut in its middle.
  const kinds = (text.length > sniffedCharacters ? lines.slice(0, -1) : lines).map(
    (line) => readDigestLine(line).kind,
  );
  const digests = kinds.filter((kind) => kind === 'digest').length;
  if (digests > 0 && digests >= kinds.filter((kind) => kind === 'unreadable').length)
    return { kind: 'lines' };
  return sniffTable(text.slice(0, sniffedCharacters));
}

function sniffTable(text: string): ListKind {
  const { data } = Papa.parse<string[]>(text, { preview: sniffedRecords, skipEmptyLines: 'greedy' });
  const width = Math.min(Math.max(0, ...data.map((record) => record.length)), 100);
  const isDigestAt = (record: string[] | undefined, index: number) => toDigest(record?.[index]) !== undefined;
  const counts = Array.from(
    { length: width },
    (_, index) => data.filter((record) => isDigestAt(record, index)).length,
  );
  const most = Math.max(0, ...counts);
  if (most === 0) return { kind: 'neither' };
  const digestColumn = counts.indexOf(most);
  const [first, second] = data;
  const hasHeading = !isDigestAt(first, digestColumn);
  const columns = counts.map(
    (digestCount, index): Column => ({
      index,
      label: (hasHeading && first?.[index]?.trim().slice(0, 40)) || `Column ${index + 1}`,
      sample: (hasHeading ? second : first)?.[index]?.slice(0, 24) ?? '',
      digestCount,
    }),
  );
  const nameColumn = columns.find(
    ({ index, label }) => index !== digestColumn && /name|file|path|title/i.test(label),
  );
  return { kind: 'table', columns, hasHeading, digestColumn, nameColumn: nameColumn?.index };
}

/** Reads lines of digests, a slice of time after the other, so that the page stays alive meanwhile. */
export async function readLines(text: string, into: RowCollector, signal: AbortSignal): Promise<void> {
  const slices = createTimeSlices();
  let number = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf('\n', from);
    const line = text.slice(from, end < 0 ? text.length : end);
    from = end < 0 ? text.length : end + 1;
    number += 1;
    const read = readDigestLine(line);
    if (read.kind === 'end') return;
    if (read.kind === 'digest') into.add({ digest: read.digest, name: read.name });
    if (read.kind === 'unreadable') into.addUnreadable(number, line);
    if (slices.isOver()) {
      await slices.pause();
      signal.throwIfAborted();
    }
  }
}

/** Characters parsed before the page gets its turn: a few milliseconds. */
const chunkCharacters = 256 * 1024;

/** Reads the chosen columns of a table (comma, semicolon or tab, quoted or not). */
export function readTable(
  text: string,
  choice: TableChoice,
  into: RowCollector,
  signal: AbortSignal,
): Promise<void> {
  let record = 0;
  return new Promise((resolve, reject) => {
    const config: Papa.ParseLocalConfig<string[], File> = {
      chunkSize: chunkCharacters,
      skipEmptyLines: 'greedy',
      chunk({ data }, parser) {
        try {
          signal.throwIfAborted();
          for (const fields of data) {
            record += 1;
            if (record === 1 && choice.hasHeading) continue;
            const digest = toDigest(fields[choice.digestColumn]);
            const name = choice.nameColumn === undefined ? '' : (fields[choice.nameColumn] ?? '');
            if (digest) into.add({ digest, name });
            else into.addUnreadable(record, fields.join(', '));
          }
        } catch (error) {
          parser.abort();
          reject(error);
          return;
        }
        parser.pause();
        setTimeout(() => parser.resume());
      },
      complete: () => resolve(),
    };
    // A string is taken in pieces too; the types know that of files only.
    Papa.parse(text as string | File, config as never);
  });
}

function toDigest(field: string | undefined): string | undefined {
  const read = /^\s*(?:0x)?([0-9a-f]{64})\s*$/i.exec(field ?? '');
  return read?.[1]?.toLowerCase();
}
