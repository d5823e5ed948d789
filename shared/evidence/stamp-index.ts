import type { StampLog } from './chain-reader.ts';
import type { Issuer } from './issuer.ts';
import type { VerifiedContent } from './resolve-value.ts';
import type { HashReference } from './verdict.ts';

/** A stamp that covers a hash, as an index of our own reading remembers it: a hint of where to look on the chain. */
export interface IndexedStamp {
  issuer: Issuer;
  /** False for an issuer that the user trusted once: what it wrote is still known. */
  isTrusted: boolean;
  log: StampLog;
  /** See `Coverage.path`. */
  path: string[];
}

/**
 * What was read of the contracts of issuers that the user trusts, or once did, looked up by hash. The extension's mirror is one, the terminal builds
 * one in memory.
 */
export interface StampIndex {
  /** Per hash value the stamps that cover it; hashes without any are absent. Local: nothing leaves the machine. */
  find(hashes: readonly HashReference[]): Promise<Map<string, IndexedStamp[]>>;
  /** Bytes that were had and hashed when the index was filled. */
  content(cid: string): Promise<VerifiedContent | undefined>;
  /** Why not finding a hash proves nothing, one sentence each; empty when everything was looked at. */
  gaps(): Promise<string[]>;
}
