/** Draws every scenario to PNG files: `node test/helpers/ui-gallery/main.ts FOLDER [part of a name]`. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

import { type Look, openGallery } from './gallery.ts';
import { scenarios as others } from './scenarios.ts';
import { workbenchScenarios } from './workbench-scenarios.ts';

const [folder, part = ''] = process.argv.slice(2);
if (!folder) {
  console.error('Say where the pictures go: node test/helpers/ui-gallery/main.ts FOLDER [part of a name]');
  process.exit(64);
}
await mkdir(folder, { recursive: true });

const widths = { popup: [380], options: [1100, 320], report: [900, 320], workbench: [1100, 320] };
/** The highest that a browser makes a popup. */
const popupHeight = 600;
const scenarios = [...others, ...workbenchScenarios];
const gallery = await openGallery();
try {
  for (const scenario of scenarios.filter(({ name }) => name.includes(part))) {
    for (const width of widths[scenario.page]) {
      for (const colorScheme of ['light', 'dark'] as const satisfies Look['colorScheme'][]) {
        const page = await gallery.open(scenario, { colorScheme, width });
        await page.screenshot({
          path: join(folder, `${scenario.name}-${width}-${colorScheme}.png`),
          fullPage: true,
        });
        if (scenario.page === 'popup') {
          await page.setViewportSize({ width, height: popupHeight });
          await page.screenshot({ path: join(folder, `${scenario.name}-as-popup-${colorScheme}.png`) });
        }
        await page.context().close();
      }
    }
  }
} finally {
  await gallery.close();
}
