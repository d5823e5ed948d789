import type { Page } from 'playwright-core';

import { launchExtension } from '../../helpers/browser.ts';
import { buildExtension } from '../harness/built-extension.ts';
import { longestTask } from '../harness/longest-task.ts';
import { type Spread, spreadOf } from '../harness/measure.ts';
import { digestAt } from '../service/samples.ts';

const rounds = 3;

/** From a paste of so many lines into the workbench to the table that shows them, and the longest that the page was held meanwhile. */
export async function measureWorkbench(
  rowCount: number,
): Promise<{ readyMs: Spread | undefined; longestTaskMs: Spread | undefined; version: string }> {
  const browser = await launchExtension({ extensionFolder: await buildExtension('chrome') });
  try {
    const lines = Array.from(
      { length: rowCount },
      (_, index) => `${digestAt(index)}  scan ${index}.tiff\n`,
    ).join('');
    const times: number[] = [];
    const tasks: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const page = await browser.open('workbench.html');
      const ms = await pasteInto(page, lines, rowCount);
      if (round > 0) times.push(ms);
      await page.close();

      // Once more for the trace, which costs time itself.
      const traced = await browser.open('workbench.html');
      const task = await longestTask(traced, () => pasteInto(traced, lines, rowCount));
      if (round > 0) tasks.push(task);
      await traced.close();
    }
    const version = browser.context.browser()?.version() ?? '';
    return { readyMs: spreadOf(times), longestTaskMs: spreadOf(tasks), version };
  } finally {
    await browser.close();
  }
}

/** @returns milliseconds from the paste to a table that is painted, by the page's clock. */
async function pasteInto(page: Page, text: string, rowCount: number): Promise<number> {
  await page.getByLabel('Or paste digests').waitFor();
  await page.evaluate((text) => {
    Object.assign(globalThis, { pasted: text });
  }, text);
  return page.evaluate(
    async (ready) => {
      const { pasted } = globalThis as unknown as { pasted: string };
      const clipboardData = new DataTransfer();
      clipboardData.setData('text/plain', pasted);
      const field = document.querySelector('textarea');
      const startedMs = performance.now();
      field?.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
      // Looks at every frame: the table is ready when the one that shows it has been painted.
      await new Promise<void>((resolve) => {
        const look = () => {
          const button = [...document.querySelectorAll('button')].find(({ textContent }) =>
            textContent?.includes(ready),
          );
          if (button && document.querySelector('[role=row], tr')) resolve();
          else requestAnimationFrame(look);
        };
        look();
      });
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - startedMs;
    },
    `Stamp ${rowCount.toLocaleString('en')} digests`,
  );
}
