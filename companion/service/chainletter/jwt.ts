import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { shareUrl } from '../public/share-url.ts';
import { Refusal } from '../refusal.ts';
import { mintToken, shortlink, tokenLifetimeSeconds } from '../tokens/token.ts';
import { refuseBadName } from './group-reference.ts';
import { readJsonBody } from './json-body.ts';
import { tidyText } from './request-headers.ts';

/** POST /webhook/{apikey}/jwt: a short link that one client can claim, bound to a group when the body names one. */
export function createJwtHandler(context: ServiceContext) {
  const { ledger, now } = context;

  return async (c: Context<ServiceEnv>): Promise<Response> => {
    const tenantId = c.get('tenant').id;
    const groupName = readGroupName(await readJsonBody(c));
    const { text } = await ledger.write((db) => mintToken(db, { tenantId, groupName }, now()));
    c.header('Cache-Control', 'no-store');
    return c.json(
      {
        success: true,
        message: 'Token created',
        token: text,
        shortlink: shortlink(shareUrl(context), text),
        expires_in: tokenLifetimeSeconds,
        groupname: groupName,
      },
      201,
    );
  };
}

/** Null when the body names none: the token is then bound to no group. */
function readGroupName({ groupname }: Record<string, unknown>): string | null {
  if (groupname === undefined || groupname === null) return null;
  if (typeof groupname !== 'string') {
    throw new Refusal(400, 'Field "groupname" is not valid: expected the name of a group, as text.');
  }
  const name = tidyText(groupname) ?? null;
  if (name !== null) refuseBadName(name);
  return name;
}
