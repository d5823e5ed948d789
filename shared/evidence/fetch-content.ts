import { HashmarkError } from '../errors.ts';
import { readAtMost } from '../read-at-most.ts';
import type { Fetch } from './json-rpc.ts';

/** What a gateway said about a CID. Its bytes are not checked yet. */
export type FetchedContent =
  | { kind: 'bytes'; bytes: Uint8Array<ArrayBuffer> }
  /** The gateway answers that it has no such public content: private content looks like this to a stranger. */
  | { kind: 'absent'; detail: string }
  | { kind: 'too-large'; detail: string }
  /** The gateway could not be asked, or could not answer. */
  | { kind: 'unavailable'; detail: string };

const timeoutMs = 30_000;

/**
 * Fetches the bytes of a CID from a gateway. Never throws: what went wrong is in the answer, host first, without the
 * URL's path or query.
 *
 * @param gatewayUrl prefix that ends in `/`, the CID is appended.
 * @param options.limitBytes more than this is not read: `too-large`.
 */
export async function fetchContent(
  gatewayUrl: string,
  cid: string,
  options: { fetch: Fetch; limitBytes: number; signal?: AbortSignal },
): Promise<FetchedContent> {
  const host = new URL(gatewayUrl).host;
  const signal = AbortSignal.any([
    AbortSignal.timeout(timeoutMs),
    ...(options.signal ? [options.signal] : []),
  ]);
  try {
    // Neither cookies nor referrer: a gateway learns which value is read, and nothing else.
    const response = await options.fetch(`${gatewayUrl}${cid}`, {
      signal,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
    });
    if (response.status === 404 || response.status === 410 || response.status === 403) {
      await response.body?.cancel();
      return { kind: 'absent', detail: `${host} has no public content for it (HTTP ${response.status})` };
    }
    if (!response.ok) {
      await response.body?.cancel();
      return { kind: 'unavailable', detail: `${host} answered HTTP ${response.status}` };
    }
    return { kind: 'bytes', bytes: await readAtMost(response.body, options.limitBytes) };
  } catch (error) {
    if (error instanceof HashmarkError && error.code === 'too-large') {
      return { kind: 'too-large', detail: `it is larger than ${options.limitBytes} bytes` };
    }
    const reason =
      (error as Error).name === 'TimeoutError' ? `no answer in ${timeoutMs / 1000} s` : 'no connection';
    return { kind: 'unavailable', detail: `${host}: ${reason}` };
  }
}
