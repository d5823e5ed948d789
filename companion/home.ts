import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
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
 * @throws HashmarkError as {@link prepareHome}, `vault-missing` when the home has lost its keys, `home-in-use` when another
 * companion has it, `lock-damaged`.
 */
export function openHome(folder: string): Home {
  const contentFolder = join(folder, 'content');
  const chainFolder = join(folder, 'chain');
  const paths = {
    vaultPath: join(folder, 'vault.json'),
    ledgerPath: join(folder, 'ledger.sqlite'),
    journalPath: join(chainFolder, 'journal.sqlite'),
  };
  prepareHome(folder);
  requireVault(folder, paths);
  const unlock = lock(folder);
  for (const path of [contentFolder, chainFolder]) mkdirSync(path, { recursive: true, mode: folderMode });
  return {
    folder,
    ...paths,
    contentFolder,
    chainFolder,
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

/** What lies in a home, with what SQLite, a lock or a write under way puts beside it. */
const ownName = /^(content|chain|(vault|chains|settings|companion)\.json|(ledger|lock)\.sqlite)([.-].*)?$/;

/** Whether a folder with these names in it is a home, or may become one. A backup may have put more beside a vault. */
function isOurs(names: readonly string[]): boolean {
  return (
    names.includes('vault.json') ||
    names.includes('ledger.sqlite') ||
    names.every((name) => ownName.test(name))
  );
}

/**
 * Makes the folder of a home, for the user alone; a home that others may look into is closed again. A folder that is no home
 * yet keeps its mode, whoever made it has a use for it.
 * @throws HashmarkError `home-unwritable`; `home-foreign` for a folder with other things in it, and for one that is empty and
 * where others may write.
 */
export function prepareHome(folder: string): void {
  try {
    const isNew = !existsSync(folder);
    makeWritableFolder(folder, folderMode);
    const names = readdirSync(folder);
    if (!isOurs(names)) throw foreign(folder, 'holds other files, and nothing of Hashmark');
    // Windows has no such modes; and a file system without them gives a new folder any.
    if (process.platform === 'win32' || isNew) return;
    const { mode } = statSync(folder);
    if (names.length === 0 && (mode & 0o022) !== 0)
      throw foreign(folder, 'is open to others, who may write there');
    if (names.length > 0 && (mode & 0o077) !== 0) chmodSync(folder, folderMode);
  } catch (cause) {
    if (cause instanceof HashmarkError) throw cause;
    throw new HashmarkError(
      'home-unwritable',
      `Hashmark cannot write to its home ${folder}: ${explainFolderError(cause)}. Choose another folder with --home or HASHMARK_HOME.`,
      { data: { folder }, cause },
    );
  }
}

function foreign(folder: string, why: string): HashmarkError {
  return new HashmarkError(
    'home-foreign',
    `${folder} cannot be a home: it ${why}. Nothing was changed there. Name a folder of its own, which is made when it is missing: --home ${join(folder, 'hashmark')}`,
    { data: { folder } },
  );
}

/** New keys in the place of lost ones would make another account and another chain, beside a ledger that tells of the old ones. */
function requireVault(
  folder: string,
  { vaultPath, ledgerPath, journalPath }: Pick<Home, 'vaultPath' | 'ledgerPath' | 'journalPath'>,
): void {
  const madeWithIt = [ledgerPath, journalPath].find((path) => existsSync(path));
  if (existsSync(vaultPath) || madeWithIt === undefined) return;
  throw new HashmarkError(
    'vault-missing',
    `${vaultPath} is missing, and ${madeWithIt} was made with its keys: that of the wallet which writes to the local chain, those of the account, and those of the pairings. Put it back from a backup. To begin anew with other keys, move ${folder} away first. Nothing was changed there.`,
    { data: { path: vaultPath } },
  );
}

function lock(folder: string): () => void {
  try {
    return lockFile(join(folder, 'lock.sqlite'));
  } catch (cause) {
    if (cause instanceof HashmarkError && cause.code !== 'file-locked') throw cause;
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
