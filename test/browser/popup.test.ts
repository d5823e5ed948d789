import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type ExtensionBrowser, launchExtension } from '../helpers/browser.ts';
import { type Display, openDisplay } from '../helpers/display.ts';
import { eventually } from '../helpers/eventually.ts';

declare const chrome: {
  action: { openPopup(): Promise<void> };
  extension: { getViews(filter: { type: 'popup' }): Window[] };
};

/** The browser's own: the highest and the only one whose size follows its content. */
const highestPx = 600;

let display: Display | undefined;
let extension: ExtensionBrowser;
let options: Page;

beforeAll(async () => {
  display = await openDisplay(); // With windows, a scrollbar takes its room from the page.
  extension = await launchExtension({ display: display?.name, keepsSettings: true });
  options = await extension.open('options.html');
});
afterAll(async () => {
  await extension?.close();
  await display?.close();
});

/** The popup's window as another page of the extension sees it. */
const measure = () =>
  options.evaluate(() => {
    const [popup] = chrome.extension.getViews({ type: 'popup' });
    const root = popup?.document.documentElement;
    const lastIcon = popup?.document.querySelector('.popup-head > :last-child');
    const body = popup?.document.querySelector('.popup-body');
    if (!popup || !root || !lastIcon || !body) return undefined;
    return {
      height: popup.innerHeight,
      width: root.clientWidth,
      stretch: root.scrollWidth - root.clientWidth,
      lastIconEnd: lastIcon.getBoundingClientRect().right,
      bodyStretch: body.scrollWidth - body.clientWidth,
      isScrolling: body.scrollHeight > body.clientHeight,
    };
  });

describe('the popup in its own window', () => {
  it('should be as high as its content, and scroll inside when that is more than the browser gives', async () => {
    await options.bringToFront();
    await (await extension.worker()).evaluate(() => chrome.action.openPopup());
    const small = await eventually('the popup shows', async () => {
      const size = await measure();
      return size && size.height > 200 ? size : undefined;
    });
    expect(small).toMatchObject({ width: 380, stretch: 0, bodyStretch: 0, isScrolling: false });
    expect(small.height).toBeLessThan(highestPx);

    await options.evaluate(() => {
      const [popup] = chrome.extension.getViews({ type: 'popup' });
      const much = popup?.document.createElement('div');
      much?.setAttribute('style', 'height: 1000px');
      popup?.document.querySelector('.popup-body')?.append(much as Node);
    });
    const full = await eventually('the popup has grown', async () => {
      const size = await measure();
      return size && size.height > small.height ? size : undefined;
    });
    expect(full).toMatchObject({ stretch: 0, bodyStretch: 0, isScrolling: true });
    expect(full.height).toBeLessThanOrEqual(highestPx);
    expect(full.lastIconEnd).toBeLessThan(full.width);
  });
});
