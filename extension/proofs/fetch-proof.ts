import { HashmarkError } from '../../shared/errors.ts';
import type { MerkleProof } from '../../shared/evidence/merkle.ts';
import { type ParsedProof, parseProofXml } from '../../shared/evidence/proof-xml.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import { downloadProof, type OriginstampClient } from '../../shared/wire/originstamp.ts';
import type { WireFetch } from '../../shared/wire/service-request.ts';
import { judgeProof, type ProofCheckDeps } from './check-own-proof.ts';
import type { OwnProof } from './proof-store.ts';

/** Where proofs come from. */
export interface ProofSource {
  client: Pick<OriginstampClient, 'proofLink'>;
  /** Plain: a signed link is the only credential a download has. */
  downloadFetch: WireFetch;
}

/** A digest whose seed is said to be final. */
export interface StampedDigest {
  /** 64 lower-case hex digits. */
  digest: string;
  seedId: string;
  currencyId: number;
  /** As the service names it; only a hint. */
  transaction?: string;
}

/** What came of it: `own` is there when the proof holds, and is what to keep. */
export interface FetchedProof {
  verdict: Verdict;
  own?: OwnProof;
}

/**
 * Fetches the proof of a digest from its service, and checks it: the service is not believed in anything.
 *
 * @throws HashmarkError as {@link readServiceProof} does.
 */
export async function fetchProof(
  stamped: StampedDigest,
  { client, downloadFetch, ...deps }: ProofSource & ProofCheckDeps,
  { signal }: { signal?: AbortSignal } = {},
): Promise<FetchedProof> {
  const proof = await readServiceProof(stamped, { client, downloadFetch }, { signal });
  const { transaction } = stamped;
  const verdict = await judgeProof(proof, transaction ? { transaction } : {}, deps);
  const { outcome, seed, checkedAtMs } = verdict;
  if (!seed || (outcome !== 'confirmed' && outcome !== 'unfamiliar')) return { verdict };
  return { verdict, own: toOwnProof(proof, stamped, { ...seed, checkedAtMs }) };
}

/**
 * The proof of a digest as its service gives it: well formed and of that digest; nothing else of it is checked.
 *
 * @throws HashmarkError as the client does, for instance `proof-unavailable`; `malformed-proof`; `another-proof` when the
 * proof is one of another digest.
 */
export async function readServiceProof(
  { digest, currencyId }: Pick<StampedDigest, 'digest' | 'currencyId'>,
  { client, downloadFetch }: ProofSource,
  { signal }: { signal?: AbortSignal } = {},
): Promise<ParsedProof> {
  const link = await client.proofLink({ digest, currencyId, type: 'xml' }, { signal });
  const bytes = await downloadProof(downloadFetch, link, { signal });
  const proof = parseProofXml(new TextDecoder().decode(bytes));
  if (proof.leaf === digest) return proof;
  throw new HashmarkError(
    'another-proof',
    `The service gave the proof of ${proof.leaf} instead of that of ${digest}. Retry; if it happens again, do not trust this service.`,
    { data: { expected: digest, actual: proof.leaf } },
  );
}

/** A proof that holds, with where its root was found, as it is kept. */
export function toOwnProof(
  { leaf, root, steps }: MerkleProof,
  { seedId, currencyId }: Pick<StampedDigest, 'seedId' | 'currencyId'>,
  place: Pick<OwnProof, 'chainId' | 'transaction' | 'blockTimeSeconds' | 'checkedAtMs'>,
): OwnProof {
  const { chainId, transaction, blockTimeSeconds, checkedAtMs } = place;
  return {
    proof: { leaf, root, steps: steps.map(({ sibling, side }) => ({ sibling, side })) },
    seedId,
    currencyId,
    ...(chainId === undefined ? {} : { chainId }),
    transaction,
    blockTimeSeconds,
    checkedAtMs,
  };
}
