import { checkProof } from '../../shared/evidence/check-proof.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import type { Fetch } from '../../shared/evidence/json-rpc.ts';
import type { MerkleProof } from '../../shared/evidence/merkle.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import { type ChainHint, verifyProof } from '../../shared/evidence/verify-proof.ts';
import type { OwnProof } from './proof-store.ts';

/** Whom to trust and where chains are read. */
export interface ProofCheckDeps {
  issuers: () => Promise<Issuer[]>;
  /** Base URLs of Esplora servers, for proofs whose root stands on Bitcoin. */
  esplora: () => Promise<string[]>;
  fetch: Fetch;
}

/** Re-derives the verdict on a proof: every node, and the root as the chain holds it now. Never throws for what the network does. */
export async function judgeProof(
  proof: MerkleProof,
  hint: ChainHint,
  { issuers, esplora, fetch }: ProofCheckDeps,
): Promise<Verdict> {
  const [trusted, servers] = await Promise.all([issuers(), esplora()]);
  const subject = { digest: proof.leaf };
  return verifyProof({ subject, proof, hint, issuers: trusted, esplora: servers, fetch });
}

/**
 * The same for many proofs that were kept. The chain is asked once about each root, however many digests of its seed a page
 * shows: what is found of it is kept for this round only.
 */
export function createOwnProofCheck(deps: ProofCheckDeps): (own: OwnProof) => Promise<Verdict> {
  const ofRoots = new Map<string, Promise<Verdict>>();
  return async ({ proof, chainId, transaction }) => {
    const hint = { ...(chainId === undefined ? {} : { chainId }), transaction };
    const path = checkProof(proof.leaf, 'The digest is', proof);
    if (!path.holds) return judgeProof(proof, hint, deps);
    const key = `${proof.root} ${chainId} ${transaction}`;
    const first = ofRoots.get(key);
    if (!first) {
      const verdict = judgeProof(proof, hint, deps);
      ofRoots.set(key, verdict);
      return verdict;
    }
    const verdict = await first;
    const ofPath = new Set(path.steps.map(({ id }) => id));
    return {
      ...verdict,
      hash: { kind: 'digest', value: proof.leaf },
      ...(verdict.seed ? { seed: { ...verdict.seed, proof } } : {}),
      steps: [...path.steps, ...verdict.steps.filter(({ id }) => !ofPath.has(id))],
    };
  };
}
