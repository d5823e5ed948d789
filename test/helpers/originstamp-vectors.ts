import { readFileSync } from 'node:fs';

/** A proof that the hosted service gave somebody. */
export interface RealProof {
  id: string;
  leaf: string;
  /** From the root to the digest: L and R. */
  leaf_path: string;
  proof_xml: string;
  root: string;
  transaction: string | null;
  public_key_uncompressed?: string;
  bitcoin_address?: string;
}

interface Synthetic extends Record<string, unknown> {
  id: string;
  kind: string;
}

const file = JSON.parse(
  readFileSync(new URL('../vectors/originstamp-proof.json', import.meta.url), 'utf8'),
) as { vectors: (RealProof & { kind: string })[]; synthetic_vectors: Synthetic[] };

/** Real proofs, as XML. */
export const realProofs: readonly RealProof[] = file.vectors.filter(({ kind }) => kind === 'merkle-xml');

/** Trees by the published rule, level by level from the leaves. */
export const syntheticTrees = file.synthetic_vectors.filter(
  ({ kind }) => kind === 'tree-levels',
) as unknown as { id: string; levels: string[][]; root: string }[];

/** Any vector, by its id. */
// biome-ignore lint/suspicious/noExplicitAny: each vector has fields of its own, and a test reads the file that lies beside it.
export function vectorById(id: string): any {
  const vector = [...file.vectors, ...file.synthetic_vectors].find((candidate) => candidate.id === id);
  if (!vector) throw new Error(`There is no vector ${id}.`);
  return vector;
}
