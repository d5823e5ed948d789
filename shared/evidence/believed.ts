/** Whom the user had to believe, in sentences. */
import type { Issuer } from './issuer.ts';

/**
 * Those who gave an answer; empty when nobody did.
 * @param kind singular, for instance `RPC endpoint`
 */
export function believeSources(kind: string, sources: readonly string[]): string[] {
  const [only, ...others] = sources;
  if (only === undefined) return [];
  if (others.length === 0) return [`One ${kind} (${only})`];
  return [`${sources.length} ${kind}s that agree (${sources.join(', ')})`];
}

/** Whoever runs the chain, when it is one that runs on this computer only. */
export function believeChain({ isLocal, chainName }: Pick<Issuer, 'isLocal' | 'chainName'>): string[] {
  return isLocal
    ? [`Whoever runs this computer: ${chainName} runs here only and proves nothing to strangers`]
    : [];
}
