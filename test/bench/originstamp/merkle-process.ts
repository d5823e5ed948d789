// A process of its own that builds one Merkle tree and makes proofs from it, and prints what that took as JSON.
import { createCipheriv, hash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MerkleTree } from 'merkletreejs';

import { buildTreeFile } from '../../../companion/service/originstamp/seeds/tree-build.ts';
import { readProof } from '../../../companion/service/originstamp/seeds/tree-file.ts';
import { buildTree, proofOf } from '../../../shared/evidence/merkle.ts';
import { timed } from '../harness/measure.ts';
import { peakMemoryMiB } from '../harness/peak-memory.ts';

/** Who builds: the service's tree in a file, the shared code in memory, or the peer. */
export type Builder = 'file' | 'memory' | 'peer';

export interface MerkleOutcome {
  root: string;
  buildMs: number;
  proofsMs: number;
  /** The most that the process held, in MiB, and what it held with the leaves and nothing else. */
  peakMiB: number;
  leavesMiB: number;
}

const digestsPerPage = 4096;
const sha256 = (bytes: Uint8Array) => hash('sha256', bytes, 'buffer');

const [builder, leafCountText, proofCountText] = process.argv.slice(2);
const leafCount = Number(leafCountText);
const proofCount = Number(proofCountText);
/** Leaves to be proven, spread over the whole tree. */
const proven = Array.from({ length: proofCount }, (_, index) => Math.floor((index * leafCount) / proofCount));

/** Raw digests that look random, the same in every process. Made in one call: garbage would count as the leaves' memory. */
function makeLeaves(): Buffer {
  const zeros = Buffer.alloc(16);
  return createCipheriv('aes-128-ctr', zeros, zeros).update(Buffer.alloc(32 * leafCount));
}

const nodesOf = (raw: Buffer) =>
  Array.from({ length: raw.length / 32 }, (_, index) => raw.subarray(32 * index, 32 * (index + 1)));

const leaves = makeLeaves();
const leavesMiB = peakMemoryMiB();

const builders: Record<Builder, () => Promise<Omit<MerkleOutcome, 'peakMiB' | 'leavesMiB'>>> = {
  async file() {
    const path = join(mkdtempSync(join(tmpdir(), 'merkle-')), 'seed.tree');
    function* pages(): Generator<Uint8Array<ArrayBuffer>> {
      for (let from = 0; from < leaves.length; from += 32 * digestsPerPage)
        yield new Uint8Array(leaves.subarray(from, from + 32 * digestsPerPage));
    }
    let root = '';
    const buildMs = await timed(async () => {
      root = await buildTreeFile({ path, leafCount }, pages(), new AbortController().signal);
    });
    const proofsMs = await timed(() => {
      for (const index of proven) {
        const digest = leaves.toString('hex', 32 * index, 32 * (index + 1));
        if (!readProof(path, { digest, leafCount, root })) throw new Error(`There is no proof of ${digest}.`);
      }
    });
    return { root, buildMs, proofsMs };
  },
  async memory() {
    let levels: Uint8Array[] = [];
    const buildMs = await timed(() => {
      levels = buildTree(Buffer.concat(nodesOf(leaves).sort(Buffer.compare)), sha256);
    });
    const proofsMs = await timed(() => {
      for (const index of proven) proofOf(levels, index);
    });
    return { root: Buffer.from(levels.at(-1) ?? []).toString('hex'), buildMs, proofsMs };
  },
  async peer() {
    let tree: MerkleTree | undefined;
    const buildMs = await timed(() => {
      tree = new MerkleTree(nodesOf(leaves), sha256, {
        sortLeaves: true,
        duplicateOdd: true,
        // OriginStamp's rule: a parent is the hash of its children's hex digits.
        concatenator: (nodes) => Buffer.from(nodes.map((node) => node.toString('hex')).join('')),
      });
    });
    const sorted = tree?.getLeaves() ?? [];
    const proofsMs = await timed(() => {
      for (const index of proven) {
        // With the leaf's place; without it, the peer looks through all leaves for each proof. As text, as ours are.
        const steps = tree?.getProof(sorted[index] ?? Buffer.alloc(32), index);
        for (const { data } of steps ?? []) data.toString('hex');
      }
    });
    return { root: tree?.getRoot().toString('hex') ?? '', buildMs, proofsMs };
  },
};

const outcome = await builders[builder as Builder]();
console.log(JSON.stringify({ ...outcome, peakMiB: peakMemoryMiB(), leavesMiB } satisfies MerkleOutcome));
