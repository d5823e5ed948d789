import { isIP } from 'node:net';
import type { Context, MiddlewareHandler } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { openToEveryOrigin } from '../cors.ts';
import { answerJson, fail } from '../originstamp/envelope.ts';
import { failureCodes, WireFailure } from '../originstamp/failure.ts';
import { toOriginstampPath } from '../originstamp/paths.ts';

/** Reading what is public is cheap, and one page may show dozens of images. */
const readsPerApiRequest = 10;
const minuteMs = 60_000;
/** Buckets kept at once; past that, the longest unused are forgotten, which is in their clients' favour. */
const maxBuckets = 10_000;

const apiPath = /^\/(webhook|api\/v1\/webhook|v3|jwt)(\/|$)/;
/** A monitor may ask as often as it likes. */
const freePath = /^\/healthcheck$/;

/**
 * A token bucket per client address: so many requests at once, and so many a minute. Requests from this computer, and
 * those made in process, are not counted. Over the limit the answer is 429 with `Retry-After`, in seconds.
 */
export function limitRate({
  settings,
  now,
}: Pick<ServiceContext, 'settings' | 'now'>): MiddlewareHandler<ServiceEnv> {
  // When each bucket is full again, in Unix milliseconds: that one number says how many tokens are left at any time.
  const fullAt = new Map<string, number>();

  /** @returns 0 when the request may pass, else after how many seconds to come back. */
  function take(key: string, perMinute: number): number {
    const at = now();
    const tokenMs = minuteMs / perMinute;
    const untilFullMs = (fullAt.get(key) ?? at) - at;
    // More than a minute: the clock was set back, and what was noted before says nothing.
    const missingMs = untilFullMs > minuteMs + 1 ? 0 : Math.max(0, untilFullMs);
    const waitMs = missingMs - (minuteMs - tokenMs);
    // Fractions of a millisecond are rounding.
    if (waitMs > 1) return Math.ceil(waitMs / 1000);
    fullAt.delete(key);
    fullAt.set(key, at + missingMs + tokenMs);
    if (fullAt.size > maxBuckets) fullAt.delete(fullAt.keys().next().value ?? '');
    return 0;
  }

  return async (c, next) => {
    const { requestsPerMinute } = settings;
    const address = clientAddress(c);
    if (requestsPerMinute === null || address === undefined || c.req.method === 'OPTIONS') return next();
    const { path } = c.req;
    if (freePath.test(path)) return next();
    const isOriginstamp = toOriginstampPath(path, settings.originstampPrefix) !== undefined;
    const isApi = isOriginstamp || apiPath.test(path);
    const perMinute = isApi ? requestsPerMinute : requestsPerMinute * readsPerApiRequest;
    const waitSeconds = take(`${isApi ? 'api' : 'read'} ${networkOf(address)}`, perMinute);
    if (waitSeconds === 0) return next();
    const message = `Too many requests: at most ${perMinute} a minute are allowed. Try again in ${waitSeconds} s.`;
    const headers = { 'Retry-After': String(waitSeconds) };
    const answer = isOriginstamp
      ? answerJson(fail(new WireFailure(failureCodes.rate, message)), 429, headers)
      : c.json({ success: false, message }, 429, headers);
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
  const forwarded = withoutPort(c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '');
  return forwarded === '' || isLoopback(forwarded) ? undefined : forwarded;
}

/** Some proxies name the port too: `203.0.113.7:5000`, `[2001:db8::1]:5000`. */
function withoutPort(text: string): string {
  const [, v6, v4] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(text) ?? [];
  // What is no address stands for itself: whoever sends it shares one bucket.
  return (v6 ?? v4 ?? text).slice(0, 64);
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
