import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it. Step by step, because Node's `recursive` never returns below a folder that exists
 * and still answers ENOENT to every new name, as /proc does.
 * @param mode of each folder that is made; the others stay as they are.
 * @throws what the system says: an error with a `code`.
 */
export function makeFolder(folder: string, mode = 0o777): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder), mode);
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    // Somebody else made it at the same time: whether it serves is seen when it is used.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** As {@link makeFolder}, and makes sure that files can be written there. @throws also when the path is no folder. */
export function makeWritableFolder(folder: string, mode?: number): void {
  makeFolder(folder, mode);
  if (!statSync(folder).isDirectory()) throw new Error('a file is in the way');
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
}

/** Why a folder could not be made or used: words that fit behind a colon. */
export function explainFolderError(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  switch (code) {
    case 'EEXIST':
    case 'ENOTDIR':
      return 'a file is in the way';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EROFS':
      return 'the file system is read-only';
    case 'ENOENT':
      return 'no folder can be made there';
    case 'ENOSPC':
      return 'the disk is full';
    case 'ENAMETOOLONG':
      return 'its name is too long';
    default:
      return message ?? String(error);
  }
}
