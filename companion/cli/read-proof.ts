import { type ProofFile, readProofFile } from '../../shared/evidence/proof-file.ts';
import { isPdf } from '../../shared/evidence/proof-pdf.ts';

/**
 * As `readProofFile`, for a process that a stray promise would end: of a damaged PDF the library rejects promises that
 * nobody waits for. Whatever matters of them, the result says too.
 */
export async function readProof(bytes: Uint8Array): Promise<ProofFile> {
  if (!isPdf(bytes)) return readProofFile(bytes);
  process.on('unhandledRejection', ignore);
  try {
    return await readProofFile(bytes);
  } finally {
    // Node tells of a rejection when the turn is over.
    setImmediate(() => process.off('unhandledRejection', ignore));
  }
}

function ignore(): void {
  // Nothing to do: see above.
}
