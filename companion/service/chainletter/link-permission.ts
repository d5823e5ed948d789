import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { findToken } from '../ledger/tokens.ts';
import { findUploadLink, type UploadLink } from '../ledger/upload-links.ts';
import { Refusal } from '../refusal.ts';
import { checkQuery } from '../signed-url.ts';

/**
 * The upload link whose signed URL this request came to.
 * @throws Refusal 403 when the signature is not ours, 401 when it has expired, or its token was revoked.
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
  // What a token was revoked for must not go on by the links that it has made.
  const { token } = link.terms;
  if (token !== undefined && (findToken(context.ledger.db, token)?.revokedAt ?? null) !== null) {
    throw new Refusal(401, 'The token that asked for this upload link was revoked, and the link with it.');
  }
  return link;
}
