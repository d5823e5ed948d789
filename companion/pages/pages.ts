import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Hono } from 'hono';

import { createFingerprinter, type Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { nodePlatform } from '../fingerprint/node-platform.ts';
import { projectFolder } from '../project.ts';
import { readStyle } from '../read-style.ts';
import { demoPage } from './demo-page.ts';
import { alteredDiploma, diploma } from './diploma.ts';
import { pageHeaders } from './layout.ts';
import { type Status, statusPage } from './status-page.ts';

/** What the pages show of the running companion. */
export interface PagesDeps {
  status: () => Promise<Status>;
  isDiplomaStamped: () => boolean;
}

const style = readStyle(join(import.meta.dirname, 'style.css'));
/** The extension's own icons: one product, one face. */
const icons = [32, 96].map(
  (size) =>
    [size, new Uint8Array(readFileSync(join(projectFolder, 'public', 'icon', `${size}.png`)))] as const,
);

/** The sample is a document of its own: it may style itself, and nothing else. */
const diplomaHeaders = {
  ...pageHeaders,
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
};

/** The companion's pages for people: `GET /`, `GET /demo` and what they show. */
export function createPages({ status, isDiplomaStamped }: PagesDeps): Hono {
  const app = new Hono();
  let fingerprint: Promise<Fingerprint> | undefined;
  const send = (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) =>
    new Response(body, { headers });
  const sendPage = async (page: Promise<unknown> | unknown) =>
    send(String(await page), { ...pageHeaders, 'content-type': 'text/html; charset=utf-8' });

  app.get('/', async () => sendPage(statusPage(await status())));
  app.get('/demo', async () => {
    fingerprint ??= fingerprintBytes(diploma);
    return sendPage(demoPage(await fingerprint, isDiplomaStamped()));
  });
  app.get('/demo/diploma.html', () => send(new Uint8Array(diploma), diplomaHeaders));
  app.get('/demo/diploma-altered.html', () => send(alteredDiploma, diplomaHeaders));
  app.get('/assets/style.css', () =>
    send(style, { 'content-type': 'text/css; charset=utf-8', 'x-content-type-options': 'nosniff' }),
  );
  for (const [size, bytes] of icons) {
    app.get(`/assets/icon-${size}.png`, () =>
      send(bytes, { 'content-type': 'image/png', 'x-content-type-options': 'nosniff' }),
    );
  }
  return app;
}

async function fingerprintBytes(bytes: Uint8Array): Promise<Fingerprint> {
  const fingerprinter = createFingerprinter(nodePlatform);
  await fingerprinter.update(bytes);
  return fingerprinter.finish();
}
