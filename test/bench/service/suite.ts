import { once } from '../harness/measure.ts';
import type { Comparison, ComparisonRow, Figure, Goal, Suite } from '../harness/report.ts';
import { measureLocalChain } from './chain.ts';
import { measureFanOut } from './fan-out.ts';
import { measureStamping, measureVerifying } from './reading.ts';
import { measureUploading } from './uploading.ts';
import { bare, type MeasuredWrites, measureRegistering, measureStoring, ours } from './writing.ts';

const megabyte = 1_000_000;

/**
 * The service as its clients see it: over HTTP, durable before each answer, in a process of its own. Where something bounds it,
 * the same rows or bytes go straight into the bare store in the same run.
 */
export const serviceSuite: Suite = {
  name: 'service',
  title: 'The service',
  async run({ isQuick, say }) {
    const scaled = (amount: number) => (isQuick ? Math.ceil(amount / 50) : amount);
    const rows: ComparisonRow[] = [];
    const goals: Goal[] = [];
    const take = (
      label: string,
      unit: string,
      atLeast: number,
      { measured, peakMemoryMiB }: MeasuredWrites,
      note?: string,
    ) => {
      rows.push({ label, unit, values: [measured.speed(ours), measured.speed(bare)], peakMemoryMiB });
      goals.push({
        what: `${label}, against the bare store`,
        value: measured.ratio(ours, bare),
        target: { atLeast },
        ...(note === undefined ? {} : { note }),
      });
      return peakMemoryMiB;
    };
    say('hashes');
    take('hashes registered', '/s', 0.25, await measureRegistering(scaled(5_000)));
    say('small files');
    take('files of 4 KiB stored', '/s', 0.3, await measureStoring(scaled(2_000), 4096));
    say('larger files');
    take(
      'files of 1 MiB stored',
      '/s',
      0.3,
      await measureStoring(scaled(300), 1 << 20),
      'up to 1 MiB both hashes are made on the thread that also serves HTTP; larger files are hashed in a thread beside, while they come.',
    );
    say('a very large file');
    const wholeBytes = scaled(5_000) * megabyte;
    const memory = take(
      `${wholeBytes / 1e9} GB in one request`,
      'MB/s',
      0.35,
      await measureUploading('in one request', wholeBytes),
    );
    say('the same, resumable');
    const resumableBytes = scaled(2_000) * megabyte;
    take(
      `${resumableBytes / 1e9} GB resumable`,
      'MB/s',
      0.4,
      await measureUploading('resumable', resumableBytes),
      'each piece of 50 MiB is on disk before it is answered, where the bare store waits for the disk once, at its end.',
    );
    goals.push({
      what: `${wholeBytes / 1e9} GB in one request: peak memory of the service`,
      value: once(memory),
      unit: 'MiB',
      target: { atMost: 320 },
      note: 'some 190 MiB are the process before the first byte, 25 MiB the hashing thread; the rest is mostly what came by HTTP, is written, and waits for the collector.',
    });

    say('a large group');
    const stamping = await measureStamping(scaled(100_000));
    goals.push({
      what: `a group of ${scaled(100_000).toLocaleString('en')} files: transactions`,
      value: once(stamping.transactions),
      target: { atMost: 1 },
    });
    say('verifying');
    const verifying = await measureVerifying(scaled(1_000_000), scaled(10_000));
    say('events');
    const fanOut = await measureFanOut(scaled(1_000));
    goals.push({
      what: 'events to 1,000 readers, 20 a second: slowest hundredth',
      value: once(fanOut[0]?.p99Ms ?? Number.NaN),
      unit: 'ms',
      target: { atMost: 100 },
    });
    say('the local chain');
    const chain = await measureLocalChain(scaled(1_000));
    const comparison: Comparison = { title: 'Over HTTP', contenders: [ours, bare], rows };
    const figures: Figure[] = [...stamping.figures, ...verifying, ...fanOut, ...chain];
    return {
      versions: [],
      method: [
        `Everything goes over HTTP on one computer, with the client on the same processors, and is on disk before it is answered. The service
runs in a process of its own; "peak memory" is the most that this process held so far, the database's cache included. The bare store
takes the same rows and bytes in the same run, straight into SQLite and files, with the same durability and without HTTP, hashing
and checks.`,
      ],
      comparisons: [comparison],
      figures,
      goals,
    };
  },
};
