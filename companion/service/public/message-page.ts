import { html } from 'hono/html';

import type { Brand } from './brand.ts';
import { icons, type Page } from './page.ts';

/** A page that says one thing, for instance that there is nothing here, and what to do about it. */
export function messagePage(
  brand: Brand,
  { mark, title, text, hash }: { mark: string; title: string; text: string; hash?: string },
): Page {
  return {
    title,
    description: text,
    brand,
    role: 'Service of',
    content: html`<section class="card verdict">
<p class="mark">${icons.none} ${mark}</p>
<h1>${title}</h1>
<p class="when">${text}</p>
</section>
${hash === undefined ? '' : html`<section class="card"><dl><dt>CID</dt><dd class="hash">${hash}</dd></dl></section>`}`,
  };
}
