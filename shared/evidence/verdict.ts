import type { Issuer } from './issuer.ts';

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

/** Plain JSON: it crosses messages and is stored in the history. */
export interface Verdict {
  outcome: Outcome;
  hash: HashReference;
  /** The earliest record found, when there is one. */
  record?: StampRecord;
  steps: Step[];
  /** Whom the user had to believe, one sentence each, for instance `One RPC endpoint (127.0.0.1:4774)`. */
  believed: string[];
  /** One sentence that says why the outcome is what it is, with the next step when there is one. */
  reason: string;
  /** When it was concluded, Unix milliseconds. */
  checkedAtMs: number;
}
