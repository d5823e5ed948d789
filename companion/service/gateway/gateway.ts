import { Readable } from 'node:stream';
import { type Context, Hono } from 'hono';

import { normalizeCid } from '../../../shared/fingerprint/cid.ts';
import { authorize } from '../chainletter/authorize.ts';
import type { ServiceContext, ServiceEnv } from '../context.ts';
import { allowEveryOrigin } from '../cors.ts';
import { type Content, findContent, findPublication } from '../ledger/contents.ts';
import { Refusal } from '../refusal.ts';
import { checkQuery, isSigned } from '../signed-url.ts';
import { parseByteRange } from './byte-range.ts';
import { contentHeaders } from './content-headers.ts';
import { gatewayPath } from './gateway-url.ts';

/** Content never changes under its CID. */
const publicCaching = 'public, max-age=31536000, immutable';
const privateCaching = 'private, max-age=3600, immutable';

/** How far a download may be read ahead of its client. */
const readAheadBytes = 256 * 1024;

/**
 * Bytes by CID: `/ipfs/{cid}` for what is public (or with a signed query), `/ipfs/{apikey}/{cid}` with the tenant's
 * secret key for everything it holds. GET and HEAD, single ranges; unknown query parameters are ignored.
 */
export function createGateway(context: ServiceContext): Hono<ServiceEnv> {
  const { ledger } = context;
  const app = new Hono<ServiceEnv>();
  app.use('/ipfs/*', allowEveryOrigin({ privateNetwork: true }));

  app.get('/ipfs/:cid', (c) => {
    const cid = requireCid(c.req.param('cid'));
    const content = findContent(ledger.db, cid);
    const publication = findPublication(ledger.db, cid);
    if (content && (content.isBundle || publication.isPublic)) {
      return answer(c, content, { name: publication.publicName, caching: publicCaching });
    }
    const query = new URL(c.req.url).searchParams;
    if (!isSigned(query)) throw notFound(cid);
    const verdict = checkQuery(context.linkSigningKey, {
      purpose: 'read',
      path: gatewayPath(cid),
      query,
      nowMs: context.now(),
    });
    if (verdict === 'expired')
      throw new Refusal(403, 'This link has expired. Ask the service for a new one.');
    if (verdict === 'invalid') throw new Refusal(403, 'The signature of this link is not valid.');
    if (!content || publication.tenantIds.length === 0) throw notFound(cid);
    return answer(c, content, { name: undefined, caching: privateCaching });
  });

  app.get('/ipfs/:apikey/:cid', authorize(context), (c) => {
    const cid = requireCid(c.req.param('cid'));
    const content = findContent(ledger.db, cid);
    const { tenantIds } = findPublication(ledger.db, cid);
    const isOurs = content?.isBundle || tenantIds.includes(c.get('tenant').id);
    if (!content || !isOurs) throw notFound(cid);
    return answer(c, content, { name: c.req.query('filename'), caching: privateCaching });
  });

  /** `name`: undefined when none may be told. */
  function answer(
    c: Context,
    content: Content,
    { name, caching }: { name?: string; caching: string },
  ): Response {
    const { cid, sizeBytes, mimetype } = content;
    const etag = `"${cid}"`;
    const headers = new Headers({
      ...contentHeaders({ mimetype, name: name || cid }),
      'Cache-Control': caching,
      ETag: etag,
      'X-Ipfs-Path': gatewayPath(cid),
    });
    if (matches(c.req.header('if-none-match'), etag)) return new Response(null, { status: 304, headers });

    const isRangeValid = [undefined, etag].includes(c.req.header('if-range'));
    const range = parseByteRange(isRangeValid ? c.req.header('range') : undefined, sizeBytes);
    if (range === 'unsatisfiable') {
      c.header('Content-Range', `bytes */${sizeBytes}`);
      return c.json(
        { success: false, message: `The range lies outside the ${sizeBytes} bytes of ${cid}.` },
        416,
      );
    }
    const isWhole = range === 'whole';
    headers.set('Content-Length', String(isWhole ? sizeBytes : range.end - range.start + 1));
    if (!isWhole) headers.set('Content-Range', `bytes ${range.start}-${range.end}/${sizeBytes}`);
    const body =
      c.req.method === 'HEAD'
        ? null
        : (Readable.toWeb(context.content.read(cid, isWhole ? undefined : range), {
            // The default counts chunks as bytes, and would read a whole file ahead of a slow client.
            strategy: new ByteLengthQueuingStrategy({ highWaterMark: readAheadBytes }),
          }) as ReadableStream<Uint8Array>);
    return new Response(body, { status: isWhole ? 200 : 206, headers });
  }

  return app;
}

function requireCid(text: string): string {
  const cid = normalizeCid(text);
  if (!cid) throw new Refusal(400, `Not a CID that this gateway can hold: "${text.slice(0, 100)}".`);
  return cid;
}

function notFound(cid: string): Refusal {
  return new Refusal(404, `Not found: ${cid}`);
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((part) => part.trim().replace(/^W\//, '') === etag || part.trim() === '*');
}
