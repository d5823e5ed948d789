import type { HashPlatform } from '../fingerprint/fingerprint.ts';
import type { Issuer } from './issuer.ts';
import type { Fetch } from './json-rpc.ts';
import { buildMemoryIndex } from './memory-index.ts';
import type { HashReference, Verdict } from './verdict.ts';
import { createVerifier, type VerifyOptions } from './verifier.ts';

export interface VerifyHashOptions extends VerifyOptions {
  issuers: readonly Issuer[];
  fetch: Fetch;
  platform: HashPlatform;
  signal?: AbortSignal;
}

/**
 * The verdict on one hash from nothing but the issuers' chains and gateways, for a program without a mirror. Reads the
 * whole contract of every issuer: for several hashes build the index once (memory-index.ts) and use a verifier.
 */
export async function verifyHash(hash: HashReference, options: VerifyHashOptions): Promise<Verdict> {
  const index = await buildMemoryIndex(options);
  return createVerifier({ ...options, index }).verify(hash, options);
}
