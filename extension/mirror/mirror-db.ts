import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

import type { StampLog } from '../../shared/evidence/chain-reader.ts';
import type { ResolvedValue, VerifiedContent } from '../../shared/evidence/resolve-value.ts';

/** How far an issuer was read. */
export interface IssuerProgress {
  issuerKey: string;
  /** First block that was not read yet. */
  nextBlock: number;
  /** Where the reading began, once it has reached the chain's head. */
  startBlock?: number;
  /** When the chain was last read to its head, Unix milliseconds. */
  syncedAtMs?: number;
  /** Why the last reading failed or cannot be relied upon, one sentence. */
  problem?: string;
}

export interface StoredLog extends StampLog {
  issuerKey: string;
}

/** Where the reading of a value's content stands. */
export interface StoredValue {
  issuerKey: string;
  value: string;
  /** `waiting`: not fetched yet. */
  state: 'waiting' | ResolvedValue['state'];
  detail: string;
  attempts: number;
  /** Unix milliseconds; a value that is settled is not in this index. */
  nextTryMs?: number;
}

/** The stamps that cover a hash, as paths from values on chain: see `Coverage`. */
export interface StoredCoverage {
  hash: string;
  paths: string[][];
}

export interface MirrorSchema extends DBSchema {
  issuers: { key: string; value: IssuerProgress };
  /** Key: issuer, block, position in the block, transaction. */
  logs: { key: [string, number, number, string]; value: StoredLog; indexes: { value: string } };
  /** Key: issuer, value. */
  values: { key: [string, string]; value: StoredValue; indexes: { nextTryMs: number } };
  coverage: { key: string; value: StoredCoverage };
  contents: { key: string; value: VerifiedContent };
}

export type MirrorDatabase = IDBPDatabase<MirrorSchema>;

const databaseName = 'hashmark-mirror';

/** Opens the mirror's database, made empty when there is none. It can always be read from the chains again. */
export function openMirrorDatabase(name = databaseName): Promise<MirrorDatabase> {
  return openDB<MirrorSchema>(name, 1, {
    upgrade(database) {
      database.createObjectStore('issuers', { keyPath: 'issuerKey' });
      const logs = database.createObjectStore('logs', {
        keyPath: ['issuerKey', 'blockNumber', 'logIndex', 'transaction'],
      });
      logs.createIndex('value', 'value');
      const values = database.createObjectStore('values', { keyPath: ['issuerKey', 'value'] });
      values.createIndex('nextTryMs', 'nextTryMs');
      database.createObjectStore('coverage', { keyPath: 'hash' });
      database.createObjectStore('contents', { keyPath: 'cid' });
    },
  });
}
