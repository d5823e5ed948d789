/**
 * The chains that companions run for themselves have ids from this range, both ends inclusive, a different one for every home:
 * evidence of one computer's local chain can then never be taken for evidence of another's, or of a public chain.
 */
export const localChainIds = { first: 4_774_000_000, last: 4_774_999_999 };

/** True for a chain that one computer runs for itself: what stands on it proves nothing to strangers. */
export function isLocalChain(chainId: number): boolean {
  return chainId >= localChainIds.first && chainId <= localChainIds.last;
}
