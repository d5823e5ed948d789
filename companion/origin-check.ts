import type { MiddlewareHandler } from 'hono';

/**
 * Origins of browser extensions. `Origin` is set by the browser, so a web page cannot claim one of these; a local
 * program can claim anything, so this alone lets nobody in.
 */
export const extensionOrigin = /^(chrome|moz)-extension:\/\/[a-z0-9-]{8,64}$/;

/** True for a request that a web page makes: it names an origin, and that is no extension's. */
export function isFromPage(origin: string | undefined): boolean {
  return origin !== undefined && !extensionOrigin.test(origin);
}

/** Refuses what web pages send, and gives them no CORS header to read the refusal by. */
export function refusePages(): MiddlewareHandler {
  return async (c, next) => {
    if (isFromPage(c.req.header('origin'))) {
      return c.json(
        { success: false, code: 'origin-refused', message: 'Web pages are not answered here.' },
        403,
      );
    }
    return next();
  };
}
