import { isIP } from 'node:net';
import type { Context, MiddlewareHandler } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { openToEveryOrigin } from '../cors.ts';

/** Reading what is public is cheap, and one page may show dozens of images. */
const readsPerApiRequest = 10;
const minuteMs = 60_000;
/** Buckets kept at once; past that, the longest unused are forgotten, which is in their clients' favour. */
const maxBuckets = 10_000;

const apiPath = /^\/(webhook|api\/v1\/webhook|v3|jwt)(\/|$)/;
/** A monitor may ask as often as it likes. */
const freePath = /^\/healthcheck$/;

interface Bucket {
  tokens: number;
  /** Unix milliseconds. */
  filledAt: number;
}

/**
 * A token bucket per client address: so many requests at once, and so many a minute. Requests from this computer, and
 * those made in process, are not counted. Over the limit the answer is 429 with `Retry-After`, in seconds.
 */
export function limitRate({
  settings,
  now,
}: Pick<ServiceContext, 'settings' | 'now'>): MiddlewareHandler<ServiceEnv> {
  const buckets = new Map<string, Bucket>();

  /** @returns 0 when the request may pass, else after how many seconds to come back. */
  function take(key: string, perMinute: number): number {
    const at = now();
    const known = buckets.get(key);
    const refilled = known && known.tokens + ((at - known.filledAt) / minuteMs) * perMinute;
    const tokens = Math.min(refilled ?? perMinute, perMinute);
    const isAllowed = tokens >= 1;
    buckets.delete(key);
    buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, filledAt: at });
    if (buckets.size > maxBuckets) buckets.delete(buckets.keys().next().value ?? '');
    return isAllowed ? 0 : Math.ceil(((1 - tokens) / perMinute) * (minuteMs / 1000));
  }

  return async (c, next) => {
    const { requestsPerMinute } = settings;
    const address = clientAddress(c);
    if (requestsPerMinute === null || address === undefined || c.req.method === 'OPTIONS') return next();
    const { path } = c.req;
    if (freePath.test(path)) return next();
    const isApi = apiPath.test(path);
    const perMinute = isApi ? requestsPerMinute : requestsPerMinute * readsPerApiRequest;
    const waitSeconds = take(`${isApi ? 'api' : 'read'} ${networkOf(address)}`, perMinute);
    if (waitSeconds === 0) return next();
    const answer = c.json(
      {
        success: false,
        message: `Too many requests: at most ${perMinute} a minute are allowed. Try again in ${waitSeconds} s.`,
      },
      429,
      { 'Retry-After': String(waitSeconds) },
    );
    openToEveryOrigin(answer.headers);
    return answer;
  };
}

/** Where a request comes from; undefined for this computer. */
function clientAddress(c: Context<ServiceEnv>): string | undefined {
  const peer = c.env?.incoming?.socket.remoteAddress;
  if (peer === undefined) return undefined;
  if (!isLoopback(peer)) return peer;
  // A proxy or tunnel on this computer says for whom it asks: the last address is the one that it saw itself. Who lies
  // here is on this computer already, and only takes a limit upon himself.
  const forwarded = c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
  return isIP(forwarded) !== 0 && !isLoopback(forwarded) ? forwarded : undefined;
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./i.test(address);
}

/** An IPv6 client owns at least a /64 and may use every address in it. */
function networkOf(address: string): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').toLowerCase().split('::');
  const first = head === '' ? [] : head.split(':');
  const last = tail ? tail.split(':') : [];
  const gap = tail === undefined ? 0 : Math.max(0, 8 - first.length - last.length);
  const groups = [...first, ...Array<string>(gap).fill('0'), ...last];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
