import { HashmarkError } from '../../../shared/errors.ts';
import type { HashReference } from '../../../shared/evidence/verdict.ts';
import type { Fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import type { PageClaim } from '../../messages.ts';
import { fingerprintClaimed } from '../claim-content.ts';

/** An address is told with its verdict, to people: a page may make one of any length. */
const longestToldUrl = 1_000;

/**
 * Reads the content that a page presents under a CID, as the page itself would, and fingerprints it. Undefined when it is
 * not the page's own: another origin's content says nothing about what this page serves, and is not asked for.
 *
 * @param readElsewhere has the background read it, where the browser refuses it here
 */
export async function readClaim(
  hash: HashReference,
  url: string,
  pageUrl: string,
  readElsewhere: (url: string) => Promise<Fingerprint>,
): Promise<PageClaim | undefined> {
  if (!URL.canParse(url, pageUrl)) return undefined;
  const target = new URL(url, pageUrl);
  if (target.origin !== new URL(pageUrl).origin || !/^https?:$/.test(target.protocol)) return undefined;
  target.hash = '';
  const claim = { hash, url: target.href.slice(0, longestToldUrl) };
  try {
    // Redirects to another origin fail: it would no longer be the page's content.
    const reading = fingerprintClaimed(target.href, { mode: 'same-origin', credentials: 'same-origin' });
    return { ...claim, actual: await reading.catch((error) => tryElsewhere(error, target.href)) };
  } catch (error) {
    const isReason = error instanceof HashmarkError && error.code === 'claim-unreadable';
    return { ...claim, failure: isReason ? error.message : 'It could not be read from the page' };
  }

  function tryElsewhere(error: unknown, address: string): Promise<Fingerprint> {
    if (error instanceof HashmarkError) throw error; // It was read, and what came is the answer.
    return readElsewhere(address);
  }
}
