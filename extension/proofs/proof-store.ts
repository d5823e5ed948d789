import { type DBSchema, openDB } from 'idb';

import type { MerkleProof } from '../../shared/evidence/merkle.ts';
import { openOnUse } from '../open-on-use.ts';
import { packPath, unpackPath } from './proof-path.ts';

/** A proof of a digest that was stamped from here, as it was when it was fetched and checked. Plain JSON. */
export interface OwnProof {
  proof: MerkleProof;
  /** Lower-case UUID. */
  seedId: string;
  /** As on the wire: 0 Bitcoin, 1 Ethereum. */
  currencyId: number;
  /** Of an EVM chain. */
  chainId?: number;
  /** The transaction that holds the root. A hint of where to look: it is read again whenever the proof is checked. */
  transaction: string;
  /** Block time, Unix seconds, as it was read from the chain. */
  blockTimeSeconds: number;
  /** Unix milliseconds. */
  checkedAtMs: number;
}

/** As it lies on disk: the path packed, since a seed may hold a hundred thousand digests of one user. */
interface StoredProof extends Omit<OwnProof, 'proof'> {
  digest: string;
  root: string;
  path: Uint8Array<ArrayBuffer>;
}

interface Schema extends DBSchema {
  /** Key: digest, root: a digest may stand in seeds of several currencies. */
  proofs: { key: [string, string]; value: StoredProof };
}

/** The user's own proofs in this browser profile. */
export interface ProofStore {
  /** All in one transaction; a proof of the same digest and root is replaced. */
  add(proofs: readonly OwnProof[]): Promise<void>;
  /** By digest, all digests in one transaction; those without a proof are absent. */
  find(digests: readonly string[]): Promise<Map<string, OwnProof[]>>;
  close(): Promise<void>;
}

/** Opens the proofs (IndexedDB); nothing is touched before the first call. */
export function openProofStore(name = 'hashmark-proofs'): ProofStore {
  const { db, close } = openOnUse(() =>
    openDB<Schema>(name, 1, {
      upgrade(db) {
        db.createObjectStore('proofs', { keyPath: ['digest', 'root'] });
      },
    }),
  );

  return {
    async add(proofs) {
      // A proof can be fetched again only as long as its service lives: it must outlive a power cut.
      const transaction = (await db()).transaction('proofs', 'readwrite', { durability: 'strict' });
      await Promise.all([...proofs.map((proof) => transaction.store.put(toStored(proof))), transaction.done]);
    },
    async find(digests) {
      const { store } = (await db()).transaction('proofs');
      // Most pages show no own digest, and many users stamp none: a page with ten thousand hashes must not notice.
      if ((await store.count()) === 0) return new Map();
      // Issued all at once: awaiting each would cost a round trip per digest.
      const found = await Promise.all(
        digests.map((digest) => store.getAll(IDBKeyRange.bound([digest], [digest, []]))),
      );
      return new Map(
        found.flatMap((ofDigest) => {
          const [first] = ofDigest;
          return first ? [[first.digest, ofDigest.map(toOwn)] as const] : [];
        }),
      );
    },
    close,
  };
}

function toStored({ proof: { leaf, root, steps }, ...rest }: OwnProof): StoredProof {
  return { ...rest, digest: leaf, root, path: packPath(steps) };
}

function toOwn({ digest, root, path, ...rest }: StoredProof): OwnProof {
  return { ...rest, proof: { leaf: digest, steps: unpackPath(path), root } };
}
