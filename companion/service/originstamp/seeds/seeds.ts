import type { DatabaseSync } from 'node:sqlite';

import type { MerkleProof } from '../../../../shared/evidence/merkle.ts';
import type { Currency, SubmitStatus } from '../../../../shared/wire/originstamp.ts';

/** Where a digest, or its seed, stands for one currency. */
export interface SeedState {
  /** Lower-case UUID. */
  seedId: string;
  currencyId: number;
  status: SubmitStatus;
  /** 64 hex digits; null below status 1. */
  root: string | null;
  /** `0x` and 64 hex digits for an EVM chain; null below status 2. */
  transaction: string | null;
  /** Block time, Unix milliseconds; null below status 2, provisional at 2. */
  timestampMs: number | null;
  /** The chain the root goes to; null while that is not decided. */
  chainId: number | null;
  /** Block number; null below status 2. */
  blockNumber: number | null;
  /** `0x` and 64 hex digits; null below status 2. */
  blockHash: string | null;
  /** The account that writes the root, `0x` and 40 hex digits: the transaction's sender. Null below status 2. */
  wallet: string | null;
}

/** Gathers accepted digests in seeds, one open seed per currency, and brings the seeds' roots onto the chain. */
export interface Seeds {
  /** Those with a configured anchor; empty without a chain. */
  currencies(): Currency[];
  /**
   * Puts newly accepted digests (their numbers, ascending and contiguous) in the open seed of every currency; opens seeds
   * that are missing, and closes those that are full: what has no room in one is in the next. Call it in the transaction that
   * accepts them.
   */
  join(db: DatabaseSync, firstSeq: number, lastSeq: number): void;
  /** Call after that transaction is committed: arms the closing by time, or closes by count. */
  wake(): void;
  /** One entry per currency that the digest is in, by currency id. */
  statesOf(seq: number): SeedState[];
  /** Undefined when there is no such seed. Upper and lower case are the same. */
  find(seedId: string): SeedState | undefined;
  /**
   * The path from the digest to the root of its seed, recomputed. A tree that is missing or damaged is built again first.
   * @throws HashmarkError `proof-unavailable` while the seed's anchor is not final, or when the digest is in none;
   * `digests-missing` or `seed-damaged` when the ledger's digests do not lead to the root that stands on the chain.
   */
  proofOf(digest: string, seq: number, currencyId: number): Promise<MerkleProof>;
  /**
   * Calls `listener` after the commit that made a seed final, also for seeds that became final while nobody listened: at
   * least once, until its promise resolves.
   */
  onFinal(listener: (seed: FinalSeed) => void | Promise<void>): void;
  /** Takes up what an earlier run left open. */
  start(): Promise<void>;
  /** Ends after the step that is under way; what is open stays in the ledger for the next start. */
  stop(): Promise<void>;
}

/** A seed whose anchor is final. */
export interface FinalSeed extends SeedState {
  firstSeq: number;
  lastSeq: number;
}
