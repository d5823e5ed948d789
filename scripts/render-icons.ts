// Draws the extension's icons: `node scripts/render-icons.ts`. The PNG files are committed, so a build needs no browser.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

import { mark, markWeight } from '../extension/ui/mark.ts';
import { findChromium } from './browsers.mjs';

const folder = resolve(import.meta.dirname, '../public/icon');
const sizes = [16, 32, 48, 96, 128];

function drawing(size: number): string {
  const { hash, check, corner } = markWeight(size);
  const { x, y, width, height } = mark.ground;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 128 128">
  <defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">
    <stop offset="0" stop-color="${mark.groundColours[0]}"/><stop offset="1" stop-color="${mark.groundColours[1]}"/></linearGradient></defs>
  <rect x="${x}" y="${y}" width="${width}" height="${height}" rx="${corner}" fill="url(#g)"/>
  <g fill="none" stroke-linecap="round" stroke-linejoin="round">
    <path d="${mark.hash}" stroke="${mark.hashColour}" stroke-width="${hash}"/>
    <path d="${mark.check}" stroke="${mark.checkColour}" stroke-width="${check}"/>
  </g>
</svg>`;
}

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: findChromium(),
  args: ['--no-sandbox'],
});
for (const size of sizes) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0}svg{display:block}</style>${drawing(size)}`);
  await page.screenshot({ path: join(folder, `${size}.png`), omitBackground: true });
  await page.close();
}
await browser.close();
