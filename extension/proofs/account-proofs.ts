import {
  createOriginstampClient,
  downloadProof,
  type OriginstampClient,
} from '../../shared/wire/originstamp.ts';
import { companion } from '../companion/companion.ts';
import { fetchPlain } from '../fetch-plain.ts';
import { readEsploraServers } from '../issuers/esplora.ts';
import { trustedIssuers } from '../issuers/issuers.ts';
import { createSeedWatch } from '../stamping/seeds/seed-watch.ts';
import type { ProofCheckDeps } from './check-own-proof.ts';
import { type FetchedProof, fetchProof, type StampedDigest } from './fetch-proof.ts';

/** How proofs are checked here: against the chains of the issuers that the user trusts, read by this browser. */
export const proofChecks: ProofCheckDeps = {
  issuers: trustedIssuers,
  esplora: readEsploraServers,
  fetch: fetchPlain,
};

/** The account's OriginStamp client, for the background and extension pages. Fails with `not-paired`. */
export async function accountClient(): Promise<OriginstampClient> {
  return createOriginstampClient(await companion().originstamp());
}

/** This context's watch of the account's seeds: shared by everything that waits for one. */
export const accountSeeds = createSeedWatch({ client: accountClient, now: Date.now });

/** Fetches a proof from the account, and checks it. */
export async function fetchAccountProof(
  stamped: StampedDigest,
  options: { signal?: AbortSignal } = {},
): Promise<FetchedProof> {
  const deps = { ...proofChecks, client: await accountClient(), downloadFetch: fetchPlain };
  return fetchProof(stamped, deps, options);
}

/** The certificate of a digest (PDF), as the account makes it. */
export async function fetchCertificate(digest: string, currencyId: number): Promise<Blob> {
  const link = await (await accountClient()).proofLink({ digest, currencyId, type: 'pdf' });
  return new Blob([await downloadProof(fetchPlain, link)], { type: 'application/pdf' });
}
