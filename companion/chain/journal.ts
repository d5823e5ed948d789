import type { Hex } from 'viem';

/** One transaction of the local chain and the time of the block that holds it alone. */
export interface JournalEntry {
  txHash: Hex;
  /** Signed, as it goes to the node. */
  txRaw: Hex;
  /** Unix seconds. Never smaller than the entry before. */
  blockTimeSeconds: number;
}

/** An entry with its place in the journal: larger than the place of every entry before it. */
export interface StoredJournalEntry extends JournalEntry {
  position: number;
}

/**
 * The store of the local chain. The node is only a view of it: the same genesis time and the same entries in the same
 * order give the same blocks with the same hashes, so the node may die at any moment.
 */
export interface Journal {
  /** Time of block 0, Unix seconds: chosen once, then the same for ever. */
  genesisTimeSeconds(): Promise<number>;
  /** Adds an entry; resolves when it is on disk. Only then may the transaction be sent. */
  append(entry: JournalEntry): Promise<void>;
  /** The entries behind `position` in order; all of them for 0. May be read slowly while others are appended. */
  entriesAfter(position: number): Iterable<StoredJournalEntry>;
}
