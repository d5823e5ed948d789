import type { HashReference } from '../../../shared/evidence/verdict.ts';
import type { PageClaim } from '../../messages.ts';
import { fingerprintStream } from '../../stamping/fingerprint-blob.ts';

/** More than this is not read without being asked: the report page checks a dropped file of any size. */
const claimLimitBytes = 8 * 1024 * 1024;
const claimTimeoutMs = 20_000;

/**
 * Reads the content that a page presents under a CID, as the page itself would, and fingerprints it. Undefined when it is
 * not the page's own: another origin's content says nothing about what this page serves, and is not asked for.
 */
export async function readClaim(
  hash: HashReference,
  url: string,
  pageUrl: string,
): Promise<PageClaim | undefined> {
  if (!URL.canParse(url, pageUrl)) return undefined;
  const target = new URL(url, pageUrl);
  if (target.origin !== new URL(pageUrl).origin || !/^https?:$/.test(target.protocol)) return undefined;
  target.hash = '';
  const claim = { hash, url: target.href };
  try {
    const response = await fetch(target.href, {
      // Redirects to another origin fail: it would no longer be the page's content.
      mode: 'same-origin',
      credentials: 'same-origin',
      signal: AbortSignal.timeout(claimTimeoutMs),
    });
    if (!response.ok || !response.body)
      return { ...claim, failure: `The page answered HTTP ${response.status} for it` };
    return { ...claim, actual: await fingerprintStream(response.body, { onProgress: refuseLarge }) };
  } catch (error) {
    const { name, message } = error as Error;
    const isLimit = name === 'RangeError';
    return { ...claim, failure: isLimit ? message : 'It could not be read from the page' };
  }
}

/** Ends the pass, and with it the download: a page decides how large its content is. */
function refuseLarge(bytesDone: number): void {
  if (bytesDone > claimLimitBytes)
    throw new RangeError(`It is larger than ${claimLimitBytes / 1024 / 1024} MiB`);
}
