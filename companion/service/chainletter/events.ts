import type { ServerResponse } from 'node:http';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { openToEveryOrigin } from '../cors.ts';
import { endWithToken } from '../tokens/end-with-token.ts';

/** GET /webhook/{apikey}/events/stream */
export function createEventsHandler(context: ServiceContext) {
  const { streams } = context;
  return (c: Context<ServiceEnv>): Response => {
    const headers = new Headers({
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      // Proxies in between must hand every frame on at once.
      'X-Accel-Buffering': 'no',
    });
    if (c.req.method === 'HEAD') return new Response(null, { headers });
    const tenantId = c.get('tenant').id;
    const outgoing = c.env?.outgoing;
    if (!outgoing) return new Response(streams.open(tenantId, readLastEventId(c)), { headers });
    openToEveryOrigin(headers);
    outgoing.writeHead(200, Object.fromEntries(headers));
    const token = c.get('token');
    if (token) endWithToken(context, token, outgoing as ServerResponse);
    streams.serve(tenantId, readLastEventId(c), outgoing as ServerResponse);
    // The adapter's own object, and no other: it replaces the global Response by one that it would answer a second time.
    return RESPONSE_ALREADY_SENT;
  };
}

/** Undefined without one, and for an id that is not ours: then nothing is replayed. */
function readLastEventId(c: Context): number | undefined {
  const text = c.req.header('last-event-id') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
