import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Hono } from 'hono';

import type { ServiceEnv } from '../context.ts';

/** Our own script, style and artwork, at the paths where pages of this wire look for them. */
const assets = [
  { path: '/clverify.js', file: 'clverify.js', type: 'text/javascript; charset=utf-8' },
  { path: '/clverify.css', file: 'clverify.css', type: 'text/css; charset=utf-8' },
  { path: '/CL-Glyph-Icon.png', file: 'artwork/glyph.png', type: 'image/png' },
  {
    path: '/CL-Logo-White-Semitransparent-500.png',
    file: 'artwork/logo-white-500.png',
    type: 'image/png',
  },
].map((asset) => ({ ...asset, bytes: new Uint8Array(readFileSync(join(import.meta.dirname, asset.file))) }));

/** Pages of any origin load them; an hour is short enough for a new version to arrive. */
const headers = {
  'Cache-Control': 'public, max-age=3600',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'X-Content-Type-Options': 'nosniff',
};

/** Adds the widget's script, style and artwork. */
export function addAssets(app: Hono<ServiceEnv>): void {
  for (const { path, bytes, type } of assets) {
    app.get(path, () => new Response(bytes, { headers: { ...headers, 'Content-Type': type } }));
  }
}
