import type { Context } from 'hono';

import { nullCid, parseCid } from '../../../shared/fingerprint/cid.ts';
import type { ServiceContext, ServiceEnv } from '../context.ts';
import { findFilesByCid, type LedgerFile, pagesOfFiles } from '../ledger/files.ts';
import { findGroupByRef, listGroups } from '../ledger/groups.ts';
import { findStamps } from '../ledger/stamps.ts';
import { shareUrl } from '../public/share-url.ts';
import { shortCode } from '../public/short-code.ts';
import { Refusal } from '../refusal.ts';
import { confinesOf, isWithin, visibleFiles } from '../tokens/confine.ts';
import { fileEntry, fileGatewayUrl, shownNetwork, stampEntry } from './file-entry.ts';
import { readGroupReference, requireGroup } from './group-reference.ts';
import { jsonArray, streamJson } from './json-stream.ts';
import { readBooleanHeader, readNetworkHeader, readTextHeader } from './request-headers.ts';

/** A page is made in one go, in which nobody else is served: a few milliseconds. */
const filesPerPage = 250;

/** GET /webhook/{apikey}: groups, files of a group, or verification of a hash, as the headers say. */
export function createGetHandler(context: ServiceContext) {
  const { ledger } = context;

  return (c: Context<ServiceEnv>): Response => {
    const reference = readGroupReference(c);
    const hash = readTextHeader(c, 'hash');
    const exportsLinks = readBooleanHeader(c, 'export-links');
    if (hash !== undefined) {
      if (reference !== undefined && !exportsLinks) {
        throw new Refusal(400, 'Cannot specify both group id and hash unless you are exporting a link');
      }
      return verify(c, hash, exportsLinks);
    }
    return reference === undefined ? answerGroups(c) : answerFiles(c, reference, exportsLinks);
  };

  function answerGroups(c: Context<ServiceEnv>): Response {
    const network = readNetworkHeader(c);
    const tenant = c.get('tenant');
    const confines = confinesOf(context, c);
    const groups = listGroups(ledger.db, tenant.id)
      .filter((group) => !confines || isWithin(ledger.db, confines, group))
      .map((group) => ({
        id: group.groupId,
        group_id: group.groupId,
        name: group.name,
        group_name: group.name,
        network: shownNetwork(group.network),
        visibility: shownNetwork(group.network),
        user_id: tenant.name,
        createdAt: new Date(group.createdAt).toISOString(),
        file_count: group.fileCount,
      }))
      .filter((group) => network === undefined || group.network === network);
    return c.json({ success: true, groups });
  }

  function answerFiles(c: Context<ServiceEnv>, reference: string, exportsLinks: boolean): Response {
    const network = readNetworkHeader(c);
    const showsDeleted = readBooleanHeader(c, 'show-deleted');
    const tenantId = c.get('tenant').id;
    const group = requireGroup(ledger.db, tenantId, reference);
    const isListed = (file: LedgerFile) => network === undefined || shownNetwork(file.network) === network;
    function* pages(): Generator<LedgerFile[]> {
      const options = { withDeleted: showsDeleted, pageSize: filesPerPage };
      for (const page of pagesOfFiles(ledger.db, group.ref, options)) yield page.filter(isListed);
    }
    const entryOf = (file: LedgerFile) => ({
      ...fileEntry(context, file, { tenantId, groupId: group.groupId }),
      ...(showsDeleted && {
        deleted: file.deletedAt !== null,
        deleted_at: file.deletedAt === null ? null : new Date(file.deletedAt).toISOString(),
      }),
    });
    const head = { success: true, group_id: group.groupId, network: shownNetwork(group.network) };
    function* pieces(): Generator<string> {
      yield `${JSON.stringify(head).slice(0, -1)},"files":`;
      yield* jsonArray(pages(), (page) => page.map(entryOf));
      if (exportsLinks) {
        yield ',"export_data":{"permalinks":';
        yield* jsonArray(pages(), (page) => page.flatMap(permalink));
        yield '}';
      }
      yield '}';
    }
    return streamJson(pieces());
  }

  /** Links to hand on, for a file that anybody may see; none for any other. */
  function permalink(file: LedgerFile): { filename: string; cid: string; shorturl: string; url: string }[] {
    if (shownNetwork(file.network) !== 'public' || file.deletedAt !== null) return [];
    const { cid, name } = file;
    const origin = shareUrl(context);
    return [
      { filename: name, cid, shorturl: `${origin}/c/${shortCode(cid)}`, url: `${origin}/claim/${cid}` },
    ];
  }

  function verify(c: Context<ServiceEnv>, hash: string, exportsLinks: boolean): Response {
    const parsed = parseCid(hash);
    if (!parsed)
      throw new Refusal(400, `Not a CID: "${hash.slice(0, 100)}". Expected a CIDv0 ("Qm…") or CIDv1.`);
    const { cid } = parsed;
    const tenantId = c.get('tenant').id;
    const files = cid === nullCid ? [] : visibleFiles(context, c, findFilesByCid(ledger.db, tenantId, cid));
    const [file] = files;
    if (!file) throw new Refusal(404, `Hash not found: ${cid}`);
    const stamps = findStamps(ledger.db, tenantId, cid);
    const [first] = stamps;
    if (!first)
      throw new Refusal(400, `Hash is known and not stamped: ${cid}`, { hash: cid, is_stamped: false });
    const allResults = stamps.map(stampEntry);
    return c.json({
      success: true,
      data: {
        ...stampEntry(first),
        hash: cid,
        filename: file.name,
        name: file.name,
        size: file.sizeBytes,
        mimetype: file.mimetype,
        network: shownNetwork(file.network),
        is_stamped: true,
        postmark_hash: first.value,
        gatewayurl: fileGatewayUrl(context, file),
        group_id: findGroupByRef(ledger.db, file.groupRef)?.groupId,
        ...(exportsLinks && { claim_link: files.flatMap(permalink)[0]?.url ?? null }),
        allResults,
      },
      allResults,
    });
  }
}
