import { createReadStream } from 'node:fs';
import { addAbortSignal, type Readable } from 'node:stream';

import { readDigestLine } from '../../shared/evidence/digest-line.ts';
import { explainFileError } from '../fingerprint/file-errors.ts';
import { readLines } from './lines.ts';
import { createSpool } from './spool.ts';

/** One digest of a list. */
export interface ListedDigest {
  /** Where it stands, from 1. */
  line: number;
  /** 64 lower-case hex digits. */
  digest: string;
  /** The file's name as the list has it; empty for a digest alone. */
  name: string;
}

/** A list that was read to its end. It is kept in a file: a list of millions takes no memory. */
export interface DigestList {
  /** How many digests it has, repeated ones included. */
  readonly count: number;
  /** The first {@link maxNamedLines} lines that are neither a digest nor a comment. */
  readonly badLines: readonly BadLine[];
  readonly badCount: number;
  /** In the order of the list. */
  read(): AsyncGenerator<ListedDigest>;
  /** Removes what it kept. */
  close(): Promise<void>;
}

/** A line that is neither a digest nor a comment. */
export interface BadLine {
  line: number;
  /** Its beginning. */
  text: string;
}

/** Naming every line of a file that is no list at all would help nobody. */
const maxNamedLines = 20;
const shownCharacters = 60;

/**
 * Reads a list of digests: `sha256sum` in both of its formats, BSD and OpenSSL tags, digests alone; comments and blank lines
 * are allowed.
 *
 * @param source a path (also of a pipe, which can be read only once), or `-` for `stdin`
 * @throws HashmarkError `file-not-found`, `not-a-file` or `file-unreadable`; the reason of an aborted `signal`.
 */
export async function openDigestList(
  source: string,
  stdin: Readable,
  signal: AbortSignal,
): Promise<DigestList> {
  const spool = await createSpool<ListedDigest>();
  const badLines: BadLine[] = [];
  let badCount = 0;
  let line = 0;
  try {
    const stream = source === '-' ? stdin : createReadStream(source);
    for await (const text of readLines(addAbortSignal(signal, stream))) {
      line += 1;
      const read = readDigestLine(text);
      if (read.kind === 'end') break;
      if (read.kind === 'digest') await spool.add({ line, digest: read.digest, name: read.name });
      if (read.kind !== 'unreadable') continue;
      badCount += 1;
      if (badLines.length < maxNamedLines) badLines.push({ line, text: text.slice(0, shownCharacters) });
    }
  } catch (cause) {
    await spool.close();
    signal.throwIfAborted();
    throw explainFileError(cause, source);
  }
  return {
    count: spool.count,
    badLines,
    badCount,
    read: () => spool.read(),
    close: () => spool.close(),
  };
}
