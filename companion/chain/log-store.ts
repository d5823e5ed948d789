import type { Hex } from 'viem';

/** One value that stands in the final part of a chain. */
export interface StoredLog {
  value: string;
  txHash: Hex;
  blockNumber: number;
  logIndex: number;
}

/**
 * What was read of a contract's logs so far, so that a restart does not read a whole public chain again. Holds only blocks
 * that are final: nothing in it is ever taken back. Losing it costs time and nothing else.
 */
export interface LogStore {
  /** Last block up to which every log is in here; undefined before the first reading. */
  readTo(): number | undefined;
  /** Adds the logs of the blocks up to `toBlock`, all at once. */
  record(toBlock: number, logs: readonly StoredLog[]): Promise<void>;
  /** The earliest log of exactly this value. */
  find(value: string): StoredLog | undefined;
}

/** A store that lasts as long as the process: for tests, and for a verb that reads once. */
export function createMemoryLogStore(): LogStore {
  const earliest = new Map<string, StoredLog>();
  let lastBlock: number | undefined;
  return {
    readTo: () => lastBlock,
    async record(toBlock, logs) {
      for (const log of logs) if (!earliest.has(log.value)) earliest.set(log.value, log);
      lastBlock = toBlock;
    },
    find: (value) => earliest.get(value),
  };
}
