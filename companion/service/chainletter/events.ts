import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';

/** GET /webhook/{apikey}/events/stream */
export function createEventsHandler({ streams }: ServiceContext) {
  return (c: Context<ServiceEnv>): Response => {
    const headers = {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      // Proxies in between must hand every frame on at once.
      'X-Accel-Buffering': 'no',
    };
    if (c.req.method === 'HEAD') return new Response(null, { headers });
    return new Response(streams.open(c.get('tenant').id, readLastEventId(c)), { headers });
  };
}

/** Undefined without one, and for an id that is not ours: then nothing is replayed. */
function readLastEventId(c: Context): number | undefined {
  const text = c.req.header('last-event-id') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
