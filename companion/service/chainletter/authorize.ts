import { timingSafeEqual } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { findTenantByApiKey, hashKey } from '../ledger/tenants.ts';
import { Refusal } from '../refusal.ts';

/**
 * Lets a request through when it names a tenant by its API key (in the path) and proves it by the secret key.
 *
 * @param queryAllowed also accepts `?secret-key=`, for a browser's EventSource, which cannot send headers.
 */
export function authorize(
  { ledger }: Pick<ServiceContext, 'ledger'>,
  { queryAllowed = false } = {},
): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const secret = c.req.header('secret-key') || (queryAllowed ? c.req.query('secret-key') : undefined);
    const apiKey = c.req.param('apikey');
    if (!secret || !apiKey) {
      const hasBearer = /^bearer /i.test(c.req.header('authorization') ?? '');
      throw new Refusal(
        401,
        hasBearer ? 'Expired or invalid Authorization bearer token' : 'Missing API key or secret key',
      );
    }
    const tenant = findTenantByApiKey(ledger.db, apiKey);
    // One answer for a wrong API key and a wrong secret: neither is confirmed to somebody who guesses.
    if (!tenant || !timingSafeEqual(tenant.secretKeyHash, hashKey(secret))) {
      throw new Refusal(401, 'Invalid API key');
    }
    c.set('tenant', tenant);
    await next();
  };
}
