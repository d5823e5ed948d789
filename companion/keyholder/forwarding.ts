import { HashmarkError } from '../../shared/errors.ts';
import {
  forwardedAnswerHeaders,
  forwardedRequestHeaders,
  pickHeaders,
} from '../../shared/wire/companion-signing.ts';

/** One upstream, with everything the extension must not know about it. */
export interface Upstream {
  /** The account's webhook URL, with its API key as the last segment; no query. */
  webhookUrl: string;
  secretKey: string;
  /** Where it stamps digests, when it does. */
  originstamp?: {
    /** What stands before `/v3` and `/v4`; no trailing slash. */
    baseUrl: string;
    key: string;
  };
  /** How it is reached: the network, or the embedded service in this process. */
  fetch: (request: Request) => Promise<Response>;
}

/** One thing that may be asked of an account. */
export interface ForwardedRoute {
  methods: ('GET' | 'HEAD' | 'POST' | 'PATCH' | 'DELETE')[];
  /**
   * Path below `/keyholder/{account}`; parts that vary are `:name{pattern}`. `/webhook` stands for the account's webhook URL,
   * `/v3` and `/v4` are those of its OriginStamp API.
   */
  path: '/webhook' | `/webhook/${string}` | `/v3/${string}` | `/v4/${string}`;
  /** Query parameters that pass; any other is refused, because one of them could carry a credential. */
  query: string[];
  /** Answers that may take as long as they like. */
  isStream?: boolean;
}

/** Everything that is forwarded. What is not listed does not exist. */
export const forwardedRoutes: ForwardedRoute[] = [
  { methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'], path: '/webhook', query: [] },
  { methods: ['GET'], path: '/webhook/events/stream', query: [], isStream: true },
  {
    methods: ['GET'],
    path: '/webhook/upload-link',
    query: ['expires', 'filename', 'group_id', 'max_file_size', 'allow_mime_types', 'keyvalues'],
  },
  {
    methods: ['GET'],
    path: '/webhook/download-link',
    query: ['expires', 'img-width', 'img-height', 'img-fit'],
  },
  // Stamping digests and asking for their proofs. Webhooks are not here: they are for servers, and name any address.
  { methods: ['POST'], path: '/v4/timestamp/create', query: [] },
  { methods: ['POST'], path: '/v4/timestamp/bulk/create', query: [] },
  { methods: ['GET'], path: '/v4/timestamp/:digest{[0-9a-fA-F]{64}}', query: [] },
  { methods: ['GET'], path: '/v4/timestamp/status/seed/:seed{[0-9a-fA-F-]{36}}', query: [] },
  { methods: ['POST'], path: '/v3/timestamp/proof/url', query: [] },
  { methods: ['GET'], path: '/v3/api_key/usage', query: [] },
  { methods: ['GET'], path: '/v3/currencies/get', query: [] },
];

/** An upstream may wait for a chain before it answers a stamp (25 s by its contract). */
const upstreamTimeoutMs = 40_000;

/**
 * Sends a checked request on, with account name and signature replaced by the real key and secret.
 * @returns the upstream's answer, reduced to the headers that may pass.
 * @throws HashmarkError `upstream-refused-address` for http to another machine, `file-bytes-refused` for a multipart
 * body, `query-refused`, `upstream-unreachable`, `no-route` for an account that cannot do what the route is for.
 */
export async function forward(
  upstream: Upstream,
  route: ForwardedRoute,
  request: { method: string; url: URL; headers: Headers; body: Uint8Array<ArrayBuffer>; signal: AbortSignal },
): Promise<Response> {
  const { target, credential } = aim(upstream, route, request.url.pathname);
  checkUpstreamUrl(target);
  for (const [name, value] of request.url.searchParams) {
    if (!route.query.includes(name)) {
      throw new HashmarkError(
        'query-refused',
        `The keyholder does not forward the query parameter "${name}".`,
      );
    }
    target.searchParams.append(name, value);
  }
  const headers = new Headers(pickHeaders(request.headers, forwardedRequestHeaders));
  if (/^multipart\//i.test(headers.get('content-type') ?? '')) {
    throw new HashmarkError(
      'file-bytes-refused',
      'File bytes do not pass through the keyholder: ask for an upload link and send them there.',
    );
  }
  headers.set(...credential);

  const signals = route.isStream
    ? [request.signal]
    : [request.signal, AbortSignal.timeout(upstreamTimeoutMs)];
  try {
    const answer = await upstream.fetch(
      new Request(target, {
        method: request.method,
        headers,
        ...(request.body.byteLength > 0 ? { body: request.body } : {}),
        // A redirect could lead the secret to another host.
        redirect: 'manual',
        signal: AbortSignal.any(signals),
      }),
    );
    if (answer.status >= 300 && answer.status < 400) {
      throw new HashmarkError(
        'upstream-unreachable',
        `The account's service wants to redirect (${answer.status}), which the keyholder does not follow.`,
      );
    }
    // HEAD has no body, and neither may these statuses.
    const hasBody = request.method !== 'HEAD' && ![204, 205].includes(answer.status);
    return new Response(hasBody ? answer.body : null, {
      status: answer.status,
      headers: pickHeaders(answer.headers, forwardedAnswerHeaders),
    });
  } catch (cause) {
    if (cause instanceof HashmarkError) throw cause;
    throw new HashmarkError(
      'upstream-unreachable',
      `The account's service at ${target.host} did not answer. Check the network, or try again later.`,
      { cause },
    );
  }
}

/** Where a request to this route goes, and the header that opens the door there. */
function aim(
  { webhookUrl, secretKey, originstamp }: Upstream,
  route: ForwardedRoute,
  pathname: string,
): { target: URL; credential: [name: string, value: string] } {
  // As many segments as the route has, from the end: what precedes them (mount, account) is ours.
  const segments = pathname.split('/').slice(-route.path.split('/').length + 1);
  const path = `/${segments.join('/')}`;
  if (route.path.startsWith('/webhook')) {
    return {
      target: new URL(webhookUrl + path.slice('/webhook'.length)),
      credential: ['secret-key', secretKey],
    };
  }
  if (!originstamp) {
    throw new HashmarkError(
      'no-route',
      'This account stamps files only: it has no key for stamping digests.',
    );
  }
  return { target: new URL(originstamp.baseUrl + path), credential: ['authorization', originstamp.key] };
}

/** A secret leaves this computer over https only. */
function checkUpstreamUrl(url: URL): void {
  const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback)) return;
  throw new HashmarkError(
    'upstream-refused-address',
    `The account's service at ${url.host} is not reached over https, so its secret would travel in the clear.`,
  );
}
