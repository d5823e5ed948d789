import type { Context } from 'hono';

import { normalizeCid, parseCid, toCidV1 } from '../../../shared/fingerprint/cid.ts';
import type { ServiceContext, ServiceEnv } from '../context.ts';
import { signDownloadUrl } from '../gateway/download-url.ts';
import { imageParameters } from '../images/image-options.ts';
import { findContent, findPublication } from '../ledger/contents.ts';
import { Refusal } from '../refusal.ts';
import { tidyFileName } from './receive-file.ts';
import { readLinkLifetime, readTextHeader } from './request-headers.ts';

/**
 * GET /webhook/{apikey}/download-link: a URL that lets its holder read one file for a while, in full or, with image
 * parameters, in that form only. Parameters come as headers or in the query, whose word counts when both say something.
 */
export function createDownloadLinkHandler(context: ServiceContext) {
  const { ledger } = context;

  return (c: Context<ServiceEnv>): Response => {
    const cid = readCid(c);
    const content = findContent(ledger.db, cid);
    const isHeld =
      content?.isBundle || findPublication(ledger.db, cid).tenantIds.includes(c.get('tenant').id);
    if (!content || !isHeld) {
      throw new Refusal(
        404,
        `File not found: ${cid}. Only files whose bytes are stored here can be downloaded.`,
      );
    }
    const lifetimeSeconds = readLinkLifetime(c.req.query('expires') ?? readTextHeader(c, 'expires'));
    const query = new URLSearchParams();
    for (const name of imageParameters) {
      const value = c.req.query(name) ?? readTextHeader(c, name);
      if (value) query.set(name, value.slice(0, 40));
    }
    const filename = c.req.query('filename');
    if (filename) query.set('filename', tidyFileName(filename));
    const url = signDownloadUrl(context, { cid: toCidV1(cid), query, lifetimeSeconds });
    return c.json({ success: true, url, expires_in: lifetimeSeconds });
  };
}

/**
 * The file meant: by its CIDv0, or by the CIDv1 of the same DAG. Read exactly where and as the check of a token's group
 * reads it: what only one of the two understood would slip past.
 */
function readCid(c: Context<ServiceEnv>): string {
  const text = readTextHeader(c, 'cidv1') ?? readTextHeader(c, 'hash') ?? c.req.query('cid');
  if (!text) throw new Refusal(400, 'cidv1 header is required: the CID of the file to download.');
  const cid = normalizeCid(text);
  if (cid) return cid;
  const shown = text.slice(0, 100);
  // A CID of another DAG (raw leaves, say) is a CID; nothing that is stored here has it.
  if (parseCid(text)) throw new Refusal(404, `File not found: ${shown}`);
  throw new Refusal(400, `Not a CID: "${shown}". Expected a CIDv1 ("bafy…") or CIDv0 ("Qm…").`);
}
