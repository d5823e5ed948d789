import { type Browser, chromium, type Page } from 'playwright-core';

import { chromiumPath } from '../../helpers/browser.ts';
import type { WebSite } from '../../helpers/web-site.ts';
import { peakGrowth } from '../harness/browser-memory.ts';
import { longestTask } from '../harness/longest-task.ts';
import { spreadOf } from '../harness/measure.ts';
import type { Goal, RunOptions } from '../harness/report.ts';
import type { BrowserBench } from './browser/page.ts';
import { type BenchPage, compareInBrowser, names } from './compare-in-browser.ts';
import { makeFile, makeFiles } from './files.ts';

const mebibyte = 1 << 20;
/** The largest file that is hashed in memory on a device of the usual size. */
const inMemoryMiB = 256;
const streamedMiB = 1024;
const memoryRounds = 3;

/** Files that a person chose, in Chromium: speed, memory, and what the page itself feels of it. */
export async function measureChromium(site: WebSite, { isQuick, say }: RunOptions) {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: ['--no-sandbox'] });
  try {
    const compared = await compareInBrowser('Chromium', await openPage(browser, site), { isQuick, say });
    const goals: Goal[] = [
      {
        what: 'Chromium, 64 MiB: both fingerprints against `crypto.subtle.digest` of the whole',
        value: compared.ratio('64 MiB', names.subtle),
        target: { atLeast: 0.8 },
        note: 'the whole is hashed in one call, which can only begin when all of it has been read: the leaves are hashed meanwhile, and cost nothing if reading and both hashes get a core each. Tried: two workers, one of which reads besides (0.7 to 0.9); one (0.5).',
      },
      {
        what: "Chromium, 1 GiB: both fingerprints against hash-wasm's SHA-256",
        value: compared.ratio('1 GiB', names.wasm),
        target: { atLeast: 0.95 },
        note: 'the worker that makes the digest does nothing else; what it waits for is reading, which the other cores may be too busy for.',
      },
      {
        what: "Chromium, 1 GiB: both fingerprints against noble's SHA-256",
        value: compared.ratio('1 GiB', names.noble),
        target: { atLeast: 4 },
        note: 'the table says how fast both are; noble gets a part of the file only.',
      },
      compared.batchGoal(2_500),
    ];
    if (!isQuick) {
      say('Chromium, memory');
      const hashed = await memoryGrowth(browser, site, inMemoryMiB);
      const whereTold = 'only Linux tells of the memory of other processes.';
      goals.push(
        {
          what: `Chromium, ${inMemoryMiB} MiB in memory: growth of the whole browser, as a multiple of the file`,
          value: spreadOf(hashed?.map((mebibytes) => mebibytes / inMemoryMiB)),
          target: { atMost: 2.2 },
          note: hashed
            ? 'the content, the copy that the browser hashes, and the slices on their way between the workers.'
            : whereTold,
        },
        {
          what: 'Chromium, 1 GiB streamed: growth of the whole browser',
          value: spreadOf(await memoryGrowth(browser, site, streamedMiB)),
          unit: 'MiB',
          target: { atMost: 64 },
          note: hashed
            ? 'the slices that are read, 8 MiB on their way between the workers, and what the workers need themselves.'
            : whereTold,
        },
      );
    }
    say('Chromium, longest task');
    goals.push({
      what: 'Chromium: longest task of the page meanwhile (64 MiB, then 1,000 files)',
      value: await measureTasks(browser, site),
      unit: 'ms',
      target: { atMost: 16 },
    });
    return { version: `Chromium ${browser.version()}`, comparisons: compared.comparisons, goals };
  } finally {
    await browser.close();
  }
}

/** The page in a process of its own. */
async function openPage(browser: Browser, site: WebSite): Promise<BenchPage & { page: Page }> {
  const page = await browser.newPage();
  await page.goto(site.origin);
  await page.waitForFunction('globalThis.bench');
  return {
    page,
    choose: (paths) => page.setInputFiles('input', paths),
    ours: () => page.evaluate(() => (globalThis as unknown as { bench: BrowserBench }).bench.ours()),
    theirs: (name, sizeBytes) =>
      page.evaluate(
        ([name, sizeBytes]) =>
          (globalThis as unknown as { bench: BrowserBench }).bench.theirs(name, sizeBytes),
        [name, sizeBytes] as const,
      ),
    oursOfEach: () =>
      page.evaluate(() => (globalThis as unknown as { bench: BrowserBench }).bench.oursOfEach()),
  };
}

/** MiB by which the browser grew at most, in pages that hashed nothing before. */
async function memoryGrowth(
  browser: Browser,
  site: WebSite,
  mebibytes: number,
): Promise<number[] | undefined> {
  const path = await makeFile('chromium-memory', mebibytes * mebibyte);
  const small = await makeFile('chromium-warm-up', 8 * mebibyte);
  const grown: number[] = [];
  for (let round = 0; round < memoryRounds; round += 1) {
    const { page, choose, ours } = await openPage(browser, site);
    // All workers and compiled code are there before: what is asked is what the file takes.
    await choose([small]);
    await ours();
    await choose([path]);
    const growth = await peakGrowth(browser, ours);
    await page.close();
    if (growth === undefined) return undefined;
    grown.push(growth);
  }
  return grown;
}

async function measureTasks(browser: Browser, site: WebSite) {
  const path = await makeFile('chromium-task', 64 * mebibyte);
  const many = await makeFiles('chromium-tasks', 1_000, 4096);
  const { page, choose, ours, oursOfEach } = await openPage(browser, site);
  const longest: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    await choose([path]);
    const ofOne = await longestTask(page, ours);
    await choose(many);
    longest.push(Math.max(ofOne, await longestTask(page, oursOfEach)));
  }
  await page.close();
  return spreadOf(longest);
}
