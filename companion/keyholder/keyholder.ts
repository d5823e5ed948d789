import { Hono } from 'hono';
import * as v from 'valibot';

import { HashmarkError, toErrorData } from '../../shared/errors.ts';
import { readAtMost } from '../../shared/read-at-most.ts';
import {
  type ChainReport,
  type KeyholderState,
  pairFinishRequest,
  pairStartRequest,
  type StampCost,
  type StampKind,
  stampKind,
  terminalOrigin,
} from '../../shared/wire/companion.ts';
import { signAnswer, signatureHeaders } from '../../shared/wire/companion-signing.ts';
import type { Log } from '../log.ts';
import { isFromPage } from '../origin-check.ts';
import { type ForwardedRoute, forward, forwardedRoutes, type Upstream } from './forwarding.ts';
import { createPairedStreams } from './paired-streams.ts';
import { createPairingDesk, type PairingDesk } from './pairing-desk.ts';
import { type Caller, createRequestCheck, type ReceivedRequest } from './request-check.ts';
import type { Vault } from './vault.ts';

/** What a keyholder needs from the app that it is part of. */
export interface KeyholderDeps {
  vault: Vault;
  /** The account of that local name, or undefined. */
  upstream: (account: string) => Upstream | undefined;
  state: () => KeyholderState;
  /** The public chains, for the terminal. */
  chains?: {
    reports(): ChainReport[];
    reload(): Promise<void>;
    stampCost(kind: StampKind): Promise<StampCost>;
  };
  log: Log;
  now?: () => number;
}

/** The routes, and the desk at which codes are shown. */
export interface Keyholder {
  /** Mounted under `/keyholder`. */
  app: Hono;
  desk: PairingDesk;
}

/** Requests are hashes, names and small JSON: file bytes go to signed links instead. */
const maxBodyBytes = 1024 * 1024;
/** An answer is held in memory to be signed; 64 MiB is a group of some hundred thousand files. */
const maxAnswerBytes = 64 * 1024 * 1024;

/** Pages that are named in the log for having called the keyholder. */
const maxNamedPages = 100;

const statusOf: Record<string, 400 | 401 | 403 | 404 | 410 | 413 | 415 | 429 | 502> = {
  'malformed-message': 400,
  'query-refused': 400,
  'not-signed': 401,
  'not-paired': 401,
  'bad-signature': 401,
  'stale-request': 401,
  'replayed-request': 401,
  'wrong-origin': 403,
  'origin-refused': 403,
  'terminal-only': 403,
  'wrong-code': 403,
  'no-code': 403,
  'code-expired': 410,
  'code-used': 410,
  'too-many-tries': 429,
  'too-many-requests': 429,
  'no-attempt': 404,
  'no-account': 404,
  'no-route': 404,
  'too-large': 413,
  'file-bytes-refused': 415,
  'upstream-unreachable': 502,
  'chain-unavailable': 502,
  'chain-unsupported': 502,
  'contract-missing': 502,
  'contract-foreign': 502,
  'call-refused': 502,
  'fee-too-high': 502,
  'upstream-refused-address': 502,
};

/**
 * The part of the companion that owns secrets and adds them to requests. It answers paired programs and nobody else,
 * and it forwards an explicit list of routes and nothing else. `Host` is checked before, by the app it is mounted in.
 */
export function createKeyholder({
  vault,
  upstream,
  state,
  chains,
  log,
  now = Date.now,
}: KeyholderDeps): Keyholder {
  const desk = createPairingDesk(vault, now);
  const check = createRequestCheck(vault, now);
  const streams = createPairedStreams(vault);
  const app = new Hono();
  const namedPages = new Set<string>();

  // A web page's request is refused before anything of it is read, and gets no CORS header to read the answer by.
  app.use(async (c, next) => {
    const origin = c.req.header('origin');
    if (isFromPage(origin)) {
      // Once each: a page that calls in a loop must not bury the log.
      if (!namedPages.has(origin ?? '') && namedPages.size < maxNamedPages) {
        namedPages.add(origin ?? '');
        log('warn', 'Refused a web page that called the keyholder', { origin, path: c.req.path });
      }
      return c.json(
        bodyOf(new HashmarkError('origin-refused', `The keyholder does not answer to ${origin}.`)),
        403,
      );
    }
    await next();
    c.res.headers.set('cache-control', 'no-store');
    c.res.headers.set('x-content-type-options', 'nosniff');
    return undefined;
  });

  function refuse(error: unknown, path: string): Response {
    const status = error instanceof HashmarkError && statusOf[error.code];
    if (status) return Response.json(bodyOf(error), { status });
    log('error', 'The keyholder failed', { error, path });
    // A sentence of ours is for people; any other may say what is nobody's business.
    const told =
      error instanceof HashmarkError
        ? error
        : new HashmarkError('internal', 'The companion failed. Its log says why.');
    return Response.json(bodyOf(told), { status: 500 });
  }
  app.onError((error, c) => refuse(error, c.req.path));
  app.post('/pair/start', async (c) => {
    const party = partyOf(c.req.raw);
    return c.json(await desk.start(party, await parseBody(c.req.raw, pairStartRequest)));
  });
  app.post('/pair/finish', async (c) => {
    const party = partyOf(c.req.raw);
    try {
      const answer = await desk.finish(party, await parseBody(c.req.raw, pairFinishRequest));
      streams.endUnpaired();
      log('info', 'Paired', { origin: party.origin });
      return c.json(answer);
    } catch (error) {
      if (error instanceof HashmarkError)
        log('warn', `Pairing refused: ${error.code}`, { origin: party.origin });
      throw error;
    }
  });

  /** Checks the request, runs `handle`, signs what comes of it: an answer, or a refusal. */
  async function signed(
    raw: Request,
    handle: (caller: Caller, request: ReceivedRequest) => Promise<Response> | Response,
  ): Promise<Response> {
    const request = await receive(raw);
    const caller = await check.identify(request);
    try {
      check.admit(caller, request);
      const answer = await sign(caller, await handle(caller, request));
      return isStream(answer) ? streams.keep(caller.pairing.id, answer) : answer;
    } catch (error) {
      if (error instanceof HashmarkError && statusOf[error.code] && error.code !== 'upstream-unreachable')
        log('warn', `Refused a request: ${error.code}`, { path: request.target });
      // Signed like any other, whatever went wrong: without, it would pass for the answer of another program on our port.
      return sign(caller, refuse(error, request.target));
    }
  }

  app.get('/state', (c) => signed(c.req.raw, () => Response.json(state())));

  app.delete('/pairing', (c) =>
    signed(c.req.raw, ({ pairing }) => {
      if (pairing.origin === terminalOrigin)
        throw new HashmarkError('no-route', "The terminal's pairing stays.");
      vault.update((content) => ({
        ...content,
        pairings: content.pairings.filter(({ id }) => id !== pairing.id),
      }));
      streams.endUnpaired();
      log('info', 'Unpaired', { origin: pairing.origin });
      return Response.json({ success: true });
    }),
  );

  app.post('/pairing-code', (c) =>
    signed(c.req.raw, ({ pairing }) => {
      // Only whoever may read the home may invite: an extension must not be able to let others in.
      if (pairing.origin !== terminalOrigin) {
        throw new HashmarkError(
          'terminal-only',
          'Pairing codes are shown in the terminal: `npx hashmark pair`.',
        );
      }
      return Response.json(desk.showCode());
    }),
  );

  /** For whoever may read the home, whose book of chains they are. */
  const forTerminal = (raw: Request, handle: () => Promise<Response> | Response) =>
    signed(raw, ({ pairing }) => {
      if (pairing.origin === terminalOrigin) return handle();
      throw new HashmarkError('terminal-only', 'Chains are set up in the terminal: `npx hashmark chain`.');
    });
  app.get('/chains', (c) => forTerminal(c.req.raw, () => Response.json({ chains: chains?.reports() ?? [] })));
  app.post('/chains/reload', (c) =>
    forTerminal(c.req.raw, async () => {
      await chains?.reload();
      return Response.json({ chains: chains?.reports() ?? [] });
    }),
  );

  app.get('/stamp-cost', (c) =>
    signed(c.req.raw, async () => {
      if (!chains) throw new HashmarkError('no-route', 'This companion knows of no chain.');
      const kind = v.safeParse(stampKind, c.req.query('kind') ?? 'upload');
      if (!kind.success)
        throw new HashmarkError('query-refused', 'A stamp is of the kind `upload` or `hash-only`.');
      return Response.json(await chains.stampCost(kind.output));
    }),
  );

  const forwardTo = (route: ForwardedRoute, raw: Request, account: string) =>
    signed(raw, (_caller, { method, headers, body }) => {
      const target = upstream(account);
      if (!target) throw new HashmarkError('no-account', `This companion has no account named "${account}".`);
      return forward(target, route, { method, url: new URL(raw.url), headers, body, signal: raw.signal });
    });
  for (const route of forwardedRoutes) {
    // Hono runs a HEAD through the GET handlers, so HEAD needs no entry of its own.
    app.on(
      route.methods.filter((method) => method !== 'HEAD'),
      `/:account${route.path}`,
      (c) => forwardTo(route, c.req.raw, c.req.param('account') ?? ''),
    );
  }

  // Last, and a route rather than a notFound handler: those of a mounted app are never asked.
  const refuseRoute = () => {
    throw new HashmarkError(
      'no-route',
      'This companion has nothing at this address. Where Hashmark was updated, stop it and start it again.',
    );
  };
  app.all('*', (c) =>
    c.req.header(signatureHeaders.signature) ? signed(c.req.raw, refuseRoute) : refuseRoute(),
  );

  return { app, desk };
}

function bodyOf(error: HashmarkError) {
  // `success` and `message` are how the forwarded wire words a failure, so that one client reads both.
  return { success: false, ...toErrorData(error) };
}

function partyOf(raw: Request) {
  const origin = raw.headers.get('origin');
  if (!origin) {
    throw new HashmarkError(
      'origin-refused',
      'Only a browser extension can pair; this request names no origin.',
    );
  }
  return { origin, authority: authorityIn(raw) };
}

function authorityIn(raw: Request): string {
  const host = (raw.headers.get('host') ?? new URL(raw.url).host).toLowerCase();
  return /:\d+$/.test(host) ? host : `${host}:80`;
}

async function receive(raw: Request): Promise<ReceivedRequest> {
  const { pathname, search } = new URL(raw.url);
  return {
    authority: authorityIn(raw),
    method: raw.method,
    target: pathname + search,
    headers: raw.headers,
    body: await readAtMost(raw.body, maxBodyBytes),
  };
}

async function parseBody<T>(raw: Request, schema: v.GenericSchema<unknown, T>): Promise<T> {
  try {
    const text = new TextDecoder().decode(await readAtMost(raw.body, maxBodyBytes));
    return v.parse(schema, JSON.parse(text));
  } catch (cause) {
    if (cause instanceof HashmarkError) throw cause;
    throw new HashmarkError(
      'malformed-message',
      'The companion did not understand this pairing message. Update the extension and the companion.',
      { cause },
    );
  }
}

/** One that goes on for ever: its head is signed, not its body. */
function isStream(answer: Response): boolean {
  return (answer.headers.get('content-type') ?? '').startsWith('text/event-stream');
}

async function sign({ key, nonce }: Caller, answer: Response): Promise<Response> {
  const body = isStream(answer) ? undefined : await readAtMost(answer.body, maxAnswerBytes);
  const headers = new Headers(answer.headers);
  // The HTTP server would add one of its own, after the signature was made.
  if (!headers.has('content-type')) headers.set('content-type', 'text/plain; charset=utf-8');
  const signature = await signAnswer(key, { nonce, status: answer.status, headers, body });
  headers.set(signatureHeaders.signature, signature);
  return new Response(answer.body === null ? null : (body ?? answer.body), {
    status: answer.status,
    headers,
  });
}
