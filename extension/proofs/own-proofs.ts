import { outcomesBestFirst } from '../../shared/evidence/conclude.ts';
import type { HashReference, Verdict } from '../../shared/evidence/verdict.ts';
import type { Verifier, VerifyOptions } from '../../shared/evidence/verifier.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { createPool } from '../../shared/pool.ts';
import type { OwnFiles } from '../mirror/own-files.ts';
import type { OwnProof, ProofStore } from './proof-store.ts';

export interface OwnProofDeps {
  store: Pick<ProofStore, 'find'>;
  files: Pick<OwnFiles, 'stampedCids'>;
  /** What checks proofs against the chain as it is now, for one round of questions: see `createOwnProofCheck`. */
  createCheck: () => (proof: OwnProof) => Promise<Verdict>;
}

/** A verifier that also knows the proofs which the user keeps. */
export interface ProvingVerifier extends Verifier {
  /** Those of the hashes that a kept proof covers. Local: nothing leaves the machine. */
  covered(hashes: readonly HashReference[]): Promise<Set<string>>;
}

/** What is kept about one hash. */
interface Kept {
  /** The digest, where the hash is the CID of a file that was stamped here. */
  ofCid?: Fingerprint;
  proofs: OwnProof[];
}

/** Chains are asked about this many proofs at once. */
const proofsCheckedAtOnce = 16;

/**
 * The verifier, which also looks at the user's own proofs: what is stamped hash only leaves nothing public that leads from
 * the digest to the root on the chain, so a page's digest can be judged by nobody but who holds its proof.
 */
export function withOwnProofs(
  verifier: Verifier,
  { store, files, createCheck }: OwnProofDeps,
): ProvingVerifier {
  async function find(hashes: readonly HashReference[]): Promise<Map<string, Kept>> {
    const cids = hashes.filter(({ kind }) => kind === 'cid').map(({ value }) => value);
    const ofCids = cids.length > 0 ? await files.stampedCids(cids) : new Map<string, Fingerprint>();
    const digestOf = ({ kind, value }: HashReference) =>
      kind === 'digest' ? value : ofCids.get(value)?.digest;
    const kept = await store.find([...new Set(hashes.flatMap((hash) => digestOf(hash) ?? []))]);
    return new Map(
      hashes.flatMap((hash) => {
        const proofs = kept.get(digestOf(hash) ?? '');
        const ofCid = ofCids.get(hash.value);
        return proofs ? [[hash.value, { proofs, ...(ofCid ? { ofCid } : {}) }] as const] : [];
      }),
    );
  }

  /** The better of what the verifier says and what the kept proofs give. */
  async function weigh(verdicts: readonly Verdict[]): Promise<Verdict[]> {
    const open = verdicts.filter((verdict) => verdict.outcome !== 'confirmed' && !isClaimFalse(verdict));
    const kept = await find(open.map(({ hash }) => hash));
    if (kept.size === 0) return [...verdicts];
    const check = createCheck();
    const inTurn = createPool(proofsCheckedAtOnce);
    return Promise.all(
      verdicts.map(async (verdict) => {
        const found = kept.get(verdict.hash.value);
        if (!found || verdict.outcome === 'confirmed' || isClaimFalse(verdict)) return verdict;
        const proved = await Promise.all(
          found.proofs.map((proof) => inTurn(async () => present(verdict, await check(proof), found))),
        );
        return [verdict, ...proved].toSorted(
          (a, b) => outcomesBestFirst.indexOf(a.outcome) - outcomesBestFirst.indexOf(b.outcome),
        )[0] as Verdict;
      }),
    );
  }

  return {
    covered: async (hashes) => new Set((await find(hashes)).keys()),
    verifyAll: async (hashes) => weigh(await verifier.verifyAll(hashes)),
    async verify(hash: HashReference, options?: VerifyOptions) {
      const [verdict] = await weigh([await verifier.verify(hash, options)]);
      return verdict as Verdict;
    },
  };
}

/** The proof's verdict as one on the hash that was asked about, with what was found of a claim. */
function present(asked: Verdict, proved: Verdict, { ofCid }: Kept): Verdict {
  const claim = asked.steps.filter(isClaim);
  const note = ofCid && {
    step: {
      id: 'own-note',
      label: 'The file with this CID has the proven digest',
      result: 'passed' as const,
      detail: `${ofCid.digest}, noted when you stamped the file here`,
    },
    believed: `Your own note from when you stamped the file here: its digest and the CID ${ofCid.cid} are of the same bytes`,
  };
  const failed = proved.steps.find(({ result }) => result === 'failed');
  return {
    ...proved,
    hash: asked.hash,
    steps: [...claim, ...(note ? [note.step] : []), ...proved.steps],
    believed: [...proved.believed, ...(note ? [note.believed] : [])],
    ...(note ? { reason: `You keep a proof of the file with this CID. ${proved.reason}` } : {}),
    // It was checked before it was kept: if it fails now, the chain has changed, and nobody has lied.
    ...(proved.outcome === 'contradicted'
      ? {
          outcome: 'unchecked' as const,
          reason: `The chain no longer holds what it held when you stamped this: ${failed?.detail ?? proved.reason}`,
        }
      : {}),
  };
}

function isClaimFalse({ outcome, steps }: Verdict): boolean {
  return outcome === 'contradicted' && steps.some((step) => isClaim(step) && step.result === 'failed');
}

function isClaim({ id }: Verdict['steps'][number]): boolean {
  return id === 'claimed-bytes';
}
