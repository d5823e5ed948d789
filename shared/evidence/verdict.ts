import type { Issuer } from './issuer.ts';
import type { MerkleProof } from './merkle.ts';

/** What verification concluded; the table of meanings stands in the README. */
export type Outcome = 'confirmed' | 'unfamiliar' | 'pending' | 'contradicted' | 'unknown' | 'unchecked';

/** One thing that was recomputed or looked up, in the order in which it was done. */
export interface Step {
  /** Stable, kebab-case, for instance `log-on-chain`, `bundle-bytes`, `bundle-member`, `content-bytes`, `block-time`, `finality`. */
  id: string;
  /** For people, present tense: `The chain's log holds this CID`. */
  label: string;
  result: 'passed' | 'failed' | 'could-not-run';
  /** What was seen, with values. */
  detail: string;
}

/** A hash as it was asked about, in its normal form: CIDv0 for a CID that has one, lower-case hex for a digest. */
export interface HashReference {
  kind: 'cid' | 'digest';
  value: string;
}

/** The record on chain that a verdict speaks of. */
export interface StampRecord {
  issuer: Issuer;
  /** The CID that stands on chain: the file's own, or a bundle's. */
  value: string;
  /** True when `value` is a bundle that lists the file. */
  isBundle: boolean;
  transaction: `0x${string}`;
  blockNumber: number;
  blockHash: `0x${string}`;
  /** Block time, Unix seconds. */
  blockTimeSeconds: number;
}

/** How a root stands on a chain. */
export type SeedMethod = 'evm-input' | 'bitcoin-address' | 'bitcoin-op-return';

/** The root on chain that a verdict speaks of, and the path of the digest to it. */
export interface SeedRecord {
  /**
   * `evm-input`: in the input of a transaction; `bitcoin-op-return`: in the first output of one; `bitcoin-address`: as the
   * private key of an address that was paid.
   */
  method: SeedMethod;
  /** Absent for Bitcoin. */
  chainId?: number;
  chainName: string;
  /** True for a chain that only this computer runs: it proves nothing to strangers, and the interface says so. */
  isLocal: boolean;
  /** Who wrote the root, when it is somebody whom the user trusts. */
  issuerName?: string;
  /** The address that wrote it, lower case on an EVM chain; absent for `bitcoin-address`, which names no writer. */
  writer?: string;
  /** Empty steps for a seed file: the digest stands in the file that hashes to the root. */
  proof: MerkleProof;
  /** `0x` and 64 hex digits on an EVM chain, 64 hex digits on Bitcoin. */
  transaction: string;
  blockNumber: number;
  /** As `transaction`. */
  blockHash: string;
  /** Block time, Unix seconds. */
  blockTimeSeconds: number;
  /** Prefix to which the transaction is appended, when the chain has a public explorer. */
  explorerTxUrl?: string;
}

/** Plain JSON: it crosses messages and is stored in the history. */
export interface Verdict {
  outcome: Outcome;
  hash: HashReference;
  /** The earliest record found, when there is one. */
  record?: StampRecord;
  /** The seed's root on chain, for a verdict from a Merkle proof; a verdict has at most one of the two. */
  seed?: SeedRecord;
  steps: Step[];
  /** Whom the user had to believe, one sentence each, for instance `One RPC endpoint (127.0.0.1:4774)`. */
  believed: string[];
  /** One sentence that says why the outcome is what it is, with the next step when there is one. */
  reason: string;
  /** When it was concluded, Unix milliseconds. */
  checkedAtMs: number;
}
