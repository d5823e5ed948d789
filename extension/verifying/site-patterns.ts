/** What the host permission for every web page is called, for `permissions.request` and for scripts. */
export const allSites: string[] = ['http://*/*', 'https://*/*'];

/** A site as the browser's permissions know it. */
export interface Site {
  /** Shown to people, for instance `https://example.org`. */
  origin: string;
  /** Match pattern of the host on every port: patterns have none in Firefox, and permissions have none anywhere. */
  pattern: string;
}

/** Pages of the browsers' stores, which no extension may read. */
const storeHosts = new Set(['chromewebstore.google.com', 'addons.mozilla.org']);

/** The site of a page, or undefined when no extension may read it or its URL is hidden from us. */
export function siteOf(url: string | undefined): Site | undefined {
  if (!url || !URL.canParse(url)) return undefined;
  const { protocol, hostname, origin } = new URL(url);
  if ((protocol !== 'http:' && protocol !== 'https:') || storeHosts.has(hostname)) return undefined;
  return { origin, pattern: `${protocol}//${hostname}/*` };
}
