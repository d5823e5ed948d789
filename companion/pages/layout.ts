import { html } from 'hono/html';

/** Escaped HTML, as `hono/html` makes it. */
export type Markup = ReturnType<typeof html>;

/** The companion's pages run no script, load nothing from elsewhere, and cannot be framed. */
export const pageHeaders: Record<string, string> = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** One whole page. Every value in a template is escaped by `html`. */
export function layOut(title: string, content: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/assets/style.css">
<link rel="icon" href="/assets/icon-32.png" type="image/png">
</head>
<body>
<main>
${content}
</main>
</body>
</html>
`;
}

/** The heading that both pages share. */
export function heading(title: string): Markup {
  return html`<header><img src="/assets/icon-96.png" width="40" height="40" alt=""><h1>${title}</h1></header>`;
}
