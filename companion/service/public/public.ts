import { Hono } from 'hono';

import { normalizeCid } from '../../../shared/fingerprint/cid.ts';
import type { ServiceContext, ServiceEnv } from '../context.ts';
import { allowEveryOrigin } from '../cors.ts';
import { hostBrand } from './brand.ts';
import { claimPage } from './claim-page.ts';
import { describeEvidence } from './evidence.ts';
import { messagePage } from './message-page.ts';
import { type Page, sendPage } from './page.ts';
import { findPublicRecord, type PublicRecord } from './record.ts';
import { shareUrl } from './share-url.ts';
import { findByShortCode } from './short-code.ts';
import { verificationPage } from './verification-page.ts';

/** Pages about a CID, for whoever was handed a link: no key, no script, nothing private. */
export function createPublicPages(context: ServiceContext): Hono<ServiceEnv> {
  const app = new Hono<ServiceEnv>();
  const everyOrigin = allowEveryOrigin({ privateNetwork: true });
  for (const path of ['/pverify/*', '/verify/*', '/view/*', '/claim/*', '/c/*']) app.use(path, everyOrigin);

  async function answer(
    text: string | undefined,
    pageOf: (record: PublicRecord, origin: string) => Page,
  ): Promise<Response> {
    const brand = hostBrand(context);
    const cid = normalizeCid(text ?? '');
    if (!cid) {
      return sendPage(
        messagePage(brand, {
          mark: 'Not a CID',
          title: 'This link is not whole',
          text: 'It should end in the CID of a file: “Qm” and 44 more characters, or the longer form that begins with “bafy”. Perhaps a part of it was lost on the way.',
        }),
        400,
      );
    }
    const record = findPublicRecord(context, cid);
    if (record) return sendPage(pageOf(record, shareUrl(context)));
    return sendPage(
      messagePage(brand, {
        mark: 'No record',
        title: 'This service knows nothing of this file',
        text: 'That is no judgement on the file: it may be stamped elsewhere, or not yet. If you expected it here, compute its CID again, and compare.',
        hash: cid,
      }),
      404,
    );
  }

  app.get('/pverify/:cid', (c) => answer(c.req.param('cid'), verificationPage));
  app.get('/pverify/:cid/evidence.json', (c) => {
    const cid = normalizeCid(c.req.param('cid'));
    const record = cid === undefined ? undefined : findPublicRecord(context, cid);
    if (record) return c.json(describeEvidence(record, shareUrl(context)));
    return c.json({ success: false, message: 'Not found' }, cid === undefined ? 400 : 404);
  });
  // Other clients build their links with these words.
  for (const path of ['/verify/:cid', '/view/:cid'] as const) {
    app.get(path, (c) => c.redirect(`/pverify/${encodeURIComponent(c.req.param('cid'))}`, 302));
  }
  app.get('/claim/:cid', (c) => answer(c.req.param('cid'), claimPage));
  app.get('/c/:code', async (c) => {
    const cid = findByShortCode(context.ledger.db, c.req.param('code'));
    if (cid) return answer(cid, claimPage);
    return sendPage(
      messagePage(hostBrand(context), {
        mark: 'No such link',
        title: 'There is nothing behind this short link',
        text: 'Compare it with the one that you were given: every letter counts, and small and capital letters differ.',
      }),
      404,
    );
  });
  return app;
}
