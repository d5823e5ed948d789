import { timingSafeEqual } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { findTenantByApiKey, hashKey, type Tenant } from '../ledger/tenants.ts';
import { findToken, type Token } from '../ledger/tokens.ts';
import { Refusal } from '../refusal.ts';
import { tokenStateAt } from '../tokens/token.ts';

/** Which proofs a route takes, besides the `secret-key` header. */
export interface Admission {
  /** Also accepts `?secret-key=` and `?jwt=`, for a browser's EventSource, which cannot send headers. */
  query?: boolean;
  /** Whether a JWT will do; true unless said otherwise. */
  token?: boolean;
}

/**
 * Lets a request through when it names a tenant by its API key (in the path) and proves it by the secret key or by the
 * JWT of a claimed token. Of two proofs one good one is enough.
 */
export function authorize(
  context: Pick<ServiceContext, 'ledger' | 'jwts' | 'now'>,
  admission: Admission = {},
): MiddlewareHandler<ServiceEnv> {
  return async (c, next) => {
    const { secret, jwt } = readCredentials(c, admission);
    const apiKey = c.req.param('apikey');
    if (!apiKey || (!secret && !jwt)) throw new Refusal(401, 'Missing API key or secret key');
    const tenant = findTenantByApiKey(context.ledger.db, apiKey);
    const isProven =
      tenant !== undefined && !!secret && timingSafeEqual(tenant.secretKeyHash, hashKey(secret));
    const token = isProven || !tenant || !jwt ? undefined : await findLiveToken(context, tenant, jwt);
    // One answer for a wrong API key and a wrong secret: neither is confirmed to somebody who guesses.
    if (!tenant || (!isProven && !token)) {
      throw new Refusal(401, secret ? 'Invalid API key' : 'Expired or invalid Authorization bearer token');
    }
    c.set('tenant', tenant);
    c.set('token', token);
    await next();
  };
}

function readCredentials(
  c: Context,
  { query = false, token = true }: Admission,
): { secret: string | undefined; jwt: string | undefined } {
  const bearer = /^bearer +(.+)$/i.exec(c.req.header('authorization')?.trim() ?? '')?.[1];
  const jwt = bearer || (query ? c.req.query('jwt') : undefined);
  return {
    secret: c.req.header('secret-key') || (query ? c.req.query('secret-key') : undefined),
    jwt: token ? jwt : undefined,
  };
}

/** The claimed, unexpired, unrevoked token of this tenant that the JWT stands for. */
async function findLiveToken(
  { ledger, jwts, now }: Pick<ServiceContext, 'ledger' | 'jwts' | 'now'>,
  tenant: Tenant,
  jwt: string,
): Promise<Token | undefined> {
  const read = await jwts.read(jwt);
  const token = read && findToken(ledger.db, read.ref);
  if (token?.tenantId !== tenant.id || read?.tenantId !== tenant.id) return undefined;
  return tokenStateAt(token, now()) === 'claimed' ? token : undefined;
}
