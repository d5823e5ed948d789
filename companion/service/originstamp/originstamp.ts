import { type Handler, Hono, type MiddlewareHandler } from 'hono';
import { getPath } from 'hono/utils/url';

import type { ServiceEnv } from '../context.ts';
import { allowEveryOrigin } from '../cors.ts';
import { withTenant } from './authorize.ts';
import { createBulkHandler } from './bulk.ts';
import type { OriginstampContext } from './context.ts';
import { createCreateHandler } from './create.ts';
import { answerJson, fail, succeed } from './envelope.ts';
import { answerFailure } from './errors.ts';
import { failureCodes, WireFailure } from './failure.ts';
import { createWebhookRoutes } from './notifications/webhook-routes.ts';
import { toOriginstampPath } from './paths.ts';
import { createProofDownloadHandler } from './proof-download.ts';
import { createProofs } from './proof-file.ts';
import { createProofUrlHandler } from './proof-url.ts';
import { createSeedStatusHandler } from './seed-status.ts';
import { createStatusHandler } from './status.ts';
import { createUsageHandler } from './usage.ts';

/**
 * The OriginStamp API, versions 3 and 4, as a middleware that answers the paths that are its own (see toOriginstampPath)
 * and passes all others on.
 */
export function createOriginstamp(context: OriginstampContext): MiddlewareHandler<ServiceEnv> {
  const { settings, log } = context;
  const pathOf = (request: Request) => toOriginstampPath(getPath(request), settings.originstampPrefix);
  const app = new Hono<ServiceEnv>({ getPath: (request) => pathOf(request) ?? '' });
  const key = withTenant(context);
  const proofs = createProofs(context);
  const create = createCreateHandler(context);
  const status = createStatusHandler(context);
  const webhooks = createWebhookRoutes(context);
  const currencies = () =>
    answerJson(
      succeed(context.seeds.currencies().map(({ id, name }) => ({ currency_id: id, currency: name }))),
    );

  app.onError((error, c) => answerFailure(error, c, log));
  app.use(allowEveryOrigin({ privateNetwork: false }));

  const routes: [method: 'GET' | 'POST', path: string, ...handlers: Handler<ServiceEnv>[]][] = [
    ['POST', '/v4/timestamp/create', key, create],
    ['POST', '/v3/timestamp/create', key, create],
    // Without `key`: a bulk says that it is invalid in an array.
    ['POST', '/v4/timestamp/bulk/create', createBulkHandler(context)],
    ['POST', '/v3/timestamp/proof/url', key, createProofUrlHandler(context, proofs)],
    // The link is its own key.
    ['GET', '/v3/timestamp/proof/download', createProofDownloadHandler(context, proofs)],
    ['GET', '/v4/timestamp/status/seed/:seed', key, createSeedStatusHandler(context)],
    ['GET', '/v3/api_key/usage', key, createUsageHandler(context)],
    ['GET', '/v3/currencies/get', key, currencies],
    ['POST', '/v3/webhook/register', key, webhooks.register],
    ['POST', '/v3/webhook/information', key, webhooks.information],
    ['POST', '/v3/webhook/start', key, webhooks.start],
    // Behind the fixed names: `create` is no hash.
    ['GET', '/v4/timestamp/:hash', key, status],
    ['GET', '/v3/timestamp/:hash', key, status],
  ];
  for (const [method, path, ...handlers] of routes) {
    app.on(method, [path], ...handlers);
    app.all(path, refuseMethod(method));
  }
  app.notFound((c) => {
    const failure = new WireFailure(
      failureCodes.unknownPath,
      `This service has nothing at ${c.req.method} ${c.req.path.slice(0, 200)}.`,
      404,
    );
    return answerJson(fail(failure), failure.httpStatus);
  });

  return async (c, next) =>
    pathOf(c.req.raw) === undefined ? next() : app.fetch(c.req.raw, c.env ?? undefined);
}

function refuseMethod(allowed: 'GET' | 'POST'): MiddlewareHandler<ServiceEnv> {
  return async (c) => {
    const failure = new WireFailure(
      failureCodes.wrongMethod,
      `${c.req.method} is not supported here: this path takes ${allowed}.`,
      405,
    );
    const allow = allowed === 'GET' ? 'GET, HEAD, OPTIONS' : 'POST, OPTIONS';
    return answerJson(fail(failure), failure.httpStatus, { Allow: allow });
  };
}
