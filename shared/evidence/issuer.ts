/** When a block counts as final. `confirmations: 1` means: as soon as it is in a block. */
export type Finality = { kind: 'confirmations'; blocks: number } | { kind: 'tag'; tag: 'safe' | 'finalized' };

/** A contract (chain id + address) that the user trusts, with what is needed to read it. Plain JSON. */
export interface Issuer {
  /** Shown to people. */
  name: string;
  chainId: number;
  chainName: string;
  /** True for a chain that only this computer runs: it proves nothing to strangers, and the interface says so. */
  isLocal: boolean;
  /** `0x` and 40 hex digits. */
  contract: `0x${string}`;
  /** The wallet that writes for this issuer (`0x` and 40 hex digits): a plain transaction that it sends counts as the issuer's too. */
  wallet?: `0x${string}`;
  /** First block that can hold a log of the contract. */
  startBlock: number;
  /** JSON-RPC endpoints of the chain, all asked; two that agree is less belief than one. */
  rpcUrls: string[];
  /** Prefix to which a CID is appended, for instance `http://127.0.0.1:4774/ipfs/`. */
  gatewayUrl: string;
  /** Prefix to which a transaction hash is appended, when the chain has a public explorer. */
  explorerTxUrl?: string;
  finality: Finality;
}

/** Identity of an issuer: chain id and lower-case contract address. */
export function issuerKey(issuer: Pick<Issuer, 'chainId' | 'contract'>): string {
  return `${issuer.chainId}:${issuer.contract.toLowerCase()}`;
}
