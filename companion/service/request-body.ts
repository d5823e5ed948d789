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

/** The whole body, empty when there is none; undefined when it is larger than `maxBytes`. */
export async function readBytes(c: Context<ServiceEnv>, maxBytes: number): Promise<Uint8Array | undefined> {
  const body = openBody(c);
  if (!body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for (;;) {
      const { done, value } = await body.next();
      if (done) return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      sizeBytes += value.byteLength;
      if (sizeBytes > maxBytes) return undefined;
      chunks.push(value);
    }
  } finally {
    // Not awaited: the end of a body whose sender stalls may never come.
    void body.return?.().catch(() => undefined);
  }
}
