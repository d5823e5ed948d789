import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { html, raw } from 'hono/html';

import { formatBytes } from '../../../shared/format.ts';
import { readStyle } from '../../read-style.ts';
import type { Brand } from './brand.ts';

/** Escaped HTML, as `hono/html` makes it: every value in a template is escaped. */
export type Markup = ReturnType<typeof html>;

export interface Page {
  title: string;
  /** One sentence for previews of the link. */
  description: string;
  /** Whose page it is. */
  brand: Brand;
  /** What stands beside the name of the issuer, for instance "issued by". */
  role: string;
  content: Markup;
}

const style = readStyle(join(import.meta.dirname, 'page.css'));
const styleHash = createHash('sha256').update(style).digest('base64');

/**
 * Answers with one whole page for people. It runs no script, loads nothing but the issuer's logo, cannot be framed, and
 * carries its style with it, so that it can be saved and printed as it is.
 */
export async function sendPage(page: Page, status = 200): Promise<Response> {
  const images = [...new Set(["'self'", originOf(page.brand.logo)])];
  return new Response(String(await layOut(page)), {
    status,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${styleHash}'; img-src ${images.join(' ')}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'X-Robots-Tag': 'noindex',
      'Cache-Control': 'no-store',
    },
  });
}

function layOut({ title, description, brand, role, content }: Page): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="${description}">
<title>${title}</title>
<style>${raw(style)}</style>
<link rel="icon" href="/widget/CL-Glyph-Icon.png" type="image/png">
</head>
<body>
<main>
<div class="issuer"><img src="${brand.logo}" width="36" height="36" alt=""><div>${role}<b>${brand.name}</b></div></div>
${content}
</main>
</body>
</html>
`;
}

/** An image's origin for the policy; the page's own when the address is not one. */
function originOf(address: string): string {
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)
    ? new URL(address).origin
    : "'self'";
}

/** `22 November 2026, 02:33:10 UTC`: exact, and the same for every reader, because no script can ask for their zone. */
export function readableTime(seconds: number): Markup {
  const date = new Date(seconds * 1000);
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }).format(date);
  const time = date.toISOString().slice(11, 19);
  return html`<time datetime="${date.toISOString()}">${day}, ${time} UTC</time>`;
}

/** `1.5 MB (1,500,000 bytes)`. */
export function readableSize(bytes: number): string {
  const text = formatBytes(bytes);
  return bytes < 1000 ? text : `${text} (${bytes.toLocaleString('en')} bytes)`;
}

/** Icons of the states, drawn with the colour of the text around them. */
export const icons: Record<'good' | 'note' | 'wait' | 'none', Markup> = {
  good: icon('M4.5 10.5l3.6 3.6 7.4-8'),
  note: icon('M10 4.5v7 M10 15.2v.1'),
  wait: icon('M10 2.8a7.2 7.2 0 1 0 0 14.4a7.2 7.2 0 0 0 0-14.4 M10 6.4v4l2.6 1.5'),
  none: icon('M5 10h10'),
};

function icon(path: string): Markup {
  return html`<svg width="18" height="18" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="${path}"/></svg>`;
}
