import { createPublicClient, http } from 'viem';

/** Reads a companion's chain the way a stranger would: through its read-only JSON-RPC. */
export function createLocalReader(rpcUrl: string) {
  const client = createPublicClient({ transport: http(rpcUrl, { retryCount: 0 }) });
  return {
    client,
    /** Number, hash and time of every block. */
    async readBlocks() {
      const last = await client.getBlockNumber();
      const numbers = Array.from({ length: Number(last) + 1 }, (_, index) => BigInt(index));
      const blocks = await Promise.all(numbers.map((blockNumber) => client.getBlock({ blockNumber })));
      return blocks.map(({ number, hash, timestamp }) => ({ number, hash, timestamp }));
    },
  };
}
