import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { findUploadLink, type UploadLink } from '../ledger/upload-links.ts';
import { Refusal } from '../refusal.ts';
import { checkQuery } from '../signed-url.ts';

/**
 * The upload link whose signed URL this request came to.
 * @throws Refusal 403 when the signature is not ours, 401 when it has expired.
 */
export function requireLink(context: ServiceContext, c: Context<ServiceEnv>): UploadLink {
  const url = new URL(c.req.url);
  const verdict = checkQuery(context.linkSigningKey, {
    purpose: 'upload',
    path: url.pathname,
    query: url.searchParams,
    nowMs: context.now(),
  });
  const link = verdict === 'invalid' ? undefined : findUploadLink(context.ledger.db, c.req.param('id') ?? '');
  if (!link) throw new Refusal(403, 'The signature of this upload link is not valid.');
  if (verdict === 'expired') {
    throw new Refusal(401, 'This upload link has expired. Ask the service for a new one.');
  }
  return link;
}
