import * as v from 'valibot';

import type { Issuer } from '../../shared/evidence/issuer.ts';
import { isLocalChain } from '../../shared/evidence/local-chains.ts';
import { isLoopbackHost } from '../../shared/loopback.ts';

/** Nobody between the endpoint and us may change what it says: https, or http on this computer. */
function isSafeUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username || password || hash) return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

const urlText = v.pipe(v.string(), v.trim(), v.maxLength(2_048, 'This address is too long'));
/** An address that nobody in between can change the answers of. */
export const safeUrl = v.pipe(
  urlText,
  v.check(isSafeUrl, 'Expected an https:// address (http:// on this computer only), without user name or #'),
);
/** Something is appended to it, so it ends where that begins. */
const prefix = v.pipe(
  safeUrl,
  v.transform((text) => (/[/=]$/.test(text) ? text : `${text}/`)),
);
const name = (what: string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.minLength(1, `Give ${what} a name`),
    v.maxLength(80, 'At most 80 characters'),
  );
const address = (what: string) =>
  v.pipe(
    v.string(),
    v.trim(),
    v.regex(/^0x[0-9a-fA-F]{40}$/, `Expected ${what}: 0x and 40 hex digits`),
    v.transform((text) => text as `0x${string}`),
  );
const blockCount = (least: number, text: string) =>
  v.pipe(v.number(text), v.safeInteger(text), v.minValue(least, text));

/** An issuer that a user wrote down, or that a file brought: every message is for the person who typed it. */
export const issuerSchema = v.pipe(
  v.object({
    name: name('the issuer'),
    chainId: blockCount(1, 'Expected the chain’s number, for instance 8453'),
    chainName: name('the chain'),
    contract: address('a contract address'),
    wallet: v.optional(address('a wallet address')),
    startBlock: blockCount(0, 'Expected the number of a block, 0 or more'),
    rpcUrls: v.pipe(
      v.array(safeUrl),
      v.minLength(1, 'At least one RPC endpoint is needed to read the chain'),
      v.maxLength(8, 'At most eight RPC endpoints'),
      v.check((urls) => new Set(urls).size === urls.length, 'One endpoint stands here twice'),
    ),
    gatewayUrl: prefix,
    explorerTxUrl: v.optional(prefix),
    finality: v.variant('kind', [
      v.object({
        kind: v.literal('confirmations'),
        blocks: blockCount(1, 'Expected a number of blocks, 1 or more'),
      }),
      v.object({ kind: v.literal('tag'), tag: v.picklist(['safe', 'finalized']) }),
    ]),
  }),
  v.transform((issuer): Issuer => {
    const { explorerTxUrl, wallet, ...rest } = issuer;
    return {
      ...rest,
      ...(wallet ? { wallet } : {}),
      ...(explorerTxUrl ? { explorerTxUrl } : {}),
      isLocal: isLocalChain(issuer.chainId),
    };
  }),
);

/** Extra RPC endpoints for an issuer that a companion brought. */
export const extraRpcUrls = v.pipe(
  v.array(safeUrl),
  v.maxLength(8, 'At most eight RPC endpoints'),
  v.check((urls) => new Set(urls).size === urls.length, 'One endpoint stands here twice'),
);

/** Host patterns that have to be permitted to read an issuer: its endpoints and its gateway, and nothing else. */
export function originsOf({
  rpcUrls,
  gatewayUrl,
}: Pick<Issuer, 'rpcUrls'> & { gatewayUrl?: string }): string[] {
  const urls = gatewayUrl === undefined ? rpcUrls : [...rpcUrls, gatewayUrl];
  return [
    ...new Set(
      urls.map((url) => {
        // Without its port, which Firefox's patterns cannot say.
        const { protocol, hostname } = new URL(url);
        return `${protocol}//${hostname}/*`;
      }),
    ),
  ];
}
