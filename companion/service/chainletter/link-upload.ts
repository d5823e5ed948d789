import { type Context, Hono } from 'hono';

import { toCidV1 } from '../../../shared/fingerprint/cid.ts';
import type { Network } from '../../../shared/wire/chainletter.ts';
import { releaseAfterAnswer, type ServiceContext, type ServiceEnv } from '../context.ts';
import { allowEveryOrigin } from '../cors.ts';
import { putContent } from '../ledger/contents.ts';
import { closeUploadLink, findUploadLink, type UploadLink } from '../ledger/upload-links.ts';
import { Refusal } from '../refusal.ts';
import { checkQuery } from '../signed-url.ts';
import { shownNetwork } from './file-entry.ts';
import { defaultNetwork } from './group-reference.ts';
import { type ReceivedFile, receiveFile } from './receive-file.ts';
import { readNetwork } from './request-headers.ts';
import { storeFile } from './store-file.ts';

/**
 * The signed upload endpoint `/v3/files/{id}`: one multipart POST, no key; the URL is the credential. It takes one file.
 * The same bytes again get the same answer, so that a client whose answer was lost can repeat; other bytes are refused.
 */
export function createLinkUpload(context: ServiceContext): Hono<ServiceEnv> {
  const { ledger, hub } = context;
  const app = new Hono<ServiceEnv>();
  app.use('/v3/files/*', allowEveryOrigin({ privateNetwork: false }));

  app.post('/v3/files/:id', async (c) => {
    const link = requireLink(c);
    if (c.req.header('upload-length') !== undefined) {
      throw new Refusal(
        400,
        'Resumable uploads are not supported by this service yet: send the file as one multipart/form-data POST.',
      );
    }
    if (!/^multipart\/form-data\b/i.test(c.req.header('content-type') ?? '')) {
      throw new Refusal(400, 'Send the file as multipart/form-data, in a part named "file".');
    }
    const { file, fields } = await receiveFile(context, c, {
      maxBytes: link.terms.maxFileBytes,
      allowMimeTypes: link.terms.allowMimeTypes,
    });
    const hold = hub.hold();
    try {
      const result = await accept(link, file, readNetwork(fields.get('network')), hold);
      const wantsV1 = fields.get('cid_version')?.toLowerCase() === 'v1';
      return c.json({ data: wantsV1 ? { ...result, cid: toCidV1(String(result.cid)) } : result });
    } finally {
      await file.incoming.discard();
      releaseAfterAnswer(c.env, hold);
      hub.announce();
    }
  });

  app.all('/v3/files/:id', (c) => {
    c.header('Allow', 'POST, OPTIONS');
    return c.json(
      {
        success: false,
        message: `${c.req.method} is not supported here: send one multipart/form-data POST.`,
      },
      405,
    );
  });

  function requireLink(c: Context<ServiceEnv>): UploadLink {
    const url = new URL(c.req.url);
    const nowMs = context.now();
    const { linkSigningKey } = context;
    const verdict = checkQuery(linkSigningKey, {
      purpose: 'upload',
      path: url.pathname,
      query: url.searchParams,
      nowMs,
    });
    const link = verdict === 'invalid' ? undefined : findUploadLink(ledger.db, c.req.param('id') ?? '');
    if (!link) throw new Refusal(403, 'The signature of this upload link is not valid.');
    if (verdict === 'expired' || link.expiresAt <= nowMs) {
      throw new Refusal(401, 'This upload link has expired. Ask the service for a new one.');
    }
    return link;
  }

  /** Stores what came and closes the link, in one transaction; the answer's `data`. */
  async function accept(
    link: UploadLink,
    { fingerprint, name: sentName, mimetype, incoming }: ReceivedFile,
    sentNetwork: Network | undefined,
    hold: ReturnType<typeof hub.hold>,
  ): Promise<Record<string, unknown>> {
    const { terms, tenantId } = link;
    const statedNetwork = terms.network ?? sentNetwork;
    const keepsBytes = statedNetwork !== 'none';
    const before = repeatOf(link, fingerprint.cid);
    if (before) return before;
    if (keepsBytes) await incoming.keep();
    return ledger.write((db) => {
      // Somebody else may have used the link while this file was on its way.
      const repeated = repeatOf(findUploadLink(db, link.id) ?? link, fingerprint.cid);
      if (repeated) return repeated;
      const at = context.now();
      const name = terms.filename ?? sentName;
      const file = { ...fingerprint, name, mimetype, keyvalues: terms.keyvalues };
      let groupId: string | null = null;
      let network = statedNetwork ?? defaultNetwork;
      if (terms.group === null) {
        if (keepsBytes) putContent(db, { ...fingerprint, mimetype, isBundle: false }, at);
        const told = { hash: file.cid, cid: file.cid, name, size: file.sizeBytes, group_id: '', network };
        hub.append(db, { tenantId, type: 'file.uploaded', data: { ...told, mimetype } }, hold);
      } else {
        // A file that the group holds already is what the sender wanted: the outcome is the same either way.
        const stored = storeFile(
          context,
          db,
          { tenantId, reference: terms.group, statedNetwork, file },
          hold,
        );
        groupId = stored.group.groupId;
        network = shownNetwork(stored.file.network);
      }
      const result = {
        id: link.id,
        name,
        cid: fingerprint.cid,
        size: fingerprint.sizeBytes,
        created_at: new Date(at).toISOString(),
        number_of_files: 1,
        mime_type: mimetype,
        group_id: groupId,
        keyvalues: terms.keyvalues,
        vectorized: false,
        network,
      };
      const ungroupedNetwork = terms.group === null ? network : null;
      closeUploadLink(db, { id: link.id, cid: fingerprint.cid, network: ungroupedNetwork, result }, at);
      return result;
    });
  }

  return app;
}

/** The answer given before for the same bytes; undefined for an unused link. @throws Refusal 403 for other bytes. */
function repeatOf(link: UploadLink, cid: string): Record<string, unknown> | undefined {
  if (link.usedAt === null) return undefined;
  if (link.cid === cid && link.result) return link.result;
  throw new Refusal(
    403,
    'This upload link was already used for another file. Ask the service for a new one.',
  );
}
