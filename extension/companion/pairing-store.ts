import { type DBSchema, openDB } from 'idb';

import type { KeyholderState } from '../../shared/wire/companion.ts';
import { openOnUse } from '../open-on-use.ts';

/** The companion that this extension is paired to. */
export interface StoredPairing {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /** Public name of the pairing. */
  pairing: string;
  /** Not extractable: the browser signs with it, and nobody can read it, not even this extension. */
  key: CryptoKey;
  pairedAtMs: number;
  /** What the companion last said about itself, so that its issuers are known while it is off. */
  lastState?: KeyholderState;
}

export interface PairingStore {
  read(): Promise<StoredPairing | undefined>;
  write(pairing: StoredPairing): Promise<void>;
  clear(): Promise<void>;
}

interface Schema extends DBSchema {
  pairing: { key: string; value: StoredPairing };
}

// There is one companion at a time.
const only = 'companion';

/** The store in IndexedDB, because that is the only one that takes a CryptoKey without exporting it. */
export function openPairingStore(databaseName = 'hashmark-pairing'): PairingStore {
  const { db } = openOnUse(() =>
    openDB<Schema>(databaseName, 1, {
      upgrade: (db) => {
        db.createObjectStore('pairing');
      },
    }),
  );
  return {
    read: async () => (await db()).get('pairing', only),
    write: async (pairing) => void (await (await db()).put('pairing', pairing, only)),
    clear: async () => (await db()).delete('pairing', only),
  };
}
