import { hash } from 'node:crypto';

import { HashmarkError } from '../../shared/errors.ts';
import { checkPath } from '../../shared/evidence/merkle.ts';
import type { ProofFile } from '../../shared/evidence/proof-file.ts';
import { isPdf } from '../../shared/evidence/proof-pdf.ts';
import type { ParsedProof } from '../../shared/evidence/proof-xml.ts';
import type { ChainHint } from '../../shared/evidence/verify-proof.ts';
import { embeddedAccount } from '../../shared/wire/companion.ts';
import {
  createOriginstampClient,
  downloadProof,
  type OriginstampClient,
  type ProofType,
  type SeedStatus,
} from '../../shared/wire/originstamp.ts';
import { readProof } from './read-proof.ts';
import type { TerminalSession } from './session.ts';

/** A client of the part of the running companion that stamps digests: what goes there stays on this computer. */
export function openDigestClient({ url, fetch }: TerminalSession): OriginstampClient {
  return createOriginstampClient({ baseUrl: `${url}/keyholder/${embeddedAccount}`, fetch });
}

/** A proof as it was served, and as it was read. */
export interface FetchedProof extends Pick<ProofFile, 'proof'> {
  bytes: Uint8Array;
}

/**
 * The proof of a digest from the service. Its form is checked, and nothing else.
 * @throws what the client throws (`proof-unavailable` before the anchor is final), and `malformed-proof`.
 */
export async function fetchProof(
  client: OriginstampClient,
  { digest, currencyId, type }: { digest: string; currencyId: number; type: ProofType },
  signal: AbortSignal,
): Promise<FetchedProof> {
  const link = await client.proofLink({ digest, currencyId, type }, { signal });
  // The plain fetch: the link is its own credential.
  const bytes = await downloadProof(fetch, link, { signal });
  if (isPdf(bytes) !== (type === 'pdf')) {
    throw new HashmarkError('malformed-proof', `The service sent no ${type} as proof of ${digest}.`);
  }
  return { bytes, proof: (await readProof(bytes)).proof };
}

/** Where the service says that the root of a seed stands. */
export function hintOf({ transaction }: SeedStatus): ChainHint {
  return transaction === null ? {} : { transaction };
}

/**
 * Recomputes the path of a proof that is said to be the digest's, in that seed; no chain is asked.
 * @throws HashmarkError `proof-contradicted`.
 */
export function requirePath(
  proof: ProofFile['proof'],
  digest: string,
  seed: SeedStatus,
): asserts proof is ParsedProof {
  const fault = findFault(proof, digest, seed);
  if (fault !== undefined) throw contradicted(digest, fault);
}

function findFault(proof: ProofFile['proof'], digest: string, { root }: SeedStatus): string | undefined {
  if (!('leaf' in proof)) return 'it is a seed file, expected a Merkle proof';
  if (proof.leaf !== digest) return `it is the proof of ${proof.leaf}`;
  if (root !== null && proof.root !== root)
    return `it leads to ${proof.root}, and the seed's root is ${root}`;
  const path = checkPath(proof, (bytes) => hash('sha256', bytes, 'buffer'));
  return path.ok ? undefined : `step ${path.step + 1} gives ${path.found}, and it says ${path.expected}`;
}

/** The service's proof of a digest is none. `why` reads on after a colon. */
export function contradicted(digest: string, why: string): HashmarkError {
  return new HashmarkError(
    'proof-contradicted',
    `The service's proof of ${digest} does not hold: ${why}. It was not written. Keep the file, and ask whoever runs the service.`,
    { data: { digest } },
  );
}
