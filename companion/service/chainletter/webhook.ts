import { Hono } from 'hono';
import { every } from 'hono/combine';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { allowEveryOrigin } from '../cors.ts';
import { refuseWhileDisabled } from '../limits/switch.ts';
import { confine } from '../tokens/confine.ts';
import { authorize } from './authorize.ts';
import { createDeleteHandler } from './delete.ts';
import { createDownloadLinkHandler } from './download-link.ts';
import { createEventsHandler } from './events.ts';
import { createGetHandler } from './get.ts';
import { createHeadHandler } from './head.ts';
import { createJwtHandler } from './jwt.ts';
import { createListRemoteHandler } from './list-remote.ts';
import { createPatchHandler } from './patch.ts';
import { createPostHandler } from './post.ts';
import type { Stamping } from './stamping.ts';
import { createUploadLinkHandler } from './upload-link.ts';

/** The Chainletter webhook API, to be mounted under `/webhook`. */
export function createWebhook(context: ServiceContext, stamping: Stamping): Hono<ServiceEnv> {
  const app = new Hono<ServiceEnv>();
  const withKey = every(authorize(context), confine(context));
  const withKeyInQuery = every(authorize(context, { query: true }), confine(context));
  const whileEnabled = refuseWhileDisabled(context);
  const handleGet = createGetHandler(context);
  const handleHead = createHeadHandler(context);

  app.use('*', allowEveryOrigin({ privateNetwork: false }));
  app.post('/:apikey', withKey, whileEnabled, createPostHandler(context, stamping));
  // Hono sends HEAD requests to the GET route.
  app.get(
    '/:apikey',
    withKey,
    (c, next) => (c.req.method === 'HEAD' ? handleHead(c) : whileEnabled(c, next)),
    handleGet,
  );
  app.patch('/:apikey', withKey, whileEnabled, createPatchHandler(context, stamping));
  app.delete('/:apikey', withKey, whileEnabled, createDeleteHandler(context, stamping));
  app.get('/:apikey/events/stream', withKeyInQuery, createEventsHandler(context));
  app.get('/:apikey/upload-link', withKey, whileEnabled, createUploadLinkHandler(context));
  app.get('/:apikey/download-link', withKey, whileEnabled, createDownloadLinkHandler(context));
  app.get('/:apikey/list-remote', withKey, whileEnabled, createListRemoteHandler(context));
  // A token must not make others: only the secret mints.
  app.post('/:apikey/jwt', authorize(context, { token: false }), whileEnabled, createJwtHandler(context));
  app.all('*', (c) =>
    c.json({ success: false, message: `This service has no ${c.req.method} on this path (yet).` }, 404),
  );
  return app;
}
