import { firefoxPath, launchFirefox } from '../../helpers/firefox.ts';
import type { WebSite } from '../../helpers/web-site.ts';
import type { Goal, RunOptions, SuiteReport } from '../harness/report.ts';
import type { BrowserBench } from './browser/page.ts';
import { compareInBrowser, names } from './compare-in-browser.ts';

/** The same in Firefox; undefined where there is none. Its goals follow from what its own native digest does. */
export async function measureFirefox(
  site: WebSite,
  options: RunOptions,
): Promise<(Pick<SuiteReport, 'comparisons' | 'goals'> & { version: string }) | undefined> {
  if (!firefoxPath) return undefined;
  const firefox = await launchFirefox({ isBare: true });
  try {
    const page = await firefox.visit(site.origin);
    const compared = await compareInBrowser(
      'Firefox',
      {
        choose: (paths) => page.chooseFiles('input', paths),
        ours: () => page.evaluate(() => (globalThis as unknown as { bench: BrowserBench }).bench.ours()),
        theirs: (name, sizeBytes) =>
          page.evaluate(
            (name, sizeBytes) =>
              (globalThis as unknown as { bench: BrowserBench }).bench.theirs(name, sizeBytes),
            name,
            sizeBytes,
          ),
        oursOfEach: () =>
          page.evaluate(() => (globalThis as unknown as { bench: BrowserBench }).bench.oursOfEach()),
      },
      options,
    );
    const goals: Goal[] = [
      {
        what: 'Firefox, 64 MiB: both fingerprints against `crypto.subtle.digest` of the whole',
        value: compared.ratio('64 MiB', names.subtle),
        target: { atLeast: 0.8 },
      },
      {
        what: "Firefox, 1 GiB: both fingerprints against hash-wasm's SHA-256",
        value: compared.ratio('1 GiB', names.wasm),
        target: { atLeast: 0.95 },
        note: 'one worker makes both hashes and cuts the leaves out meanwhile. Tried: a worker for each, which takes longer, because bytes move slowly between workers there.',
      },
      compared.batchGoal(1_000),
    ];
    return { version: firefox.version, comparisons: compared.comparisons, goals };
  } finally {
    await firefox.close();
  }
}
