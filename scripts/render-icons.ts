// Draws the extension's icons: `node scripts/render-icons.ts`. The PNG files are committed, so a build needs no browser.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium } from 'playwright-core';

const folder = resolve(import.meta.dirname, '../public/icon');
const sizes = [16, 32, 48, 96, 128];

/** A hash sign whose last corner turns into a check. Small sizes get thicker lines and less air. */
function drawing(size: number): string {
  const line = size <= 16 ? 15 : size <= 32 ? 13 : 11.5;
  const corner = size <= 16 ? 24 : 29;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 128 128">
  <defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">
    <stop offset="0" stop-color="#2f6bff"/><stop offset="1" stop-color="#1437b8"/></linearGradient></defs>
  <rect x="4" y="4" width="120" height="120" rx="${corner}" fill="url(#g)"/>
  <g fill="none" stroke="#fff" stroke-width="${line}" stroke-linecap="round" stroke-linejoin="round">
    <path d="M51 26 41 102"/><path d="M84 26 80 56"/><path d="M27 48H103"/><path d="M23 79H52"/>
  </g>
  <path d="M64 85 78 100 107 66" fill="none" stroke="#4ade80" stroke-width="${line * 1.15}" stroke-linecap="round" stroke-linejoin="round"/>
</svg>`;
}

mkdirSync(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.HASHMARK_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
for (const size of sizes) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  await page.setContent(`<style>body{margin:0}svg{display:block}</style>${drawing(size)}`);
  await page.screenshot({ path: join(folder, `${size}.png`), omitBackground: true });
  await page.close();
}
await browser.close();
