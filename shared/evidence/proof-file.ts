import { HashmarkError } from '../errors.ts';
import { isPdf, readProofPdf } from './proof-pdf.ts';
import { maxProofBytes, type ParsedProof, parseProofXml } from './proof-xml.ts';
import { parseSeedFile, type SeedFile } from './seed-file.ts';
import type { ChainHint } from './verify-proof.ts';

/** A proof as somebody handed it over. Nothing in it is recomputed yet. */
export interface ProofFile {
  kind: 'xml' | 'pdf' | 'seed-file';
  proof: ParsedProof | SeedFile;
  /** Where a certificate says that the root stands. */
  hint?: ChainHint;
}

/**
 * Reads a proof in any of its forms, told apart by how it begins and not by its name: Merkle XML, a PDF certificate that holds
 * one, or the older seed file.
 *
 * @throws HashmarkError `malformed-proof` that says what is wrong.
 */
export async function readProofFile(bytes: Uint8Array): Promise<ProofFile> {
  if (isPdf(bytes)) {
    const { xml, hint } = await readProofPdf(bytes);
    return {
      kind: 'pdf',
      proof: parseProofXml(xml),
      ...(hint ? { hint: { chainId: hint.chainId, transaction: hint.transaction } } : {}),
    };
  }
  const start = new TextDecoder('latin1').decode(bytes.subarray(0, 65));
  if (/^[0-9a-f]{64}(?:\s|$)/.test(start)) return { kind: 'seed-file', proof: parseSeedFile(bytes) };
  if (bytes.length > maxProofBytes) {
    throw refuse(`it has ${bytes.length} bytes, expected at most ${maxProofBytes}`);
  }
  return { kind: 'xml', proof: parseProofXml(decodeUtf8(bytes)) };
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw refuse('it is no UTF-8 text', cause);
  }
}

function refuse(why: string, cause?: unknown): HashmarkError {
  return new HashmarkError(
    'malformed-proof',
    `This is not a proof: ${why}. Expected Merkle XML, a PDF certificate with the proof in it, or a seed file.`,
    { cause },
  );
}
