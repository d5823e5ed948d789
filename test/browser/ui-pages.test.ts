import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { type Gallery, type Look, openGallery } from '../helpers/ui-gallery/gallery.ts';
import { scenarios as others } from '../helpers/ui-gallery/scenarios.ts';
import { workbenchScenarios } from '../helpers/ui-gallery/workbench-scenarios.ts';

const scenarios = [...others, ...workbenchScenarios];
const narrow = { popup: 380, options: 320, report: 320, workbench: 320 };
const wide = { popup: 520, options: 1100, report: 900, workbench: 1100 };

let gallery: Gallery;
beforeAll(async () => {
  gallery = await openGallery();
});
afterAll(() => gallery?.close());

/** Beside the room that a scrollbar takes. */
const overflowOf = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

describe('the popup', () => {
  const popups = scenarios.filter(({ page }) => page === 'popup');

  it.concurrent.each(popups)(
    'should fit in 380 by 600 pixels and scroll inside only: $name',
    async (scenario) => {
      const page = await gallery.open(scenario, { colorScheme: 'light', width: 380, height: 600 });
      try {
        expect(await overflowOf(page)).toBeLessThanOrEqual(0);
        const { height, cut } = await page.evaluate(() => ({
          height: document.documentElement.scrollHeight,
          cut: [...document.querySelectorAll<HTMLElement>('.popup-head > *, .popup-body > *')]
            .filter((part) => {
              const room = part.parentElement as HTMLElement;
              return part.offsetLeft + part.offsetWidth > room.offsetLeft + room.clientWidth;
            })
            .map(({ className }) => className),
        }));
        expect(height).toBeLessThanOrEqual(600);
        expect(cut).toEqual([]);
      } finally {
        await page.context().close();
      }
    },
  );
});

describe('pages of the extension', () => {
  it.concurrent.each(scenarios)('should be accessible and fit, light and dark: $name', async (scenario) => {
    const light: Look = { colorScheme: 'light', width: narrow[scenario.page] };
    const dark: Look = { colorScheme: 'dark', width: wide[scenario.page] };
    const page = await gallery.open(scenario, light);
    try {
      await expectSound(page, light);
      await page.emulateMedia({ colorScheme: dark.colorScheme });
      await page.setViewportSize({ width: dark.width, height: 800 });
      await expectSound(page, dark);
    } finally {
      await page.context().close();
    }
  });
});

async function expectSound(page: Page, { colorScheme, width }: Look): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`);
  expect(found, `${colorScheme}, ${width} px`).toEqual([]);
  expect(await overflowOf(page), `pixels that stand out to the side at ${width} px`).toBeLessThanOrEqual(0);
}
