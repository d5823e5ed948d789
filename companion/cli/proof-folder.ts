import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { HashmarkError } from '../../shared/errors.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import type { ParsedProof } from '../../shared/evidence/proof-xml.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import { verifyProof } from '../../shared/evidence/verify-proof.ts';
import { type OriginstampClient, proofFileName, type SeedStatus } from '../../shared/wire/originstamp.ts';
import { writeFileAtomically } from '../atomic-file.ts';
import { explainFolderError, makeWritableFolder } from '../make-folder.ts';
import { contradicted, fetchProof, hintOf, requirePath } from './digest-service.ts';
import { interruptibleFetch } from './interruptible-fetch.ts';
import { readProof } from './read-proof.ts';

/** A folder of proofs that were checked before they were written. */
export interface ProofFolder {
  /**
   * Fetches the proof of a digest whose seed is final, checks it, and writes it; a good one that is there already is kept.
   * The path is recomputed for every digest, the chain is read once per seed.
   *
   * @throws what the client throws; HashmarkError `proof-contradicted` for a proof that does not hold, `proof-unchecked` when
   * the chain could not be read: then it is written, and only its path is checked; the reason of an aborted signal.
   */
  keep(digest: string, seed: SeedStatus): Promise<string>;
}

interface ProofFolderDeps {
  client: OriginstampClient;
  issuers: readonly Issuer[];
  signal: AbortSignal;
}

/** Anybody may read a proof: it is made to be shown. */
const fileMode = 0o644;

/** Makes the folder when there is none. @returns why proofs cannot be written there, as a sentence; undefined when they can. */
export function prepareProofFolder(folder: string): string | undefined {
  try {
    makeWritableFolder(folder);
    return undefined;
  } catch (error) {
    return `proofs cannot be written to “${folder}”: ${explainFolderError(error)}. Name another folder with --proofs.`;
  }
}

/** @param folder that {@link prepareProofFolder} made. */
export function openProofFolder(folder: string, deps: ProofFolderDeps): ProofFolder {
  const { client, issuers, signal } = deps;
  const fetch = interruptibleFetch(signal);
  /** The verdict on a seed's root, by the root. */
  const verdicts = new Map<string, Promise<Verdict>>();

  async function readKept(path: string, digest: string, seed: SeedStatus): Promise<ParsedProof | undefined> {
    try {
      const { proof } = await readProof(await readFile(path));
      requirePath(proof, digest, seed);
      return proof;
    } catch {
      return undefined; // Not there, or not worth keeping: it is fetched.
    }
  }

  function judge(digest: string, proof: ParsedProof, seed: SeedStatus): Promise<Verdict> {
    const known = verdicts.get(proof.root);
    if (known) return known;
    const verdict = verifyProof({ subject: { digest }, proof, hint: hintOf(seed), issuers, fetch });
    verdicts.set(proof.root, verdict);
    return verdict;
  }

  return {
    async keep(digest, seed) {
      const wanted = { digest, currencyId: seed.currencyId, type: 'xml' } as const;
      // By our own rule: what a service calls a file is somebody else's text.
      const path = join(folder, proofFileName(digest, wanted.currencyId, wanted.type));
      const kept = await readKept(path, digest, seed);
      const { proof, bytes } = kept
        ? { proof: kept, bytes: undefined }
        : await fetchProof(client, wanted, signal);
      requirePath(proof, digest, seed);
      const { outcome, reason } = await judge(digest, proof, seed);
      signal.throwIfAborted();
      if (outcome === 'contradicted') throw contradicted(digest, reason);
      if (bytes) writeFileAtomically(path, bytes, fileMode);
      if (outcome === 'confirmed') return path;
      throw new HashmarkError(
        'proof-unchecked',
        `The proof of ${digest} was written to ${path}, and the chain did not confirm it (${outcome}): ${reason}`,
        { data: { path, outcome } },
      );
    },
  };
}
