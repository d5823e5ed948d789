import type { Context } from 'hono';
import { Hono } from 'hono';

import { normalizeCid } from '../../../shared/fingerprint/cid.ts';
import { shownNetwork, stampEntry } from '../chainletter/file-entry.ts';
import type { ServiceContext, ServiceEnv } from '../context.ts';
import { allowEveryOrigin } from '../cors.ts';
import { listRecordedFiles } from '../ledger/public-records.ts';
import { hostBrand } from '../public/brand.ts';
import { fileEnding, findPublicRecord } from '../public/record.ts';
import { addAssets } from './assets.ts';

const maxResults = 100;

/** What a verification widget on any page asks, and the widget of our own. Mounted under `/widget`. */
export function createWidget(context: ServiceContext): Hono<ServiceEnv> {
  const app = new Hono<ServiceEnv>();
  app.use('*', allowEveryOrigin({ privateNetwork: true }));
  addAssets(app);

  app.get('/verify', (c) => {
    // Known widgets read the body whatever the status says.
    const cid = normalizeCid(c.req.query('cid')?.trim() ?? '');
    if (!cid) return c.json({ success: false, message: 'Parameter "cid" must be a CID.', data: null }, 400);
    const record = findPublicRecord(context, cid);
    if (!record) return notFound(c);
    const { stamps, issuer, isBundle, name } = record;
    const [first] = stamps;
    const chain = first?.chain;
    const network = shownNetwork(listRecordedFiles(context.ledger.db, cid)[0]?.network ?? null);
    // A bundle's own CID stands on the chain by itself: it is in no other.
    const results = stamps
      .slice(0, readLimit(c))
      .map((stamp) => stampEntry({ ...stamp, isBundle: stamp.isBundle && !isBundle }));
    return c.json({
      success: true,
      data: {
        ...(name !== undefined && { filename: name }),
        hash: cid,
        contract: null,
        created: null,
        foreign_tx_id: null,
        is_bulk: null,
        isBulk: null,
        ...results[0],
        network,
        issuer_name: issuer.name,
        issuer_logo: issuer.logo,
        ...(chain && {
          chain_name: chain.name,
          chain_is_local: chain.isLocal,
          explorer: chain.explorerTxUrl ?? null,
        }),
        allResults: results,
      },
      allResults: results,
    });
  });

  app.get('/lookup/:cid', (c) => {
    const cid = normalizeCid(c.req.param('cid').trim());
    const record = cid === undefined ? undefined : findPublicRecord(context, cid);
    const brand = record?.issuer ?? hostBrand(context);
    const body = {
      localIssued: record?.isLocallyIssued ?? false,
      data: [{ type: record ? fileEnding(record) : '' }],
      personaBrand: { name: brand.name, logo: brand.logo, logo_wide: brand.wideLogo },
      plurl: brand.link,
    };
    if (record) return c.json({ success: true, ...body });
    const message = cid === undefined ? 'Not a CID' : 'Not found';
    return c.json({ success: false, message, ...body }, cid === undefined ? 400 : 404);
  });

  return app;
}

function notFound(c: Context): Response {
  return c.json({ success: false, message: 'Not found', data: null }, 404);
}

/** How many results are wanted; a limit that makes no sense is none. */
function readLimit(c: Context): number {
  const text = c.req.query('limit') ?? '';
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : maxResults;
  return Math.min(Math.max(limit, 1), maxResults);
}
