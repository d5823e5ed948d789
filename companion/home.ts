import { chmodSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import envPaths from 'env-paths';
import * as v from 'valibot';

import { HashmarkError } from '../shared/errors.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { lockFile } from './file-lock.ts';
import { explainFolderError, makeWritableFolder } from './make-folder.ts';

/** The folder that holds everything one companion knows, taken for this process alone. */
export interface Home {
  readonly folder: string;
  readonly vaultPath: string;
  readonly ledgerPath: string;
  readonly contentFolder: string;
  readonly chainFolder: string;
  /** What the local chain is rebuilt from: with the vault, the one file that no stamp can do without. */
  readonly journalPath: string;
  /** The public chains and their wallets. */
  readonly chainBookPath: string;
  /** Tells the other verbs where this companion listens. */
  announce(url: string): void;
  /** Withdraws the announcement and gives the folder free. */
  release(): void;
}

/** What a running companion says about itself to whoever may read its home. */
export interface RunningCompanion {
  url: string;
  pid: number;
}

/** Only the user may look into the home: it holds the vault. */
const folderMode = 0o700;
const announcementMode = 0o600;
const runningCompanion = v.object({ url: v.pipe(v.string(), v.url()), pid: v.number() });

/**
 * The folder a verb works on: its `--home`, or `HASHMARK_HOME`, or the platform's folder for application data.
 * @returns an absolute path; nothing is created.
 */
export function findHome(option: string | undefined): string {
  return resolve(option || process.env.HASHMARK_HOME || envPaths('hashmark', { suffix: '' }).data);
}

/**
 * Creates the home when it is missing and locks it.
 * @throws HashmarkError `home-unwritable` when the folder cannot be used, `home-in-use` when another companion has it.
 */
export function openHome(folder: string): Home {
  prepareHome(folder);
  const unlock = lock(folder);
  const contentFolder = join(folder, 'content');
  const chainFolder = join(folder, 'chain');
  for (const path of [contentFolder, chainFolder]) mkdirSync(path, { recursive: true, mode: folderMode });
  return {
    folder,
    vaultPath: join(folder, 'vault.json'),
    ledgerPath: join(folder, 'ledger.sqlite'),
    contentFolder,
    chainFolder,
    journalPath: join(chainFolder, 'journal.sqlite'),
    chainBookPath: chainBookPath(folder),
    announce(url) {
      const running: RunningCompanion = { url, pid: process.pid };
      writeFileAtomically(announcementPath(folder), `${JSON.stringify(running)}\n`, announcementMode);
    },
    release() {
      rmSync(announcementPath(folder), { force: true });
      unlock();
    },
  };
}

/** What the last companion on this home announced. It may have died since: only an answer proves that it lives. */
export function readAnnouncement(folder: string): RunningCompanion | undefined {
  try {
    return v.parse(runningCompanion, JSON.parse(readFileSync(announcementPath(folder), 'utf8')));
  } catch {
    return undefined; // Absent or half a file of some other program: either way nothing was announced.
  }
}

/** Where a home keeps its public chains and their wallets; the verbs write there too, beside a running companion. */
export function chainBookPath(folder: string): string {
  return join(folder, 'chains.json');
}

function announcementPath(folder: string): string {
  return join(folder, 'companion.json');
}

/** Makes the folder of a home, for the user alone. @throws HashmarkError `home-unwritable`. */
export function prepareHome(folder: string): void {
  try {
    makeWritableFolder(folder, folderMode);
    if (process.platform !== 'win32') chmodSync(folder, folderMode);
  } catch (cause) {
    throw new HashmarkError(
      'home-unwritable',
      `Hashmark cannot write to its home ${folder}: ${explainFolderError(cause)}. Choose another folder with --home or HASHMARK_HOME.`,
      { data: { folder }, cause },
    );
  }
}

function lock(folder: string): () => void {
  try {
    return lockFile(join(folder, 'lock.sqlite'));
  } catch (cause) {
    if (!(cause instanceof HashmarkError)) {
      throw new HashmarkError(
        'home-unwritable',
        `Hashmark cannot lock its home ${folder}: ${explainFolderError(cause)}. Choose another folder with --home or HASHMARK_HOME.`,
        { data: { folder }, cause },
      );
    }
    const running = readAnnouncement(folder);
    const who = running
      ? `Another companion (process ${running.pid}, ${running.url}) uses`
      : 'Another companion uses';
    throw new HashmarkError(
      'home-in-use',
      `${who} ${folder}. Use that one, stop it first, or choose another folder with --home.`,
      { data: { folder }, cause },
    );
  }
}
