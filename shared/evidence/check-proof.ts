/** The part of a verification that needs no chain: whether a proof leads from a digest to its root. */
import { sha256 } from '@noble/hashes/sha2.js';

import { checkPath, type MerkleProof } from './merkle.ts';
import { countDigests, listsDigest, type SeedFile } from './seed-file.ts';
import type { Step } from './verdict.ts';

/** What the proof alone says. */
export interface ProofFinding {
  /** False when a step fails: the proof is not a proof of this digest. */
  holds: boolean;
  steps: Step[];
  /** For each root that the proof may lead to (a seed file may have two), the path to it. */
  proofs: MerkleProof[];
}

/**
 * Recomputes a proof.
 *
 * @param digest what it is presented for, 64 lower-case hex digits
 * @param source where that digest comes from, for people: `The 12 bytes of a.txt hash to`
 */
export function checkProof(digest: string, source: string, proof: MerkleProof | SeedFile): ProofFinding {
  return 'text' in proof ? checkSeedFile(digest, source, proof) : checkTree(digest, source, proof);
}

function checkTree(digest: string, source: string, proof: MerkleProof): ProofFinding {
  const { leaf, steps: path, root } = proof;
  const isSame = digest === leaf;
  const subject: Step = {
    id: 'digest-in-proof',
    label: 'The proof is for this digest',
    result: isSame ? 'passed' : 'failed',
    detail: isSame
      ? `${source} ${digest}, which the proof marks as its hash, a leaf at depth ${path.length}`
      : `${source} ${digest}, but the proof is for ${leaf}`,
  };
  const checked = checkPath(proof, sha256);
  const climb: Step = {
    id: 'merkle-path',
    label: `Every node on the path was recomputed (${path.length})`,
    result: checked.ok ? 'passed' : 'failed',
    detail: checked.ok
      ? `${path.length === 1 ? '1 SHA-256 of two nodes leads' : `${path.length} SHA-256 of two nodes each lead`} from the digest to the root`
      : `Node ${checked.step + 1} above the digest is given as ${checked.expected}, but its two children hash to ${checked.found}`,
  };
  const top: Step[] = checked.ok
    ? [{ id: 'merkle-root', label: 'The path ends at the root', result: 'passed', detail: `Root ${root}` }]
    : [];
  return {
    holds: isSame && checked.ok,
    steps: [subject, climb, ...top],
    proofs: [{ leaf, steps: path.map(({ sibling, side }) => ({ sibling, side })), root }],
  };
}

function checkSeedFile(digest: string, source: string, file: SeedFile): ProofFinding {
  const isListed = listsDigest(file, digest);
  const count = countDigests(file);
  return {
    holds: isListed,
    steps: [
      {
        id: 'digest-in-proof',
        label: 'The seed file lists this digest',
        result: isListed ? 'passed' : 'failed',
        detail: `${source} ${digest}, which is ${isListed ? 'one' : 'none'} of the ${count} digests of the seed file`,
      },
      {
        id: 'merkle-root',
        label: 'The root is the SHA-256 of the seed file',
        result: 'passed',
        detail:
          file.roots.length === 1
            ? `Root ${file.roots[0]}`
            : `Root ${file.roots[0]}, or ${file.roots[1]} without the white space at the end`,
      },
    ],
    proofs: file.roots.map((root) => ({ leaf: digest, steps: [], root })),
  };
}
