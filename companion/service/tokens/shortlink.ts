import { type Context, Hono } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { allowEveryOrigin } from '../cors.ts';
import { claimToken, findTokenByText, type Token } from '../ledger/tokens.ts';
import { hostBrand, tenantHost } from '../public/brand.ts';
import { messagePage } from '../public/message-page.ts';
import { sendPage } from '../public/page.ts';
import { shareUrl } from '../public/share-url.ts';
import { Refusal } from '../refusal.ts';
import { shortlinkPage } from './shortlink-page.ts';
import { tokenPattern, tokenStateAt } from './token.ts';

/** `/jwt/{token}`: a page for people, and with `?claim=true` the one claim of the token. */
export function createShortlinks(context: ServiceContext): Hono<ServiceEnv> {
  const { ledger, jwts, apiKeys, now } = context;
  const app = new Hono<ServiceEnv>();
  app.use('/jwt/*', allowEveryOrigin({ privateNetwork: false }));
  app.get('/jwt/:token', (c) => {
    const text = c.req.param('token');
    const token = tokenPattern.test(text) ? findTokenByText(ledger.db, text) : undefined;
    // A program that only looks (HEAD, a browser's prefetch) must not use up what it looks at.
    return isClaim(c) ? claim(c, token) : show(token);
  });

  async function claim(c: Context, token: Token | undefined): Promise<Response> {
    c.header('Cache-Control', 'no-store');
    if (!token) throw new Refusal(404, 'Token not found');
    const apiKey = apiKeys.get(token.tenantId);
    if (apiKey === undefined) throw new Refusal(404, 'Token not found');
    const claimedAt = now();
    const isOurs = await ledger.write((db) => claimToken(db, token.ref, claimedAt));
    if (!isOurs) throw new Refusal(410, 'Token no longer available');
    return c.json({
      success: true,
      tenant: tenantHost(context),
      webhookurl: `${shareUrl(context)}/webhook/${apiKey}`,
      jwt: await jwts.sign(token),
      groupname: token.groupName,
      expires: new Date(token.expiresAt).toISOString(),
      expires_in: Math.floor((token.expiresAt - claimedAt) / 1000),
    });
  }

  function show(token: Token | undefined): Promise<Response> {
    const brand = hostBrand(context);
    if (token) {
      const state = tokenStateAt(token, now());
      return sendPage(shortlinkPage(brand, token, state), state === 'open' ? 200 : 410);
    }
    const text =
      'Compare it with the one that you were given: every letter counts, and small and capital letters differ.';
    return sendPage(messagePage(brand, { mark: 'No such link', title: 'There is no such link', text }), 404);
  }

  return app;
}

function isClaim(c: Context): boolean {
  const isLooking = c.req.method === 'HEAD' || /\bprefetch\b/i.test(c.req.header('sec-purpose') ?? '');
  return c.req.query('claim')?.toLowerCase() === 'true' && !isLooking;
}
