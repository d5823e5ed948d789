import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { HashmarkError } from '../shared/errors.ts';
import { explainFolderError } from './make-folder.ts';

/**
 * Writes a file so that a reader, or a power cut, meets the old content or the new one and nothing between.
 * @param mode POSIX permissions of the new file, for instance `0o600`.
 * @throws HashmarkError `file-unwritable`, with the system's error as its cause; the old content stands.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array, mode: number): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    // Left by a process of the same number that was killed. Whatever else is in the way, a link above all, is not followed.
    rmSync(temporary, { force: true });
    const file = openSync(temporary, 'wx', mode);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    syncFolder(dirname(path));
  } catch (cause) {
    if (existsSync(temporary)) rmSync(temporary);
    throw new HashmarkError(
      'file-unwritable',
      `${path} could not be written: ${explainFolderError(cause)}. Make room or give access there, then try again.`,
      { data: { path }, cause },
    );
  }
}

/** Makes a rename in this folder durable: it is so only once the folder is. Windows has no such call, and needs none. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
