import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import type { Spread } from '../harness/measure.ts';
import { spreadOf } from '../harness/measure.ts';
import type { Builder, MerkleOutcome } from './merkle-process.ts';

/** What one way of building gave: leaves and proofs a second, and the memory that it added to its leaves. */
export interface MeasuredTree {
  leavesPerSecond: Spread | undefined;
  proofsPerSecond: Spread | undefined;
  peakMiB: number;
  growthMiB: number;
}

export interface TreeOrder {
  builder: Builder;
  leafCount: number;
  /** Proofs of leaves that are spread over the whole tree. */
  proofCount: number;
}

/** Builds trees in turn, each in a process of its own, and checks that all of one size have the same root. */
export async function measureTrees(
  orders: readonly TreeOrder[],
  rounds: number,
): Promise<Map<Builder, MeasuredTree>> {
  const outcomes = new Map<Builder, MerkleOutcome[]>(orders.map(({ builder }) => [builder, []]));
  const roots = new Map<number, string>();
  for (let round = 0; round < rounds; round += 1) {
    for (const { builder, leafCount, proofCount } of orders) {
      const outcome = await runProcess({ builder, leafCount, proofCount });
      const root = roots.get(leafCount) ?? outcome.root;
      if (root !== outcome.root)
        throw new Error(`The roots of ${leafCount} leaves differ: ${root}, ${outcome.root}.`);
      roots.set(leafCount, root);
      outcomes.get(builder)?.push(outcome);
    }
  }
  return new Map(
    orders.map(({ builder, leafCount, proofCount }) => {
      const all = outcomes.get(builder) ?? [];
      return [
        builder,
        {
          leavesPerSecond: spreadOf(all.map(({ buildMs }) => (1000 * leafCount) / buildMs)),
          proofsPerSecond: spreadOf(all.map(({ proofsMs }) => (1000 * proofCount) / proofsMs)),
          peakMiB: Math.max(...all.map(({ peakMiB }) => peakMiB)),
          growthMiB: Math.max(...all.map(({ peakMiB, leavesMiB }) => peakMiB - leavesMiB)),
        },
      ];
    }),
  );
}

async function runProcess({ builder, leafCount, proofCount }: TreeOrder): Promise<MerkleOutcome> {
  const script = join(import.meta.dirname, 'merkle-process.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [
    script,
    builder,
    String(leafCount),
    String(proofCount),
  ]);
  return JSON.parse(stdout);
}
