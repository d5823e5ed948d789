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
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
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
  return html`<header><img src="/assets/icon.svg" width="40" height="40" alt=""><h1>${title}</h1></header>`;
}

/** A hash sign whose last stroke is a check mark. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#14663d"/>
<g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round">
<path d="M12.5 6.5 10 25.5M8 12.5h17M7 19.5h7"/>
<path d="m15.500 20.500 3.500 4 6.500-11" stroke="#8df0bb"/>
<path d="M20.500 6.500 20 10"/>
</g></svg>
`;
