import { once, ratioOf } from '../harness/measure.ts';
import { formatNumber, type Suite } from '../harness/report.ts';
import { measurePackage } from './packages.ts';
import { measurePage } from './page.ts';

const kibibyte = 1024;

/** What a person notices of the extension: on a page full of hashes, in the popup, and when it is installed. */
export const extensionSuite: Suite = {
  name: 'extension',
  title: 'The extension',
  async run({ isQuick, say }) {
    say('packages');
    const chrome = await measurePackage('chrome');
    const firefox = await measurePackage('firefox');
    const hashCount = isQuick ? 500 : 10_000;
    const stampedCount = isQuick ? 20 : 200;
    say(`a page with ${hashCount} hashes`);
    const page = await measurePage(hashCount, stampedCount);
    const whole = (count: number) => count.toLocaleString('en');
    const what = `a page with ${whole(hashCount)} hashes`;
    return {
      versions: [`Chromium ${page.chromium}`],
      method: [
        `The page shows ${whole(hashCount)} different hashes, CIDs and digests in turn, of which ${whole(stampedCount)} are stamped; the extension in Chromium
is paired with a companion that runs on the same computer, and has read its record before. It is judged when the last hash is, and the last
badge shows. Times are the page's own, from its load event, and the popup's own, from its first moment; the longest task is that of
the page's main thread, from Chromium's trace, with everything that the page does itself: reading and laying out so many lines takes the browser
some time, too. Package sizes are those of the zip that a store
gets.`,
      ],
      comparisons: [
        {
          title: 'What a person waits for, in Chromium',
          unit: 'ms',
          contenders: ['Hashmark', 'the page without it'],
          rows: [
            { label: `${whole(hashCount)} hashes judged`, values: [page.judgedMs, undefined] },
            { label: 'longest task of the page', values: [page.longestTaskMs, page.longestTaskAloneMs] },
            { label: 'popup with verdicts', values: [page.popupMs, undefined] },
          ],
        },
        {
          title: 'Package',
          unit: 'KiB',
          contenders: ['Hashmark'],
          rows: [
            { label: 'Chromium', values: [once(chrome.zipBytes / kibibyte)] },
            { label: 'Firefox', values: [once(firefox.zipBytes / kibibyte)] },
          ],
        },
      ],
      figures: [
        {
          what: 'files in the package for Chromium',
          value: `${chrome.files}, ${formatNumber(chrome.bytes / kibibyte)} KiB unpacked`,
        },
        {
          what: 'files in the package for Firefox',
          value: `${firefox.files}, ${formatNumber(firefox.bytes / kibibyte)} KiB unpacked`,
        },
      ],
      goals: [
        {
          what: `${what}: judged`,
          value: page.judgedMs,
          unit: 'ms',
          target: { atMost: 2_000 },
          note: 'nearly half of it is the browser’s: for each group of badges it lays out the whole page again. Our own work comes after everything else that the page does.',
        },
        {
          what: `${what}: longest task of the page, as a multiple of what the page alone has`,
          value: ratioOf(page.longestTaskMs, page.longestTaskAloneMs),
          note: 'the browser lays the page out again when badges are added; our own work is done in slices.',
          target: { atMost: 1.5 },
        },
        { what: `${what}: requests made`, value: page.requests, target: { atMost: 100 } },
        {
          what: 'popup with the verdicts of its page',
          value: page.popupMs,
          unit: 'ms',
          target: { atMost: 150 },
        },
        {
          what: 'larger of the two packages',
          value: once(Math.max(chrome.zipBytes, firefox.zipBytes) / kibibyte),
          unit: 'KiB',
          target: { atMost: 1_024 },
        },
      ],
    };
  },
};
