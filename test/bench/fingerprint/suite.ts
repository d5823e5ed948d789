import { packageVersion } from '../harness/machine.ts';
import type { Suite } from '../harness/report.ts';
import { serveBenchPage } from './browser/site.ts';
import { measureChromium } from './chromium.ts';
import { measureFirefox } from './firefox.ts';
import { measureNode } from './node.ts';

/** SHA-256 and CID of files, in one pass, against one SHA-256 by the fastest means and against those who make the CID alone. */
export const fingerprintSuite: Suite = {
  name: 'fingerprint',
  title: 'Fingerprints',
  async run(options) {
    const node = await measureNode(options);
    const site = await serveBenchPage();
    try {
      const chromium = await measureChromium(site, options);
      const firefox = await measureFirefox(site, options);
      return {
        versions: [
          ...node.versions,
          chromium.version,
          ...(firefox ? [firefox.version] : []),
          ...(await Promise.all(['ipfs-unixfs-importer', 'hash-wasm', '@noble/hashes'].map(packageVersion))),
        ],
        method: [
          `Hashmark makes two fingerprints of everything, its SHA-256 and its CID; those it is compared with make one of the two. Files lie on
disk, warm in the page cache, and are read by everybody. The time of \`openssl\` includes its start, a few milliseconds, which
is why smaller files are not compared with it. In browsers the others make a SHA-256 only; a file was chosen in a page, and everybody works in workers; noble gets the
first 16 MiB of larger files.`,
        ],
        comparisons: [...node.comparisons, ...chromium.comparisons, ...(firefox?.comparisons ?? [])],
        figures: [],
        goals: [...node.goals, ...chromium.goals, ...(firefox?.goals ?? [])],
      };
    } finally {
      await site.close();
    }
  },
};
