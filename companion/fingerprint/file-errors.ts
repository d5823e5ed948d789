import type { Stats } from 'node:fs';

import { HashmarkError } from '../../shared/errors.ts';

/**
 * What went wrong with a file, as a sentence for people: `file-not-found`, `not-a-file` or `file-unreadable`, with the path in
 * `data`. Everything that is no system error (an abort) comes back unchanged.
 */
export function explainFileError(error: unknown, path: string): unknown {
  const systemCode = error instanceof Error && 'code' in error ? error.code : undefined;
  const because = (code: string, message: string) =>
    new HashmarkError(code, message, { data: { path }, cause: error });
  switch (systemCode) {
    case 'ENOENT':
    case 'ENOTDIR':
      return because('file-not-found', `“${path}” does not exist. Check the spelling of the path.`);
    case 'EISDIR':
      return folderError(path, error);
    case 'EACCES':
    case 'EPERM':
    case 'EIO':
    case 'EMFILE':
    case 'ELOOP':
    case 'ENXIO':
    case 'ENAMETOOLONG':
      return because(
        'file-unreadable',
        `“${path}” could not be read (${systemCode}). Make sure that you may read it, then try again.`,
      );
    default:
      return error;
  }
}

/**
 * @throws HashmarkError `not-a-file` for a folder, `special-file` for what need not end and does not show that it changed, both
 * with the path in `data`.
 */
export function requireRegularFile(stats: Stats, path: string): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw folderError(path);
  throw new HashmarkError(
    'special-file',
    `“${path}” is ${stats.isFIFO() ? 'a pipe' : 'a device'}, not a file. Save what comes from it as a file, and name that.`,
    { data: { path } },
  );
}

function folderError(path: string, cause?: unknown): HashmarkError {
  return new HashmarkError('not-a-file', `“${path}” is a folder. Name the files in it.`, {
    data: { path },
    cause,
  });
}
