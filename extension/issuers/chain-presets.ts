import type { Issuer } from '../../shared/evidence/issuer.ts';

/** What is the same for every issuer of a chain. */
export type ChainPreset = Pick<Issuer, 'chainId' | 'chainName' | 'rpcUrls' | 'explorerTxUrl' | 'finality'>;

/**
 * The chains on which issuers of the Chainletter field write. The endpoints are the chains' own and free; a second one, of
 * somebody else, makes a verdict depend on neither. Addresses: docs.base.org, network information.
 */
export const chainPresets: readonly ChainPreset[] = [
  {
    chainId: 8453,
    chainName: 'Base',
    rpcUrls: ['https://mainnet.base.org'],
    explorerTxUrl: 'https://basescan.org/tx/',
    finality: { kind: 'tag', tag: 'finalized' },
  },
  {
    chainId: 84532,
    chainName: 'Base Sepolia',
    rpcUrls: ['https://sepolia.base.org'],
    explorerTxUrl: 'https://sepolia.basescan.org/tx/',
    finality: { kind: 'tag', tag: 'finalized' },
  },
];
