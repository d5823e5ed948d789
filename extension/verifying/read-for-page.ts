import { browser } from 'wxt/browser';

import { HashmarkError } from '../../shared/errors.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import type { Sender } from '../messaging.ts';
import { fingerprintClaimed } from './claim-content.ts';

/**
 * Reads a page's own content for our script in it. In Firefox a page's content security policy binds the requests of
 * content scripts too (Chromium exempts them), so a page could keep a false claim from being found out; the background
 * is not bound, and the permission that verifying there needs lets it read.
 *
 * @throws HashmarkError `claim-unreadable`, also for everything but the asking page's own origin: it must not learn more
 *   through us than it may read itself
 */
export async function readForPage(url: unknown, { url: pageUrl }: Sender): Promise<Fingerprint> {
  const target = typeof url === 'string' && URL.canParse(url) ? new URL(url) : undefined;
  if (!target || !pageUrl || target.origin !== new URL(pageUrl).origin || !/^https?:$/.test(target.protocol))
    throw new HashmarkError('claim-unreadable', 'It is not the page’s own content');
  const origins = [`${target.protocol}//${target.hostname}/*`];
  if (!(await browser.permissions.contains({ origins })))
    throw new HashmarkError('claim-unreadable', 'Hashmark has no permission for this site any more');
  // Here nothing keeps a redirect inside the origin, so there may be none.
  return fingerprintClaimed(target.href, { credentials: 'include', redirect: 'error' });
}
