import { browser } from 'wxt/browser';

import { HashmarkError } from '../../../shared/errors.ts';
import { readAtMost } from '../../../shared/read-at-most.ts';
import { type ResourceContent, resourceLimits } from './resources.ts';

const timeoutMs = 10 * 60_000;

/**
 * Reads a URL with the extension's own rights: only where the user gave the permission for its site.
 *
 * @param pageUrl the page that named it, when it was not the user: a page must not make us read the computer or the
 *   network around it, to which the permission for all sites reaches as well, and no more than a resource may have
 * @throws HashmarkError `resource-not-readable`, with what to do
 */
export async function readPermitted(
  url: string,
  credentials: 'include' | 'omit',
  pageUrl?: string,
): Promise<ResourceContent> {
  const { origin, hostname, protocol } = new URL(url);
  const fail = (why: string, cause?: unknown) =>
    new HashmarkError(
      'resource-not-readable',
      `${origin === 'null' ? protocol : origin} could not be read: ${why}`,
      {
        data: { origin },
        cause,
      },
    );
  if (!/^(https?|data):$/.test(protocol)) throw fail('only http and https addresses can be.');
  const isForbidden = (host: string) =>
    pageUrl !== undefined && isPrivateHost(host) && !isPrivateHost(new URL(pageUrl).hostname);
  const reachesIn = 'a page of the internet may not reach into this network.';
  if (isForbidden(hostname)) throw fail(reachesIn);
  if (
    protocol !== 'data:' &&
    !(await browser.permissions.contains({ origins: [`${protocol}//${hostname}/*`] }))
  )
    throw fail(
      'the page may not read it and Hashmark has no permission for that site. Allow it in the options, then retry.',
    );
  try {
    const response = await fetch(url, { credentials, signal: AbortSignal.timeout(timeoutMs) });
    // The page's own server may have redirected us to where the page itself may not send us.
    if (response.redirected && isForbidden(new URL(response.url).hostname)) {
      await response.body?.cancel();
      throw fail(reachesIn);
    }
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    const type = response.headers.get('content-type') ?? '';
    const bytes =
      pageUrl === undefined
        ? await response.blob()
        : new Blob([await readAtMost(response.body, resourceLimits.resourceBytes)]);
    return { bytes, type, url: response.url || url };
  } catch (error) {
    if (error instanceof HashmarkError && error.code === 'resource-not-readable') throw error;
    throw fail(
      `${error instanceof Error ? error.message : error}. Check that it opens in a tab, then retry.`,
      error,
    );
  }
}

/** Names and address ranges that belong to this computer or the network around it. */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/^\[|\]$|\.$/g, '');
  if (/(^|\.)(localhost|local|internal|home\.arpa)$/.test(host)) return true;
  if (host.includes(':')) return /^(::1?$|::ffff:|f[cd]|fe[89ab])/.test(host);
  return /^(0|10|127)\.|^169\.254\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(
    host,
  );
}
