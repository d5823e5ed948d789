import { Hono } from 'hono';

import { normalizeCid } from '../../../shared/fingerprint/cid.ts';
import { authorize } from '../chainletter/authorize.ts';
import type { ServiceContext, ServiceEnv } from '../context.ts';
import { allowEveryOrigin } from '../cors.ts';
import { findContent, findPublication } from '../ledger/contents.ts';
import { Refusal } from '../refusal.ts';
import { checkQuery, isSigned } from '../signed-url.ts';
import { confine } from '../tokens/confine.ts';
import { checkDownloadUrl } from './download-url.ts';
import { gatewayPath } from './gateway-url.ts';
import { privateCaching, publicCaching, serveContent } from './serve-content.ts';

/**
 * Bytes by CID: `/ipfs/{cid}` for what is public (or with a signed query), `/ipfs/{apikey}/{cid}` with the tenant's
 * secret key for everything it holds, `/files/{cid}` by a download link. GET and HEAD, single ranges, images resized by
 * `img-*` keys; unknown query parameters are ignored.
 */
export function createGateway(context: ServiceContext): Hono<ServiceEnv> {
  const { ledger } = context;
  const app = new Hono<ServiceEnv>();
  app.use('/ipfs/*', allowEveryOrigin({ privateNetwork: true }));
  app.use('/files/*', allowEveryOrigin({ privateNetwork: false }));

  app.get('/ipfs/:cid', (c) => {
    const cid = requireCid(c.req.param('cid'));
    const content = findContent(ledger.db, cid);
    const publication = findPublication(ledger.db, cid);
    if (content && (content.isBundle || publication.isPublic)) {
      return serveContent(context, c, content, { name: publication.publicName, caching: publicCaching });
    }
    const query = new URL(c.req.url).searchParams;
    if (!isSigned(query)) throw notFound(cid);
    const verdict = checkQuery(context.linkSigningKey, {
      purpose: 'read',
      path: gatewayPath(cid),
      query,
      nowMs: context.now(),
    });
    refuseUnlessValid(verdict);
    if (!content || publication.tenantIds.length === 0) throw notFound(cid);
    return serveContent(context, c, content, { name: undefined, caching: privateCaching });
  });

  app.get('/ipfs/:apikey/:cid', authorize(context), confine(context), (c) => {
    const cid = requireCid(c.req.param('cid'));
    const content = findContent(ledger.db, cid);
    const { tenantIds } = findPublication(ledger.db, cid);
    const isOurs = content?.isBundle || tenantIds.includes(c.get('tenant').id);
    if (!content || !isOurs) throw notFound(cid);
    return serveContent(context, c, content, { name: c.req.query('filename'), caching: privateCaching });
  });

  app.get('/files/:cid', (c) => {
    const { pathname, searchParams } = new URL(c.req.url);
    if (!isSigned(searchParams)) {
      throw new Refusal(403, 'Files here are read by a signed link. Ask the service for one: download-link.');
    }
    refuseUnlessValid(checkDownloadUrl(context, pathname, searchParams));
    const cid = requireCid(c.req.param('cid'));
    const content = findContent(ledger.db, cid);
    const isHeld = content?.isBundle || findPublication(ledger.db, cid).tenantIds.length > 0;
    if (!content || !isHeld) throw notFound(cid);
    const name = searchParams.get('filename') ?? undefined;
    return serveContent(context, c, content, { name, caching: privateCaching });
  });

  return app;
}

function refuseUnlessValid(verdict: 'valid' | 'expired' | 'invalid'): void {
  if (verdict === 'expired') throw new Refusal(403, 'This link has expired. Ask the service for a new one.');
  if (verdict === 'invalid') throw new Refusal(403, 'The signature of this link is not valid.');
}

function requireCid(text: string): string {
  const cid = normalizeCid(text);
  if (!cid) throw new Refusal(400, `Not a CID that this gateway can hold: "${text.slice(0, 100)}".`);
  return cid;
}

function notFound(cid: string): Refusal {
  return new Refusal(404, `Not found: ${cid}`);
}
