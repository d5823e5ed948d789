import type { Finality } from '../../shared/evidence/issuer.ts';

/** What is known about a public chain before anybody set it up. */
export interface ChainPreset {
  /** Local name, as typed after `hashmark chain use`. */
  name: string;
  id: number;
  /** For people. */
  title: string;
  /** Free endpoints without a key; rate-limited, so that whoever stamps much adds one of their own. */
  rpcUrls: string[];
  currency: string;
  explorerTxUrl: string;
  finality: Finality;
  /** Several times what the chain usually asks: a ceiling, not a bid. */
  maxFeePerGasGwei: string;
}

/**
 * Chains that Chainletter's contracts and readers use: its history lies on Base, its widget's default explorer is that of
 * Base Sepolia. Addresses: docs.base.org, network information.
 */
export const presets: readonly ChainPreset[] = [
  {
    name: 'base',
    id: 8453,
    title: 'Base',
    rpcUrls: ['https://mainnet.base.org'],
    currency: 'ETH',
    explorerTxUrl: 'https://basescan.org/tx/',
    // A block that Ethereum has finalised, some 15 minutes later: `safe` could still fall with an Ethereum block.
    finality: { kind: 'tag', tag: 'finalized' },
    maxFeePerGasGwei: '1',
  },
  {
    name: 'base-sepolia',
    id: 84532,
    title: 'Base Sepolia (test money)',
    rpcUrls: ['https://sepolia.base.org'],
    currency: 'ETH',
    explorerTxUrl: 'https://sepolia.basescan.org/tx/',
    finality: { kind: 'tag', tag: 'finalized' },
    maxFeePerGasGwei: '5',
  },
];
