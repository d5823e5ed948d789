import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { explainFileError } from '../fingerprint/file-errors.ts';
import { type Io, plain } from './io.ts';

/** One file that a verb works on. */
export interface FoundFile {
  path: string;
  /** Found in a folder, and not named by the user. */
  isFromFolder: boolean;
}

/**
 * The files that are meant by paths: each file itself, and for a folder every file in it and in the folders below, hidden ones
 * included, sorted by name. Links in a folder are not followed, so that the walk stays in it and ends; pipes, sockets and
 * devices are passed over. What is not there is given back as it is: reading it says why.
 *
 * Says how many files each folder has.
 * @throws HashmarkError `file-unreadable` for a folder that cannot be listed; the reason of an aborted signal.
 */
export async function findFiles(verb: string, paths: readonly string[], io: Io): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  for (const path of paths) {
    if (!(await isFolder(path))) {
      found.push({ path, isFromFolder: false });
      continue;
    }
    const before = found.length;
    for await (const file of walk(path)) {
      io.signal.throwIfAborted();
      found.push({ path: file, isFromFolder: true });
      io.progress(`Looking for files: ${found.length}`);
    }
    io.progress();
    const count = found.length - before;
    io.say(`hashmark ${verb}: ${count} ${count === 1 ? 'file' : 'files'} in ${plain(path)}`);
  }
  return found;
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function* walk(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause) => {
    throw explainFileError(cause, folder);
  });
  // By code unit: the same everywhere, whatever the language of the machine.
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* walk(path);
    else if (entry.isFile()) yield path;
  }
}
