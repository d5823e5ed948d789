import { isLocalChain } from '../../../shared/evidence/local-chains.ts';

/** What people are told about a chain, and where they can look at it. */
export interface ChainFacts {
  id: number;
  name: string;
  /** True for the chain that one computer runs for itself: it proves nothing to strangers. */
  isLocal: boolean;
  /** Prefix of a transaction's page in a public explorer, when we know one. */
  explorerTxUrl: string | undefined;
}

/** https://chainid.network, as of 2026. */
const wellKnown: Record<number, { name: string; explorerTxUrl: string }> = {
  1: { name: 'Ethereum', explorerTxUrl: 'https://etherscan.io/tx/' },
  10: { name: 'OP Mainnet', explorerTxUrl: 'https://optimistic.etherscan.io/tx/' },
  8453: { name: 'Base', explorerTxUrl: 'https://basescan.org/tx/' },
  42161: { name: 'Arbitrum One', explorerTxUrl: 'https://arbiscan.io/tx/' },
  84532: { name: 'Base Sepolia (test network)', explorerTxUrl: 'https://sepolia.basescan.org/tx/' },
  11155111: { name: 'Sepolia (test network)', explorerTxUrl: 'https://sepolia.etherscan.io/tx/' },
};

/** What somebody set up a chain with. */
export type KnownChain = Pick<ChainFacts, 'name' | 'explorerTxUrl'>;

/**
 * Every chain has facts: one that nobody knows is named by its number, and has no explorer.
 * @param known looks a chain up among those that this service stamps on; it comes first.
 */
export function describeChain(id: number, known?: (id: number) => KnownChain | undefined): ChainFacts {
  const isLocal = isLocalChain(id);
  const { name, explorerTxUrl } = known?.(id) ??
    wellKnown[id] ?? {
      name: isLocal ? 'Hashmark local chain' : `Chain ${id}`,
      explorerTxUrl: undefined,
    };
  return { id, name, isLocal, explorerTxUrl };
}
