import type { MiddlewareHandler } from 'hono';

const allowedHeaders = [
  'group-id',
  'network',
  'stamp-immediately',
  'hash',
  'show-deleted',
  'export-links',
  'cidv1',
  'img-width',
  'img-height',
  'img-fit',
  'expires',
  'content-type',
  'accept',
  'user-agent',
  'authorization',
  'secret-key',
  'cache-control',
  'last-event-id',
  'source',
  'upload-length',
  'upload-metadata',
  'upload-offset',
  'tus-resumable',
  'range',
].join(', ');

const exposedHeaders = [
  'X-Credits',
  'X-Group-Enabled',
  'X-Group-Exists',
  'X-Group-Public',
  'X-Total-Files',
  'X-Total-Size',
  'Location',
  'Upload-Offset',
  'Upload-Length',
  'Upload-Expires',
  'Upload-Cid',
  'Tus-Resumable',
  'Tus-Version',
  'Tus-Extension',
  'Retry-After',
  'Content-Length',
  'Content-Range',
  'Content-Disposition',
].join(', ');

const dayInSeconds = '86400';

/**
 * Lets pages of any origin call an endpoint. That opens nothing by itself: no endpoint here reads cookies, so a page
 * can do what it holds a key or a signed link for, and read what is public.
 *
 * @param privateNetwork also lets public sites reach this computer's loopback address: for public endpoints only.
 */
export function allowEveryOrigin({ privateNetwork }: { privateNetwork: boolean }): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method === 'OPTIONS') {
      c.header('Access-Control-Allow-Methods', 'GET,HEAD,POST,PATCH,DELETE,OPTIONS');
      c.header('Access-Control-Allow-Headers', allowedHeaders);
      c.header('Access-Control-Max-Age', dayInSeconds);
      if (privateNetwork && c.req.header('access-control-request-private-network') === 'true') {
        c.header('Access-Control-Allow-Private-Network', 'true');
      }
      c.header('Access-Control-Allow-Origin', '*');
      return c.body(null, 204);
    }
    await next();
    openToEveryOrigin(c.res.headers);
    return undefined;
  };
}

/** Lets pages of any origin read an answer. */
export function openToEveryOrigin(headers: Headers): void {
  headers.set('Access-Control-Allow-Origin', '*');
  headers.set('Access-Control-Expose-Headers', exposedHeaders);
}
