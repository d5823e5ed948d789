import { Hono } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { allowEveryOrigin } from '../cors.ts';
import { authorize } from './authorize.ts';
import { createDeleteHandler } from './delete.ts';
import { createEventsHandler } from './events.ts';
import { createGetHandler } from './get.ts';
import { createHeadHandler } from './head.ts';
import { createPatchHandler } from './patch.ts';
import { createPostHandler } from './post.ts';
import type { Stamping } from './stamping.ts';
import { createUploadLinkHandler } from './upload-link.ts';

/** The Chainletter webhook API, to be mounted under `/webhook`. */
export function createWebhook(context: ServiceContext, stamping: Stamping): Hono<ServiceEnv> {
  const app = new Hono<ServiceEnv>();
  const withKey = authorize(context);
  const handleGet = createGetHandler(context);
  const handleHead = createHeadHandler(context);

  app.use('*', allowEveryOrigin({ privateNetwork: false }));
  app.post('/:apikey', withKey, createPostHandler(context, stamping));
  // Hono sends HEAD requests to the GET route.
  app.get('/:apikey', withKey, (c) => (c.req.method === 'HEAD' ? handleHead(c) : handleGet(c)));
  app.patch('/:apikey', withKey, createPatchHandler(context, stamping));
  app.delete('/:apikey', withKey, createDeleteHandler(context, stamping));
  app.get('/:apikey/events/stream', authorize(context, { queryAllowed: true }), createEventsHandler(context));
  app.get('/:apikey/upload-link', withKey, createUploadLinkHandler(context));
  app.all('*', (c) =>
    c.json({ success: false, message: `This service has no ${c.req.method} on this path (yet).` }, 404),
  );
  return app;
}
