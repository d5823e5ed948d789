import type { Context, MiddlewareHandler } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { findTenantByOriginstampKey, type Tenant } from '../ledger/tenants.ts';
import { failureCodes, WireFailure } from './failure.ts';

/**
 * The tenant that the raw key in `Authorization` belongs to. A missing header and an unknown key are the same; so is every key
 * while the service is switched off, but who has a valid one is told why.
 * @throws WireFailure 3201
 */
export function requireTenant(
  { ledger, settings }: Pick<ServiceContext, 'ledger' | 'settings'>,
  c: Context<ServiceEnv>,
): Tenant {
  const key = c.req.header('authorization')?.trim();
  const tenant = key ? findTenantByOriginstampKey(ledger.db, key) : undefined;
  if (!tenant) throw new WireFailure(failureCodes.invalidKey, 'You do not have a valid API key.');
  if (!settings.webhookEnabled) {
    throw new WireFailure(
      failureCodes.invalidKey,
      'This service is switched off. Its owner can switch it on again: hashmark settings set webhookEnabled true.',
    );
  }
  return tenant;
}

/** Lets requests with a valid key through, with their tenant. */
export function withTenant(
  context: Pick<ServiceContext, 'ledger' | 'settings'>,
): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    c.set('tenant', requireTenant(context, c));
    await next();
  };
}
