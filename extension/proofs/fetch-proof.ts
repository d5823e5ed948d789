import { HashmarkError } from '../../shared/errors.ts';
import { parseProofXml } from '../../shared/evidence/proof-xml.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import { downloadProof, type OriginstampClient } from '../../shared/wire/originstamp.ts';
import type { WireFetch } from '../../shared/wire/service-request.ts';
import { judgeProof, type ProofCheckDeps } from './check-own-proof.ts';
import type { OwnProof } from './proof-store.ts';

export interface FetchProofDeps extends ProofCheckDeps {
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
 * @throws HashmarkError as the client does, for instance `proof-unavailable`; `malformed-proof`; `another-proof` when the
 * proof is one of another digest.
 */
export async function fetchProof(
  { digest, seedId, currencyId, transaction }: StampedDigest,
  { client, downloadFetch, ...deps }: FetchProofDeps,
  { signal }: { signal?: AbortSignal } = {},
): Promise<FetchedProof> {
  const link = await client.proofLink({ digest, currencyId, type: 'xml' }, { signal });
  const bytes = await downloadProof(downloadFetch, link, { signal });
  const proof = parseProofXml(new TextDecoder().decode(bytes));
  if (proof.leaf !== digest) {
    throw new HashmarkError(
      'another-proof',
      `The service gave the proof of ${proof.leaf} instead of that of ${digest}. Retry; if it happens again, do not trust this service.`,
      { data: { expected: digest, actual: proof.leaf } },
    );
  }
  const verdict = await judgeProof(proof, transaction ? { transaction } : {}, deps);
  const { outcome, seed, checkedAtMs } = verdict;
  if (!seed || (outcome !== 'confirmed' && outcome !== 'unfamiliar')) return { verdict };
  return {
    verdict,
    own: {
      proof: seed.proof,
      seedId,
      currencyId,
      ...(seed.chainId === undefined ? {} : { chainId: seed.chainId }),
      transaction: seed.transaction,
      blockTimeSeconds: seed.blockTimeSeconds,
      checkedAtMs,
    },
  };
}
