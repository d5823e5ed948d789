/**
 * Resumable uploads on signed links: the tus protocol 1.0.0 (https://tus.io/protocols/resumable-upload), core with the
 * extensions creation, expiration and termination, as the pinning provider's SDK speaks it.
 *
 * Not built on @tus/server (2.4.5 was looked at): it answers 412 without a `Tus-Resumable` header, which this dialect
 * does not send, and 409 to a repeated chunk, which this dialect needs accepted; it waits for its per-upload lock by
 * spinning on the event loop; it pipes every body through three stream layers; and it brings fourteen packages, two Redis
 * clients among them, for the few header checks below. Its official client, tus-js-client, is in the tests.
 */
import type { Context, MiddlewareHandler } from 'hono';

import { toCidV1 } from '../../../shared/fingerprint/cid.ts';
import { releaseAfterAnswer, type ServiceContext, type ServiceEnv } from '../context.ts';
import { finishResumableUpload, type ResumableUpload } from '../ledger/resumable-uploads.ts';
import { findUploadLink, type UploadLink } from '../ledger/upload-links.ts';
import { detectMimeType, isAllowedMimeType } from '../mime-type.ts';
import { Refusal } from '../refusal.ts';
import { openBody } from '../request-body.ts';
import { maxIdleMs, type Reception } from '../resumable/resumable-uploads.ts';
import { readUploadMetadata } from '../resumable/upload-metadata.ts';
import { signQuery } from '../signed-url.ts';
import { acceptContent, usedLink, wantsCidV1 } from './link-accept.ts';
import { requireLink } from './link-permission.ts';
import { refuseType, tidyFileName, tooLarge } from './receive-file.ts';
import { readNetwork } from './request-headers.ts';

const tusVersion = '1.0.0';
/** How long the URL of an upload is good: a big file on a slow line takes days, and may outlast its link. */
const uploadLifetimeSeconds = 7 * 24 * 3_600;
/** Under which name the metadata of an upload keeps what the SDK says in the query of the creation. */
const cidVersionQuery = 'X-Upload-Option-Cid-Version';

type LinkContext = Context<ServiceEnv>;

/** Says on every answer, a preflight's included, what is spoken here. */
export const advertiseTus: MiddlewareHandler = async (c, next) => {
  if (c.req.method === 'OPTIONS') {
    c.header('Tus-Version', tusVersion);
    c.header('Tus-Extension', 'creation,expiration,termination');
  }
  await next();
  c.header('Tus-Resumable', tusVersion);
};

/** The handlers of the tus protocol, 1.0.0, behind an upload link: creation, HEAD, PATCH, and ending one early. */
export function createResumableHandlers(context: ServiceContext) {
  const { ledger, resumable, hub } = context;

  function requireUpload(c: LinkContext): { link: UploadLink; upload: ResumableUpload } {
    const link = requireLink(context, c);
    const upload = resumable.find(c.req.param('upload') ?? '');
    if (upload?.linkId !== link.id) {
      throw new Refusal(404, 'There is no such upload: it was ended, replaced or given up. Start it again.');
    }
    return { link, upload };
  }

  /** What becomes of the content, and under which name and type. */
  function receptionOf(
    c: LinkContext,
    link: UploadLink,
    { id, metadata }: ResumableUpload,
  ): Reception<string> {
    const name = tidyFileName(metadata.filename ?? metadata.name ?? '');
    const { allowMimeTypes } = link.terms;
    return {
      async judge(head) {
        const mimetype = await detectMimeType(head, { declared: metadata.filetype, name });
        if (!isAllowedMimeType(mimetype, allowMimeTypes)) throw refuseType(name, mimetype, allowMimeTypes);
        return mimetype;
      },
      async accept(content) {
        const hold = hub.hold();
        try {
          const network = readNetwork(metadata.network);
          const result = await acceptContent(context, link, { ...content, name, network }, hold, (db) =>
            finishResumableUpload(db, id, context.now()),
          );
          return String(result.cid);
        } finally {
          releaseAfterAnswer(c.env, hold);
          hub.announce();
        }
      },
    };
  }

  /** Where an upload stands; with the CID once it is complete. */
  function describe(c: LinkContext, id: string): void {
    const upload = resumable.find(id);
    if (!upload) throw new Refusal(404, 'There is no such upload any more. Start it again.');
    c.header('Upload-Offset', String(upload.receivedBytes));
    if (upload.finishedAt === null) {
      c.header('Upload-Expires', new Date(upload.activeAt + maxIdleMs).toUTCString());
      return;
    }
    const link = findUploadLink(ledger.db, upload.linkId);
    if (link?.cid)
      c.header('Upload-Cid', wantsCidV1(link, upload.metadata.cid_version) ? toCidV1(link.cid) : link.cid);
  }

  return {
    /** POST to the link: begins an upload, whose URL is the Location of the answer. */
    async create(c: LinkContext): Promise<Response> {
      const link = requireLink(context, c);
      const text = c.req.header('upload-length') ?? '';
      const sizeBytes = /^\d{1,16}$/.test(text) ? Number(text) : 0;
      if (sizeBytes === 0 || !Number.isSafeInteger(sizeBytes)) {
        throw new Refusal(
          400,
          `Upload-Length is not valid: "${text.slice(0, 40)}". Expected the size in bytes, at least 1.`,
        );
      }
      if (sizeBytes > link.terms.maxFileBytes) throw tooLarge(link.terms.maxFileBytes);
      // Of the same size it may be the same content, whose sender did not get the answer: it gets it again.
      if (link.usedAt !== null && link.result?.size !== sizeBytes) throw usedLink();
      const metadata = readUploadMetadata(c.req.header('upload-metadata'));
      const cidVersion = c.req.query(cidVersionQuery);
      if (cidVersion && !metadata.cid_version) metadata.cid_version = cidVersion;
      // Refused now rather than after gigabytes.
      tidyFileName(metadata.filename ?? metadata.name ?? '');
      readNetwork(metadata.network);
      const { id } = await resumable.create({ linkId: link.id, sizeBytes, metadata });
      const path = `/v3/files/${link.id}/${id}`;
      const query = signQuery(context.linkSigningKey, {
        purpose: 'upload',
        path,
        startSeconds: Math.floor(context.now() / 1000),
        lifetimeSeconds: uploadLifetimeSeconds,
      });
      c.header('Location', `${context.publicUrl()}${path}?${query}`);
      describe(c, id);
      return c.body(null, 201);
    },

    /** PATCH: the next bytes, or again bytes that are here already. 204; with `Upload-Cid` when these were the last. */
    async receive(c: LinkContext): Promise<Response> {
      const { link, upload } = requireUpload(c);
      const contentType = c.req.header('content-type')?.trim().toLowerCase();
      if (contentType !== 'application/offset+octet-stream') {
        throw new Refusal(415, 'Send the bytes with Content-Type: application/offset+octet-stream.');
      }
      const text = c.req.header('upload-offset') ?? '';
      if (!/^\d{1,15}$/.test(text)) {
        throw new Refusal(
          400,
          `Upload-Offset is not valid: "${text.slice(0, 40)}". Expected a number of bytes.`,
        );
      }
      await resumable.receive(upload.id, Number(text), openBody(c), receptionOf(c, link, upload));
      describe(c, upload.id);
      return c.body(null, 204);
    },

    /** HEAD: how many bytes are here. */
    async tell(c: LinkContext): Promise<Response> {
      const { link, upload } = requireUpload(c);
      await resumable.interrupt(upload.id);
      const { receivedBytes, sizeBytes } = resumable.find(upload.id) ?? upload;
      // All bytes came and the end did not: who asks takes the offset for the end, so it has to come now.
      if (receivedBytes === sizeBytes) {
        await resumable.receive(upload.id, sizeBytes, undefined, receptionOf(c, link, upload));
      }
      describe(c, upload.id);
      c.header('Upload-Length', String(sizeBytes));
      c.header('Cache-Control', 'no-store');
      return c.body(null, 200);
    },

    /** DELETE: gives up an unfinished upload. */
    async end(c: LinkContext): Promise<Response> {
      const { upload } = requireUpload(c);
      if (upload.finishedAt !== null) {
        throw new Refusal(
          403,
          'This upload is complete: its file belongs to the group now, whose owner can delete it.',
        );
      }
      await resumable.drop(upload.id);
      return c.body(null, 204);
    },
  };
}
