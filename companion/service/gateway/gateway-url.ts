import type { ServiceContext } from '../context.ts';
import { signQuery } from '../signed-url.ts';

/** Path of a CID on the gateway. */
export function gatewayPath(cid: string): string {
  return `/ipfs/${cid}`;
}

/** Absolute URL of published content. */
export function gatewayUrl({ publicUrl }: Pick<ServiceContext, 'publicUrl'>, cid: string): string {
  return `${publicUrl()}${gatewayPath(cid)}`;
}

const privateLinkLifetimeSeconds = 2 * 60 * 60;
/** Links made within ten minutes are equal, so that a client that lists twice sees no difference, and caches work. */
const privateLinkStepSeconds = 10 * 60;

/** Absolute URL of private content, readable by whoever holds it for between 1 h 50 min and 2 h. */
export function privateGatewayUrl(
  { publicUrl, linkSigningKey, now }: Pick<ServiceContext, 'publicUrl' | 'linkSigningKey' | 'now'>,
  cid: string,
): string {
  const path = gatewayPath(cid);
  const nowSeconds = Math.floor(now() / 1000);
  const query = signQuery(linkSigningKey, {
    purpose: 'read',
    path,
    startSeconds: nowSeconds - (nowSeconds % privateLinkStepSeconds),
    lifetimeSeconds: privateLinkLifetimeSeconds,
  });
  return `${publicUrl()}${path}?${query}`;
}
