import { rm } from 'node:fs/promises';

import { type Contender, type Measured, measure, type Spread } from '../harness/measure.ts';
import type { Comparison, ComparisonRow, Goal, RunOptions } from '../harness/report.ts';
import type { PeerName } from './browser/peer-worker.ts';
import { makeFile, makeFiles } from './files.ts';

/** The measured page, whichever browser shows it. Times are milliseconds by the page's own clock. */
export interface BenchPage {
  choose(paths: string[]): Promise<void>;
  ours(): Promise<number>;
  theirs(name: PeerName, sizeBytes: number): Promise<number>;
  oursOfEach(): Promise<number>;
}

export const names = {
  ours: 'Hashmark, SHA-256 and CID',
  subtle: 'crypto.subtle, whole',
  wasm: 'hash-wasm, streaming',
  noble: 'noble, streaming',
} as const;

const mebibyte = 1 << 20;
const sizes: [string, number][] = [
  ['1 MiB', mebibyte],
  ['16 MiB', 16 * mebibyte],
  ['64 MiB', 64 * mebibyte],
  ['1 GiB', 1 << 30],
];
/** The browser's own hash needs the whole in memory, twice. */
const subtleUpToBytes = 256 * mebibyte;
/** JavaScript is as fast, or slow, for any amount: it gets a part of a large file, and speeds are compared. */
const nobleUpToBytes = 16 * mebibyte;
const batchCount = 1_000;

/** The same files by Hashmark and by each way to make one SHA-256 of them, all in workers, from disk. */
export async function compareInBrowser(
  browser: string,
  page: BenchPage,
  { isQuick, say }: RunOptions,
): Promise<{
  comparisons: Comparison[];
  /** Ours against another, at a size. */
  ratio(size: string, other: string): Spread | undefined;
  batchGoal(atLeast: number): Goal;
}> {
  const bySize = new Map<string, Measured>();
  const rows: ComparisonRow[] = [];
  for (const [label, sizeBytes] of sizes) {
    if (isQuick && sizeBytes > 64 * mebibyte) continue;
    say(`${browser}, ${label}`);
    const path = await makeFile('browser-content', sizeBytes);
    await page.choose([path]);
    const peer = (key: PeerName, upToBytes: number): Contender => {
      const bytes = Math.min(sizeBytes, upToBytes);
      return { name: names[key], amount: bytes / 1e6, run: () => page.theirs(key, bytes) };
    };
    const contenders = [
      { name: names.ours, amount: sizeBytes / 1e6, run: () => page.ours() },
      peer('wasm', Number.POSITIVE_INFINITY),
      peer('noble', nobleUpToBytes),
    ];
    if (sizeBytes <= subtleUpToBytes) contenders.push(peer('subtle', subtleUpToBytes));
    const measured = await measure(contenders, { withinMs: 8_000 });
    bySize.set(label, measured);
    rows.push({
      label,
      values: [names.ours, names.subtle, names.wasm, names.noble].map((name) => measured.speed(name)),
    });
    await rm(path);
  }
  say(`${browser}, ${batchCount} files of 4 KiB`);
  await page.choose(await makeFiles(`${browser}-batch`, batchCount, 4096));
  const batch = await measure([{ name: names.ours, amount: batchCount, run: () => page.oursOfEach() }]);
  const batchLabel = `${batchCount.toLocaleString('en')} files of 4 KiB`;
  return {
    comparisons: [
      {
        title: `A file in ${browser}`,
        unit: 'MB/s',
        contenders: [names.ours, names.subtle, names.wasm, names.noble],
        rows,
      },
    ],
    ratio: (size, other) => bySize.get(size)?.ratio(names.ours, other),
    batchGoal: (atLeast) => ({
      what: `${browser}, ${batchLabel}`,
      value: batch.speed(names.ours),
      unit: 'files/s',
      target: { atLeast },
    }),
  };
}
