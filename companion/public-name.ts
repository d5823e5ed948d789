import { AsyncLocalStorage } from 'node:async_hooks';
import type { MiddlewareHandler } from 'hono';

import { isOwnAddress } from './host-check.ts';

/** The name under which others reach the service, through a proxy of the user's. */
export interface PublicName {
  /** The origin of the request that is being answered; the companion's own outside of one. */
  origin(): string;
  /**
   * Hands every request that was addressed to the public name to `serve`. Behind that name there is the service and
   * nothing else: no keyholder, no chain node, none of our own pages. Our own address is never taken for it: whoever set
   * that would lock out the extension and the terminal.
   */
  middleware(serve: (request: Request, env: unknown) => Response | Promise<Response>): MiddlewareHandler;
}

/**
 * @param publicUrl the origin that the user named, read for every request; empty when there is none.
 * @param ownUrl where the companion listens.
 */
export function createPublicName(publicUrl: () => string, ownUrl: string): PublicName {
  const ownPort = Number(new URL(ownUrl).port || 80);
  // Links in an answer must work for whoever asked: the asker's way in is known to the request, and to nobody below it.
  const asked = new AsyncLocalStorage<string>();
  return {
    origin: () => asked.getStore() ?? ownUrl,
    middleware: (serve) => async (c, next) => {
      const url = publicUrl();
      const host = (c.req.header('host') ?? '').toLowerCase();
      const isPublic = url !== '' && new URL(url).host === host && !isOwnAddress(host, ownPort);
      return isPublic ? asked.run(url, () => serve(c.req.raw, c.env)) : next();
    },
  };
}
