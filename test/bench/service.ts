import { writeFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { join } from 'node:path';

import packageJson from '../../package.json' with { type: 'json' };
import { table } from './measure.ts';
import { measureFanOut } from './service/fan-out.ts';
import {
  measureRegistering,
  measureStamping,
  measureStoring,
  measureVerifying,
  type Row,
} from './service/rows.ts';
import { measureUploading } from './service/uploading.ts';

const reportPath = join(import.meta.dirname, '../../docs/benchmarks-service.md');

/** For trying the suite out: a part of every amount, and no report. */
const scale = Number(process.env.HASHMARK_BENCH_SCALE ?? 1);
const scaled = (amount: number) => Math.max(1, Math.round(amount * scale));

/**
 * The service as its clients see it: over HTTP, durable before each answer, in a process of its own, whose highest memory
 * is what the last column shows. Where something bounds it, the same rows or bytes go straight into the bare store in the
 * same run. One run, minutes long: its table is kept in docs/benchmarks-service.md.
 */
export async function runServiceBench(): Promise<string> {
  const rows: Row[] = [
    await measureRegistering(scaled(30_000)),
    await measureStoring(scaled(10_000), 4096),
    await measureStoring(scaled(2_000), 1 << 20),
    ...(await measureStamping(scaled(100_000))),
    ...(await measureVerifying(scaled(1_000_000), scaled(30_000))),
    ...(await measureFanOut(scaled(1_000))),
    ...(await measureUploading(scaled(5_000_000_000))),
  ];
  const report = table(
    ['what', 'ours', 'bare store', 'ratio', 'peak memory'],
    rows.map(({ what, ours, limit, ratio, peakMemory }) => [
      what,
      ours,
      limit ?? '',
      ratio?.toFixed(2) ?? '',
      `${peakMemory.toFixed(0)} MiB`,
    ]),
  );
  if (scale === 1) await writeFile(reportPath, asPage(report));
  return report;
}

function asPage(report: string): string {
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform()} ${release()} ${arch()}`;
  return `# The service, measured

The last run of \`npm run bench -- service\`, with Hashmark ${packageJson.version} on Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}:
${machine}.

Everything goes over HTTP on one computer, with the client on the same processors, and is on disk before it is answered.
The service runs in a process of its own; "peak memory" is the most that this process held so far, the database's cache
included. "Bare store" is the same rows and bytes in the same run, straight into SQLite and files, with the same durability
and without HTTP, hashing and checks. Speeds are this machine's; what carries over to others are the ratios.

\`\`\`
${report}
\`\`\`
`;
}
