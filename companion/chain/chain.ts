import type { Address, Hex, PublicClient } from 'viem';

import type { Finality } from '../../shared/evidence/issuer.ts';

/** A signed transaction that writes one value; nothing was sent yet. */
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
  blockNumber: bigint;
  blockHash: Hex;
  /** Block time in Unix seconds. */
  blockTimeSeconds: number;
  logIndex: number;
  /** True when the chain's finality rule holds for this block. */
  isFinal: boolean;
}

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
   */
  prepare(value: string): Promise<PreparedTransaction>;
  /**
   * Sends a prepared transaction. Sending one that the chain already knows is not an error.
   * @throws HashmarkError `transaction-stale` when another transaction took its nonce: it can never be mined, prepare a new one.
   */
  broadcast(transaction: PreparedTransaction): Promise<void>;
  /** What the chain says about a transaction now. */
  lookUp(hash: Hex): Promise<TransactionState>;
  /** The earliest log of our contract that holds exactly `value`, or undefined when the chain has none. */
  findValue(value: string): Promise<MinedValue | undefined>;
  /** Ends the child process, when there is one, in order. */
  close(): Promise<void>;
}
