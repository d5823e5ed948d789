import { Hono } from 'hono';

import { toCidV1 } from '../../../shared/fingerprint/cid.ts';
import { releaseAfterAnswer, type ServiceContext, type ServiceEnv } from '../context.ts';
import { allowEveryOrigin } from '../cors.ts';
import { refuseWhileDisabled } from '../limits/switch.ts';
import { Refusal } from '../refusal.ts';
import { acceptContent, wantsCidV1 } from './link-accept.ts';
import { requireLink } from './link-permission.ts';
import { advertiseTus, createResumableHandlers } from './link-upload-resumable.ts';
import { receiveFile } from './receive-file.ts';
import { readNetwork } from './request-headers.ts';

/**
 * The signed upload endpoint `/v3/files/{id}`, without any key: the URL is the credential. It takes one file, in one
 * multipart POST or, announced by `Upload-Length`, in as many PATCHes as it takes (see createResumableHandlers).
 * The same bytes again get the same answer, so that a client whose answer was lost can repeat; other bytes are refused.
 */
export function createLinkUpload(context: ServiceContext): Hono<ServiceEnv> {
  const { hub } = context;
  const app = new Hono<ServiceEnv>();
  const resumable = createResumableHandlers(context);
  app.use(
    '/v3/files/*',
    advertiseTus,
    allowEveryOrigin({ privateNetwork: false }),
    refuseWhileDisabled(context),
  );

  app.post('/v3/files/:id', async (c) => {
    if (c.req.header('upload-length') !== undefined || c.req.header('upload-defer-length') !== undefined) {
      return resumable.create(c);
    }
    const link = requireLink(context, c);
    if (!/^multipart\/form-data\b/i.test(c.req.header('content-type') ?? '')) {
      throw new Refusal(
        400,
        'Send the file as multipart/form-data, in a part named "file", or announce its size by Upload-Length.',
      );
    }
    const { file, fields } = await receiveFile(context, c, {
      maxBytes: link.terms.maxFileBytes,
      allowMimeTypes: link.terms.allowMimeTypes,
    });
    const hold = hub.hold();
    try {
      const result = await acceptContent(
        context,
        link,
        { ...file, network: readNetwork(fields.get('network')), keep: () => file.incoming.keep() },
        hold,
      );
      const cid = String(result.cid);
      return c.json({
        data: wantsCidV1(link, fields.get('cid_version')) ? { ...result, cid: toCidV1(cid) } : result,
      });
    } finally {
      await file.incoming.discard();
      releaseAfterAnswer(c.env, hold);
      hub.announce();
    }
  });

  app.patch('/v3/files/:id/:upload', (c) => resumable.receive(c));
  app.delete('/v3/files/:id/:upload', (c) => resumable.end(c));
  // Hono sends HEAD requests to the GET route.
  app.get('/v3/files/:id/:upload', (c) =>
    c.req.method === 'HEAD' ? resumable.tell(c) : refuseMethod(c.req.method, 'HEAD, PATCH, DELETE, OPTIONS'),
  );
  app.all('/v3/files/:id/:upload', (c) => refuseMethod(c.req.method, 'HEAD, PATCH, DELETE, OPTIONS'));
  app.all('/v3/files/:id', (c) => refuseMethod(c.req.method, 'POST, OPTIONS'));
  return app;
}

function refuseMethod(method: string, allowed: string): Response {
  const message = `${method} is not supported here: this URL takes ${allowed}.`;
  return Response.json({ success: false, message }, { status: 405, headers: { Allow: allowed } });
}
