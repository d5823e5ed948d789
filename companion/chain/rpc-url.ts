import { HashmarkError } from '../../shared/errors.ts';
import { isLoopbackHost } from '../../shared/loopback.ts';

/** As long as this, a part of a path or of a host name is a key, not a word. */
const shortestKey = 16;

/**
 * Whether the URL must not be shown: providers put their keys into the path (`/v2/KEY`), the query (`?apikey=KEY`), the
 * user info, and some into the host name. When in doubt it is secret: the price of a mistake is only a detour.
 */
export function isSecretRpcUrl(text: string): boolean {
  const url = new URL(text);
  if (url.username || url.password || url.search || url.hash) return true;
  const words = [...url.pathname.split('/'), ...(isAddress(url) ? [] : url.hostname.split('.'))];
  return words.some((word) => word.length >= shortestKey && /^[\w-]+$/.test(word) && !isPhrase(word));
}

/** The URL as people may see it: scheme and host, and the rest only when it holds no key. */
export function describeRpcUrl(text: string): string {
  const url = new URL(text);
  return isSecretRpcUrl(text) ? `${url.protocol}//${url.host}/…` : url.href;
}

/**
 * An RPC endpoint's URL in its one form.
 * @throws HashmarkError `bad-rpc-url`, without repeating a text that may hold a key.
 */
export function parseRpcUrl(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const isEncrypted = url?.protocol === 'https:';
  const isLocal = url?.protocol === 'http:' && isLoopbackHost(url.hostname);
  if (!url || !(isEncrypted || isLocal)) {
    throw new HashmarkError(
      'bad-rpc-url',
      `${url ? `The RPC URL of ${url.host}` : 'That'} cannot be used: expected https://…, or http:// for a node on this computer. An unencrypted endpoint could be made to lie by anybody on the way.`,
    );
  }
  url.hash = '';
  return url.href;
}

function isAddress(url: URL): boolean {
  return url.hostname.startsWith('[') || /^[\d.]+$/.test(url.hostname);
}

/** Words with hyphens, as in `base-sepolia-rpc`: letters only, and none longer than a word is. */
function isPhrase(text: string): boolean {
  return text.split('-').every((word) => /^[a-z]{1,14}$/.test(word));
}
