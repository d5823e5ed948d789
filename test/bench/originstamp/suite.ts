import { packageVersion } from '../harness/machine.ts';
import { once, ratioOf, type Spread } from '../harness/measure.ts';
import type { Comparison, Goal, Suite } from '../harness/report.ts';
import { bare, ours } from '../service/writing.ts';
import { measureAccepting, perBulk } from './accepting.ts';
import { measureTrees } from './merkle.ts';
import { measureWorkbench } from './workbench.ts';

const peer = 'merkletreejs';

/** Bulk stamping by digest: accepting them, their trees and proofs, and the page where they are pasted. */
export const originstampSuite: Suite = {
  name: 'originstamp',
  title: 'Digests in bulk',
  async run({ isQuick, say }) {
    const scaled = (amount: number) => (isQuick ? Math.ceil(amount / 50) : amount);
    say('accepting');
    const accepting = await measureAccepting(scaled(500));
    say('trees');
    const leafCount = scaled(1_000_000);
    const proofCount = scaled(20_000);
    const trees = await measureTrees(
      [
        { builder: 'file', leafCount, proofCount },
        { builder: 'memory', leafCount, proofCount: leafCount },
        { builder: 'peer', leafCount, proofCount: leafCount },
      ],
      3,
    );
    const [file, memory, other] = [trees.get('file'), trees.get('memory'), trees.get('peer')];
    say('workbench');
    const rowCount = scaled(100_000);
    const workbench = await measureWorkbench(rowCount);

    const whole = (count: number) => count.toLocaleString('en');
    const comparisons: Comparison[] = [
      {
        title: `Digests accepted over HTTP, in bulks of ${perBulk}, durable`,
        unit: 'digests/s',
        contenders: [ours, bare],
        rows: [
          {
            label: 'bulk/create',
            values: [accepting.measured.speed(ours), accepting.measured.speed(bare)],
            peakMemoryMiB: accepting.peakMemoryMiB,
          },
        ],
      },
      {
        title: `The Merkle tree of ${whole(leafCount)} digests`,
        contenders: [`${ours}, in a file`, `${ours}, in memory`, peer],
        rows: [
          {
            label: 'leaves built',
            unit: '/s',
            values: [file, memory, other].map((tree) => tree?.leavesPerSecond),
          },
          {
            label: 'proofs made',
            unit: '/s',
            values: [file, memory, other].map((tree) => tree?.proofsPerSecond),
          },
          {
            label: 'memory, less is better',
            unit: 'MiB',
            values: [file, memory, other].map((tree) => tree && once(tree.growthMiB)),
          },
        ],
      },
    ];
    const goals: Goal[] = [
      {
        what: `digests accepted, against the bare store`,
        value: accepting.measured.ratio(ours, bare),
        target: { atLeast: 0.3 },
      },
      {
        what: `${whole(leafCount)} leaves built, sorted and synced into a file, against ${peer}`,
        value: ratioOf(file?.leavesPerSecond, other?.leavesPerSecond),
        target: { atLeast: 1 },
      },
      {
        what: `memory for it, against ${peer}`,
        value: file && other && once(file.growthMiB / other.growthMiB),
        target: { atMost: 0.5 },
      },
      {
        what: `all ${whole(leafCount)} proofs in memory`,
        value: secondsFor(leafCount, memory?.proofsPerSecond),
        unit: 's',
        target: { atMost: 10 },
      },
      {
        what: `${whole(rowCount)} lines pasted into the workbench: table ready`,
        value: workbench.readyMs,
        unit: 'ms',
        target: { atMost: 1_000 },
      },
      {
        what: 'longest task of its page meanwhile',
        value: workbench.longestTaskMs,
        unit: 'ms',
        target: { atMost: 100 },
      },
    ];
    return {
      versions: [...(workbench.version ? [`Chromium ${workbench.version}`] : []), await packageVersion(peer)],
      method: [
        `Digests go over HTTP to a service in a process of its own, with a chain and an open seed, and are on disk before they are answered; the
bare store takes the same rows in transactions of the same size. Trees are built by the published rule from the same leaves, each in
a process of its own, and their roots are compared. The service builds them into a file, in a thread, from digests in any order, and reads each
proof from there and recomputes it before it gives it away; in memory, and by ${peer}, a proof is taken from the levels and written as
text. Memory is what comes on top of the leaves themselves. All proofs are made, and from the file ${whole(proofCount)}, spread over the tree. The workbench is an extension page, the
paste a real one, by the keyboard, of lines with a name each.`,
      ],
      comparisons,
      figures: [],
      goals,
    };
  },
};

function secondsFor(count: number, perSecond: Spread | undefined): Spread | undefined {
  return (
    perSecond && {
      median: count / perSecond.median,
      min: count / perSecond.max,
      max: count / perSecond.min,
    }
  );
}
