import type { Context } from 'hono';

import type { ServiceEnv } from './context.ts';

/**
 * The bytes of a request as they arrive, at the pace of whoever takes them; undefined when it has no body.
 *
 * Over HTTP this reads Node's own stream: its web counterpart counts chunks where it should count bytes, and so takes a
 * whole upload into memory when the disk is slower than the network. Stopping early leaves the connection open for the
 * answer; what is still sent then is the server's to drain.
 */
export function openBody(c: Context<ServiceEnv>): AsyncIterator<Uint8Array> | undefined {
  const incoming = c.env?.incoming;
  if (incoming) {
    const hasBody =
      incoming.headers['transfer-encoding'] !== undefined || Number(incoming.headers['content-length']) > 0;
    return hasBody ? incoming.iterator({ destroyOnReturn: false }) : undefined;
  }
  return c.req.raw.body?.[Symbol.asyncIterator]();
}
