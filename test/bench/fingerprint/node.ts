import { execFile } from 'node:child_process';
import { hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { fingerprintFiles } from '../../../companion/fingerprint/batch.ts';
import { fingerprintFile } from '../../../companion/fingerprint/fingerprint-file.ts';
import { type Contender, measure, timed } from '../harness/measure.ts';
import type { Comparison, ComparisonRow, Goal, RunOptions } from '../harness/report.ts';
import { makeFile, makeFiles } from './files.ts';
import { importCid } from './importer.ts';

const exec = promisify(execFile);
const mebibyte = 1 << 20;
const sizes: [string, number][] = [
  ['1 KiB', 1 << 10],
  ['16 KiB', 16 << 10],
  ['256 KiB', 256 << 10],
  ['1 MiB', mebibyte],
  ['8 MiB', 8 * mebibyte],
  ['64 MiB', 64 * mebibyte],
  ['1 GiB', 1 << 30],
];
/** From here on the start of a program is not most of what it takes. */
const opensslFromBytes = 64 * mebibyte;
/** A sample of small content is as many passes as come to this: a clock's tick and a collection of garbage must not count. */
const sampleBytes = 32 * mebibyte;
const mostPasses = 500;

const ours = 'Hashmark, SHA-256 and CID';
const openssl = 'openssl dgst, SHA-256';
const importer = 'ipfs-unixfs-importer, CID';
const alone = 'one thread, open, read and SHA-256';

/** Files of many sizes, and many small files, on disk and warm in the page cache. */
export async function measureNode({ isQuick, say }: RunOptions) {
  const hasOpenssl = await exec('openssl', ['version']).then(
    () => true,
    () => false,
  );
  const rows: ComparisonRow[] = [];
  const goals: Goal[] = [];
  for (const [label, sizeBytes] of sizes) {
    if (isQuick && sizeBytes > 64 * mebibyte) continue;
    say(`Node, ${label}`);
    const path = await makeFile('node-content', sizeBytes);
    const passes = Math.min(mostPasses, Math.max(1, Math.floor(sampleBytes / sizeBytes)));
    const contender = (name: string, run: () => Promise<unknown>): Contender => ({
      name,
      amount: (passes * sizeBytes) / 1e6,
      run: () =>
        timed(async () => {
          for (let pass = 0; pass < passes; pass += 1) await run();
        }),
    });
    const contenders = [
      contender(ours, () => fingerprintFile(path)),
      contender(importer, () => importCid(path, sizeBytes)),
    ];
    if (hasOpenssl && sizeBytes >= opensslFromBytes)
      contenders.push(contender(openssl, () => exec('openssl', ['dgst', '-sha256', path])));
    const measured = await measure(contenders, { rounds: sizeBytes > 64 * mebibyte ? 5 : 9 });
    rows.push({
      label,
      values: [ours, openssl, importer].map((name) => measured.speed(name)),
      ...(sizeBytes === 1 << 30 ? { peakMemoryMiB: await peakMemory(path) } : {}),
    });
    goals.push({
      what: `Node, ${label}: both fingerprints against the importer's CID`,
      value: measured.ratio(ours, importer),
      target: { atLeast: 1 },
    });
    if (sizeBytes >= opensslFromBytes)
      goals.push({
        what: `Node, ${label}: both fingerprints against \`openssl dgst -sha256\``,
        value: measured.ratio(ours, openssl),
        target: { atLeast: 0.9 },
        note: hasOpenssl ? undefined : 'there is no `openssl` on this machine.',
      });
    await rm(path);
  }
  const batch = await measureBatch(isQuick ? 1_000 : 20_000, say);
  const comparison: Comparison = {
    title: 'A file in Node',
    unit: 'MB/s',
    contenders: [ours, openssl, importer],
    rows,
  };
  return {
    versions: hasOpenssl
      ? [(await exec('openssl', ['version'])).stdout.split(' ').slice(0, 2).join(' ')]
      : [],
    comparisons: [comparison, batch.comparison],
    goals: [...goals, batch.goal],
  };
}

async function measureBatch(
  count: number,
  say: RunOptions['say'],
): Promise<{ comparison: Comparison; goal: Goal }> {
  say(`Node, ${count} files of 4 KiB`);
  const paths = await makeFiles('node-batch', count, 4096);
  const measured = await measure([
    {
      name: ours,
      amount: count,
      run: () =>
        timed(async () => {
          for await (const { result, path } of fingerprintFiles(paths)) {
            if (result.status === 'rejected') throw new Error(`${path}: ${result.reason}`);
          }
        }),
    },
    { name: alone, amount: count, run: () => timed(() => hashEach(paths)) },
  ]);
  const value = measured.speed(ours);
  return {
    comparison: {
      title: 'Many small files in Node',
      unit: 'files/s',
      contenders: [ours, alone],
      rows: [{ label: `${count.toLocaleString('en')} × 4 KiB`, values: [value, measured.speed(alone)] }],
    },
    goal: {
      what: `Node, ${count.toLocaleString('en')} files of 4 KiB`,
      value,
      unit: 'files/s',
      target: { atLeast: 100_000 },
    },
  };
}

/** The least that anybody who hashes files in one thread does: open, read, close and one SHA-256. */
function hashEach(paths: readonly string[]): void {
  const memory = new Uint8Array(64 << 10);
  for (const path of paths) {
    const file = openSync(path, 'r');
    hash('sha256', memory.subarray(0, readSync(file, memory)), 'hex');
    closeSync(file);
  }
}

/** Highest memory of a process that fingerprints the file and nothing else, in MiB, Node itself included. */
async function peakMemory(path: string): Promise<number> {
  const { stdout } = await exec(process.execPath, [join(import.meta.dirname, 'node-memory.ts'), path]);
  return Number(stdout);
}
