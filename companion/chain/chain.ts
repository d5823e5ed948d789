import type { Address, Hex, PublicClient } from 'viem';

import type { Finality } from '../../shared/evidence/issuer.ts';

/** A signed transaction that writes one value or one root; nothing was sent yet. */
export interface PreparedTransaction {
  /** Transaction hash, `0x` and 64 hex digits: known before sending because the transaction is signed. */
  hash: Hex;
  /** The signed transaction as it goes to the node. */
  raw: Hex;
  nonce: number;
}

/** Where a value stands on the chain. */
export interface MinedValue {
  hash: Hex;
  /** The CID that the log holds; the root of a seed (64 lower-case hex digits) when the transaction carries one. */
  value: string;
  blockNumber: bigint;
  blockHash: Hex;
  /** Block time in Unix seconds. */
  blockTimeSeconds: number;
  /** Null for a root, which stands in the transaction itself. */
  logIndex: number | null;
  /** Who sent the transaction; only of a root: what a contract holds does not depend on it. */
  sender?: Address;
  /** True when the chain's finality rule holds for this block. */
  isFinal: boolean;
}

/** Where a transaction stands. `missing`: the chain does not know it, which is no promise that it never will. */
export type TransactionState =
  | { state: 'missing' }
  | { state: 'pending' }
  | { state: 'reverted'; reason: string }
  | ({ state: 'mined' } & MinedValue);

/**
 * One EVM chain that anchors are written to, with the one wallet and the one contract (IPCM-compatible) that write
 * there. Every method throws a `HashmarkError` with code `chain-unavailable` when the node cannot be asked: absence
 * and "could not look" stay apart.
 */
export interface Chain {
  readonly id: number;
  /** Shown to people, for instance `Hashmark local chain`. */
  readonly name: string;
  /** True for the default chain, which proves nothing to strangers. */
  readonly isLocal: boolean;
  readonly contract: Address;
  /** Block of the contract's deployment: no log of ours is older. */
  readonly startBlock: bigint;
  readonly wallet: Address;
  readonly finality: Finality;
  readonly reader: PublicClient;

  /**
   * Signs the transaction that writes `value` (a bare CID) with the first nonce that no broadcast transaction has.
   * Sends and reserves nothing: whoever prepares broadcasts before preparing the next one (there is one writer).
   * @param notBelowNonce behind the last nonce that the writer has signed and that no final block holds: a public chain's
   * node may have forgotten it.
   * @throws HashmarkError `fee-too-high` or `funds-missing` when it would cost more than is allowed, or than there is.
   */
  prepare(value: string, notBelowNonce?: number): Promise<PreparedTransaction>;
  /**
   * As {@link prepare}, for the root of a seed: a transaction from the wallet to itself that moves nothing and whose input
   * is the 32 raw bytes.
   * @param root 64 hex digits.
   */
  prepareRoot(root: string, notBelowNonce?: number): Promise<PreparedTransaction>;
  /**
   * Sends a prepared transaction. Sending one that the chain already knows is not an error, nor is one whose nonce a block
   * holds that is not final yet: what became of it, {@link lookUp} tells.
   * @throws HashmarkError `transaction-stale` when another transaction took its nonce: it can never be mined, prepare a new one.
   */
  broadcast(transaction: PreparedTransaction): Promise<void>;
  /**
   * Signs the same call with the same nonce and a higher fee, for a transaction that waits too long. Sends nothing.
   * Undefined when it would not help (another one is before it) or the ceiling leaves no room. Only on chains with fees.
   */
  replace?(previous: PreparedTransaction): Promise<PreparedTransaction | undefined>;
  /**
   * How many transactions of the wallet are in blocks, which is the nonce that the next block wants; undefined while the
   * endpoints disagree. Only on chains with {@link replace}.
   */
  countMined?(): Promise<number | undefined>;
  /** How long a transaction may wait for its block before it is replaced. */
  readonly stuckAfterMs?: number;
  /** What the chain says about a transaction now. */
  lookUp(hash: Hex): Promise<TransactionState>;
  /** The earliest log of our contract that holds exactly `value`, or undefined when the chain has none. */
  findValue(value: string): Promise<MinedValue | undefined>;
  /**
   * The earliest transaction of ours that carries exactly this root, or undefined when there is none. Only on a chain whose
   * every transaction we know: elsewhere nothing lists plain transactions, and what keeps a root from being written twice is
   * that its signed transaction is stored before it is sent.
   */
  findRoot?(root: string): Promise<MinedValue | undefined>;
  /** Ends the child process, when there is one, in order. */
  close(): Promise<void>;
}
