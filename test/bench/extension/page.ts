import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { Page } from 'playwright-core';

import type { TabVerdicts } from '../../../extension/messages.ts';
import { encodeBundle } from '../../../shared/evidence/bundle.ts';
import { cidOfBlockHash } from '../../../shared/fingerprint/cid.ts';
import { type ExtensionBrowser, launchExtension } from '../../helpers/browser.ts';
import { eventually } from '../../helpers/eventually.ts';
import { runHashmark } from '../../helpers/hashmark-command.ts';
import { startCompanion } from '../../helpers/running-companion.ts';
import { serveSite } from '../../helpers/web-site.ts';
import { buildExtension } from '../harness/built-extension.ts';
import { longestTask } from '../harness/longest-task.ts';
import { type Spread, spreadOf } from '../harness/measure.ts';

export interface MeasuredPage {
  /** From the page's load event to the last hash judged and the last badge shown, in ms. */
  judgedMs: Spread | undefined;
  longestTaskMs: Spread | undefined;
  /** Of the same page where Hashmark does not look. */
  longestTaskAloneMs: Spread | undefined;
  /** Requests of the extension while a page is judged. */
  requests: Spread | undefined;
  /** From the popup's first moment to a list with the page's verdicts, in ms. */
  popupMs: Spread | undefined;
  chromium: string;
}

const rounds = 3;
/** Asking costs the background time, too. */
const askEveryMs = 50;
const patienceMs = 60_000;
const path = '/hashes.html';
const sha256 = (text: string) => createHash('sha256').update(text).digest();

/** A page that shows so many hashes, CIDs and digests in turn, of which some are stamped; and the popup over it. */
export async function measurePage(hashCount: number, stampedCount: number): Promise<MeasuredPage> {
  const stamped = Array.from({ length: stampedCount }, (_, index) => sha256(`stamped ${index}`));
  const others = Array.from({ length: hashCount - stampedCount }, (_, index) => sha256(`other ${index}`));
  const companion = await startCompanion();
  const extension = await launchExtension({ extensionFolder: await buildExtension('chrome') });
  const site = await serveSite({ [path]: { body: pageOf(stamped, others) } });
  try {
    const asker = await extension.open('popup.html');
    const { url, pairingCode: code } = companion.ready;
    await extension.ask(asker, 'companion.pair', { url, code });
    await stamp(stamped, companion.home);
    await extension.ask(asker, 'mirror.refresh');
    await watchPopup(extension);
    const visit = async () => {
      const page = await extension.visit(`${site.origin}${path}`);
      return { page, tabId: await extension.tabId(page) };
    };
    const first = await visit();
    await extension.ask(asker, 'site.enable', { tabId: first.tabId, scope: 'site' });

    const found = { judgedMs: [], longestTaskMs: [], aloneMs: [], requests: [], popupMs: [] } as Record<
      string,
      number[]
    >;
    for (let round = 0; round <= rounds; round += 1) {
      const requestsBefore = await countRequests(extension);
      const { page, tabId } = await visit();
      await untilJudged(extension, asker, page, { tabId, hashCount, stampedCount });
      const judgedMs = await page.evaluate(() => {
        const [{ loadEventStart = 0 } = {}] = performance.getEntriesByType(
          'navigation',
        ) as PerformanceNavigationTiming[];
        return performance.now() - loadEventStart;
      });
      const requests = (await countRequests(extension)) - requestsBefore;
      const popupMs = await openPopup(extension, page);
      await page.close();
      if (round === 0) continue;

      // Once more for the trace, which costs time itself.
      const blank = await extension.visit(`${site.origin}/blank`);
      const blankTab = await extension.tabId(blank);
      const taskMs = await longestTask(blank, async () => {
        await blank.goto(`${site.origin}${path}`);
        await untilJudged(extension, asker, blank, { tabId: blankTab, hashCount, stampedCount });
      });
      await blank.close();
      // Another origin, for which it is not switched on.
      const alone = await extension.visit(`${site.otherOrigin}/blank`);
      const aloneMs = await longestTask(alone, () => alone.goto(`${site.otherOrigin}${path}`));
      await alone.close();
      found.judgedMs?.push(judgedMs);
      found.requests?.push(requests);
      found.popupMs?.push(popupMs);
      found.longestTaskMs?.push(taskMs);
      found.aloneMs?.push(aloneMs);
    }
    return {
      judgedMs: spreadOf(found.judgedMs),
      longestTaskMs: spreadOf(found.longestTaskMs),
      longestTaskAloneMs: spreadOf(found.aloneMs),
      requests: spreadOf(found.requests),
      popupMs: spreadOf(found.popupMs),
      chromium: extension.context.browser()?.version() ?? '',
    };
  } finally {
    await site.close();
    await extension.close();
    await companion.stop();
  }
}

function pageOf(stamped: Buffer[], others: Buffer[]): string {
  // Stamped ones stand among the others, every so often.
  const every = Math.max(1, Math.floor(others.length / stamped.length));
  const hashes = others.flatMap((hash, index) => {
    const due = index % every === 0 ? stamped[index / every] : undefined;
    return due ? [hash, due] : [hash];
  });
  const rows = hashes.map((hash, index) => {
    const text = index % 2 === 0 ? cidOfBlockHash(hash) : hash.toString('hex');
    return `<li><p>Document ${index}</p><code>${text}</code></li>`;
  });
  return `<!doctype html><title>Hashes</title><ol>${rows.join('\n')}</ol>`;
}

/** All in one transaction, as a bundle. */
async function stamp(hashes: Buffer[], home: string): Promise<void> {
  const members = hashes.map((hash) => ({ cid: cidOfBlockHash(hash), digest: hash.toString('hex') }));
  const bundle = join(tmpdir(), 'bundle.json');
  await writeFile(bundle, encodeBundle(members));
  const { code, stderr } = await runHashmark(['stamp', bundle, '--home', home]);
  if (code !== 0) throw new Error(`Stamping ended with ${code}: ${stderr}`);
}

/** Asked of the background as long as hashes are missing: looking at the page itself would take its time. */
async function untilJudged(
  extension: ExtensionBrowser,
  asker: Page,
  page: Page,
  { tabId, hashCount, stampedCount }: { tabId: number; hashCount: number; stampedCount: number },
): Promise<void> {
  await eventually(
    `${hashCount} hashes are judged`,
    async () => {
      await setTimeout(askEveryMs);
      const tab = await extension.ask<TabVerdicts>(asker, 'tab.verdicts', { tabId });
      return tab.candidateCount >= hashCount;
    },
    patienceMs,
  );
  await page.waitForFunction(
    (count) => document.querySelectorAll('hashmark-badge').length >= count,
    stampedCount,
  );
}

/** How many requests the background has made since it was first asked this. */
async function countRequests(extension: ExtensionBrowser): Promise<number> {
  const worker = await extension.worker();
  return worker.evaluate(() => {
    const scope = globalThis as unknown as { requestCount?: number };
    if (scope.requestCount === undefined) {
      scope.requestCount = 0;
      const send = fetch;
      globalThis.fetch = (...request) => {
        scope.requestCount = (scope.requestCount ?? 0) + 1;
        return send(...request);
      };
    }
    return scope.requestCount;
  });
}

/** From now on a popup remembers when it first showed the verdicts of its page. */
async function watchPopup({ context }: ExtensionBrowser): Promise<void> {
  await context.addInitScript(() => {
    if (location.pathname !== '/popup.html') return;
    const look = () => {
      if (document.querySelector('.verdict-row')) Object.assign(globalThis, { shownMs: performance.now() });
      else requestAnimationFrame(look);
    };
    look();
  });
}

/** @returns milliseconds of the popup's own clock. */
async function openPopup(extension: ExtensionBrowser, over: Page): Promise<number> {
  const popup = await extension.openPopup(over);
  const shown = await popup.waitForFunction(() => (globalThis as unknown as { shownMs?: number }).shownMs);
  const ms = await shown.jsonValue();
  await popup.close();
  return ms ?? Number.NaN;
}
