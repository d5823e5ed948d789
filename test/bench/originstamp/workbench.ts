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
    await copy(await browser.open('options.html'), lines);
    const times: number[] = [];
    const tasks: number[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      const page = await browser.open('workbench.html');
      const ms = await pasteInto(page, rowCount);
      if (round > 0) times.push(ms);
      await page.close();

      // Once more for the trace, which costs time itself.
      const traced = await browser.open('workbench.html');
      const task = await longestTask(traced, () => pasteInto(traced, rowCount));
      if (round > 0) tasks.push(task);
      await traced.close();
    }
    const version = browser.context.browser()?.version() ?? '';
    return { readyMs: spreadOf(times), longestTaskMs: spreadOf(tasks), version };
  } finally {
    await browser.close();
  }
}

/** Puts text into the browser's clipboard, from another page than the one that is measured: getting it there is no work of that one. */
async function copy(page: Page, text: string): Promise<void> {
  await page.evaluate((text) => {
    // Without a selection the browser has nothing to copy.
    getSelection()?.selectAllChildren(document.body);
    addEventListener('copy', (event) => {
      event.clipboardData?.setData('text/plain', text);
      event.preventDefault();
    });
  }, text);
  await page.keyboard.press('ControlOrMeta+c');
  await page.close();
}

/** Pastes as a user does, by the keyboard. @returns milliseconds from the key to a table that is painted, by the page's clock. */
async function pasteInto(page: Page, rowCount: number): Promise<number> {
  await page.getByLabel('Or paste digests').focus();
  await page.evaluate(() => {
    const note = () => Object.assign(globalThis, { pressedMs: performance.now() });
    addEventListener('keydown', note, { capture: true });
  });
  await page.keyboard.press('ControlOrMeta+v');
  return page.evaluate(
    async (ready) => {
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
      return performance.now() - (globalThis as unknown as { pressedMs: number }).pressedMs;
    },
    `Stamp ${rowCount.toLocaleString('en')} digests`,
  );
}
