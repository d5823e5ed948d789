import type { StampLog } from '../../shared/evidence/chain-reader.ts';
import type { IssuerWindow } from '../../shared/evidence/read-issuer.ts';
import type { Coverage, ResolvedValue, VerifiedContent } from '../../shared/evidence/resolve-value.ts';
import type { IssuerProgress, MirrorDatabase, StoredLog, StoredValue } from './mirror-db.ts';

/** A stamp that covers a hash, without its issuer's description. */
export interface FoundStamp {
  log: StoredLog;
  path: string[];
}

/**
 * A group that is stamped after every upload covers its files again and again: the earliest stamps of an issuer are enough.
 * Those of another say nothing once the user trusts it no more.
 */
const pathsPerIssuer = 16;

const firstRetryMs = 5_000;
const lastRetryMs = 60 * 60_000;

/** What the mirror keeps, and the only place that touches its database. Every method is one transaction. */
export interface MirrorStore {
  progress(issuerKey: string): Promise<IssuerProgress | undefined>;
  saveProgress(progress: IssuerProgress): Promise<void>;
  /** Replaces what was known of the window's blocks, and notes where to go on. Returns how many logs are new. */
  saveWindow(issuerKey: string, window: IssuerWindow): Promise<number>;
  /** Drops one log that the chain no longer holds, and has its neighbourhood read again. */
  forgetLog(issuerKey: string, log: StampLog, overlapBlocks: number): Promise<void>;
  /** Values whose content is to be fetched now. */
  dueValues(issuerKey: string, nowMs: number): Promise<string[]>;
  /** Keeps what a value stands for, or when to try again. */
  saveResolved(issuerKey: string, resolved: ResolvedValue, nowMs: number): Promise<void>;
  /** Values whose members are not known though they might be, with the reason of one of them. */
  openValues(issuerKey: string): Promise<{ count: number; detail: string }>;
  stampCount(issuerKey: string): Promise<number>;
  /** All hashes in one transaction. */
  find(hashes: readonly string[]): Promise<Map<string, FoundStamp[]>>;
  content(cid: string): Promise<VerifiedContent | undefined>;
  /** Drops every issuer that is not named. Returns whether there was one. */
  keepOnly(issuerKeys: ReadonlySet<string>): Promise<boolean>;
}

/** A store over an open database. */
export function createMirrorStore(database: MirrorDatabase): MirrorStore {
  return {
    progress: (issuerKey) => database.get('issuers', issuerKey),
    async saveProgress(progress) {
      await database.put('issuers', progress);
    },

    async saveWindow(issuerKey, window) {
      const transaction = database.transaction(['issuers', 'logs', 'values', 'coverage'], 'readwrite');
      const logs = transaction.objectStore('logs');
      const range = IDBKeyRange.bound(
        [issuerKey, window.fromBlock],
        [issuerKey, window.toBlock + 1],
        false,
        true,
      );
      const known = new Set((await logs.getAll(range)).map(identity));
      await logs.delete(range);
      const values = transaction.objectStore('values');
      const coverage = transaction.objectStore('coverage');
      const isOwn = createOwnCheck(values, issuerKey);
      for (const log of window.logs) {
        await logs.put({ ...log, issuerKey });
        // The value itself is covered from now on; what it stands for follows when its content was read.
        await addPath(coverage, { hash: log.value, path: [log.value] }, isOwn);
        if (!(await values.getKey([issuerKey, log.value]))) {
          await values.put({
            issuerKey,
            value: log.value,
            state: 'waiting',
            detail: 'its content was not read yet',
            attempts: 0,
            nextTryMs: 0,
          });
        }
      }
      const issuers = transaction.objectStore('issuers');
      const progress = await issuers.get(issuerKey);
      await issuers.put({ ...progress, issuerKey, nextBlock: window.toBlock + 1 });
      await transaction.done;
      return window.logs.filter((log) => !known.has(identity(log))).length;
    },

    async forgetLog(issuerKey, log, overlapBlocks) {
      const transaction = database.transaction(['issuers', 'logs'], 'readwrite');
      await transaction
        .objectStore('logs')
        .delete([issuerKey, log.blockNumber, log.logIndex, log.transaction]);
      const issuers = transaction.objectStore('issuers');
      const progress = await issuers.get(issuerKey);
      if (progress) {
        const nextBlock = Math.max(0, Math.min(progress.nextBlock, log.blockNumber - overlapBlocks));
        await issuers.put({ ...progress, nextBlock });
      }
      await transaction.done;
    },

    async dueValues(issuerKey, nowMs) {
      const due = await database.getAllFromIndex('values', 'nextTryMs', IDBKeyRange.upperBound(nowMs));
      return due.filter((value) => value.issuerKey === issuerKey).map(({ value }) => value);
    },

    async saveResolved(issuerKey, resolved, nowMs) {
      const transaction = database.transaction(['values', 'coverage', 'contents'], 'readwrite');
      const values = transaction.objectStore('values');
      const contents = transaction.objectStore('contents');
      const coverage = transaction.objectStore('coverage');
      const isOwn = createOwnCheck(values, issuerKey);
      for (const content of resolved.contents) await contents.put(content);
      for (const covered of resolved.coverage) await addPath(coverage, covered, isOwn);
      const attempts = ((await values.get([issuerKey, resolved.value]))?.attempts ?? 0) + 1;
      await values.put(toStoredValue(issuerKey, resolved, attempts, nowMs));
      await transaction.done;
    },

    async openValues(issuerKey) {
      const values = await database.getAll('values', allOf(issuerKey));
      const open = values.filter(
        ({ state }) => state === 'waiting' || state === 'unavailable' || state === 'mismatch',
      );
      return {
        count: open.length,
        detail: open.find(({ attempts }) => attempts > 0)?.detail ?? open[0]?.detail ?? '',
      };
    },

    stampCount: (issuerKey) => database.count('logs', allOf(issuerKey)),

    async find(hashes) {
      const transaction = database.transaction(['coverage', 'logs']);
      const coverage = transaction.objectStore('coverage');
      const byValue = transaction.objectStore('logs').index('value');
      // Issued all at once: awaiting each would cost a round trip per hash.
      const covered = await Promise.all(hashes.map((hash) => coverage.get(hash)));
      const logsOf = new Map<string, Promise<StoredLog[]>>();
      const readLogs = (value: string): Promise<StoredLog[]> => {
        const logs = logsOf.get(value) ?? byValue.getAll(value);
        logsOf.set(value, logs);
        return logs;
      };
      const found = new Map<string, FoundStamp[]>();
      for (const entry of covered) {
        if (!entry) continue;
        const stamps = await Promise.all(
          entry.paths.map(async (path) => (await readLogs(path[0] ?? '')).map((log) => ({ log, path }))),
        );
        if (stamps.some((ofPath) => ofPath.length > 0)) found.set(entry.hash, stamps.flat());
      }
      return found;
    },

    content: (cid) => database.get('contents', cid),

    async keepOnly(issuerKeys) {
      const known = await database.getAllKeys('issuers');
      const dropped = known.filter((key) => !issuerKeys.has(key));
      if (dropped.length === 0) return false;
      const stores = ['issuers', 'logs', 'values', 'coverage', 'contents'] as const;
      const transaction = database.transaction(stores, 'readwrite');
      if (dropped.length === known.length) {
        await Promise.all(stores.map((store) => transaction.objectStore(store).clear()));
      } else {
        // Coverage without logs finds nothing: it may stay until the last issuer goes.
        for (const key of dropped) {
          await transaction.objectStore('issuers').delete(key);
          await transaction.objectStore('logs').delete(allOf(key));
          await transaction.objectStore('values').delete(allOf(key));
        }
      }
      await transaction.done;
      return true;
    },
  };
}

/** The part of a coverage store that {@link addPath} needs. */
interface CoverageWriter {
  get(hash: string): Promise<{ hash: string; paths: string[][] } | undefined>;
  put(entry: { hash: string; paths: string[][] }): Promise<unknown>;
}

/** Tells whether the issuer wrote a value; each is looked up once, since the members of a group share theirs. */
function createOwnCheck(
  values: { getKey(key: [string, string]): Promise<unknown> },
  issuerKey: string,
): (value: string) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>();
  return (value) => {
    const isOwn = known.get(value) ?? values.getKey([issuerKey, value]).then((key) => key !== undefined);
    known.set(value, isOwn);
    return isOwn;
  };
}

/** @param isOwn whether the issuer whose path it is wrote a value */
async function addPath(
  coverage: CoverageWriter,
  { hash, path }: Coverage,
  isOwn: (value: string) => Promise<boolean>,
): Promise<void> {
  const paths = (await coverage.get(hash))?.paths ?? [];
  if (paths.some((known) => known.join() === path.join())) return;
  if (paths.length >= pathsPerIssuer) {
    const own = await Promise.all(paths.map(([value = '']) => isOwn(value)));
    if (own.filter(Boolean).length >= pathsPerIssuer) return;
  }
  await coverage.put({ hash, paths: [...paths, path] });
}

function toStoredValue(
  issuerKey: string,
  { value, state, detail }: ResolvedValue,
  attempts: number,
  nowMs: number,
): StoredValue {
  const stored = { issuerKey, value, state, detail, attempts };
  if (state === 'resolved' || state === 'unreadable') return stored;
  // Private content may be published one day; a gateway that fails may be back in a moment.
  const delayMs =
    state === 'not-public' ? lastRetryMs : Math.min(lastRetryMs, firstRetryMs * 2 ** (attempts - 1));
  return { ...stored, nextTryMs: nowMs + delayMs };
}

function identity({ transaction, logIndex, blockHash }: StampLog): string {
  return `${transaction}:${logIndex}:${blockHash}`;
}

/** Every key that begins with the issuer: an empty array sorts after every number and string. */
function allOf(issuerKey: string): IDBKeyRange {
  return IDBKeyRange.bound([issuerKey], [issuerKey, []]);
}
