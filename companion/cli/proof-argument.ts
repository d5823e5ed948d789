import { readFile, stat } from 'node:fs/promises';

import { HashmarkError } from '../../shared/errors.ts';
import type { ProofFile } from '../../shared/evidence/proof-file.ts';
import { maxSeedFileBytes } from '../../shared/evidence/seed-file.ts';
import { explainFileError, requireRegularFile } from '../fingerprint/file-errors.ts';
import { readProof } from './read-proof.ts';

/**
 * Reads a proof from a file, by its content and whatever it is called: Merkle XML, a PDF certificate, or a seed as text.
 * @throws HashmarkError `file-not-found`, `not-a-file`, `special-file`, `file-unreadable`, `malformed-proof`.
 */
export async function readProofArgument(path: string): Promise<ProofFile> {
  return readProof(await readWhole(path));
}

async function readWhole(path: string): Promise<Buffer> {
  try {
    const stats = await stat(path);
    requireRegularFile(stats, path);
    if (stats.size <= maxSeedFileBytes) return await readFile(path);
  } catch (cause) {
    throw explainFileError(cause, path);
  }
  throw new HashmarkError(
    'malformed-proof',
    `“${path}” is no proof: it is longer than ${maxSeedFileBytes} bytes, the longest form of one.`,
  );
}

/** Roots to which a proof may lead. */
export function rootsOf({ proof }: ProofFile): readonly string[] {
  return 'leaf' in proof ? [proof.root] : proof.roots;
}
