import { createHash } from 'node:crypto';
import type { Context } from 'hono';

import { normalizeCid } from '../../../shared/fingerprint/cid.ts';
import type { ServiceContext, ServiceEnv } from '../context.ts';
import { listRemoteFiles, type RemoteFile } from '../ledger/remote-files.ts';
import { Refusal } from '../refusal.ts';
import { confinesOf } from '../tokens/confine.ts';
import { defaultNetwork, readGroupReference, requireGroup } from './group-reference.ts';
import { readInteger, readNetworkHeader, tidyText } from './request-headers.ts';
import { readKeyvalues } from './upload-link.ts';

const defaultPageSize = 10;
const maxPageSize = 1_000;

/**
 * GET /webhook/{apikey}/list-remote: the files whose bytes are stored here, page by page, of one group or of all, in the
 * form and by the query keys of the pinning provider's list (https://docs.pinata.cloud/api-reference/endpoint/list-files).
 */
export function createListRemoteHandler(context: ServiceContext) {
  const { ledger } = context;

  return (c: Context<ServiceEnv>): Response => {
    const query = new URL(c.req.url).searchParams;
    const tenantId = c.get('tenant').id;
    const reference =
      readGroupReference(c) ?? tidyText(query.get('group') ?? '') ?? confinesOf(context, c)?.groupName;
    const group = reference === undefined ? undefined : requireGroup(ledger.db, tenantId, reference);
    const limit = readInteger(query.get('limit'), 'limit', { from: 1, to: maxPageSize }) ?? defaultPageSize;
    const order = readOrder(query.get('order'));
    const cid = readCid(query.get('cid'));
    // Every file here has its CID from the first moment on: there are none to list that still wait for one.
    const isNone = cid === 'none' || query.get('cidPending')?.toLowerCase() === 'true';
    const found = isNone
      ? []
      : listRemoteFiles(
          ledger.db,
          {
            tenantId,
            groupRef: group?.ref,
            network: readNetworkHeader(c),
            provisional: defaultNetwork,
            cid,
            name: query.get('name') || undefined,
            mimetype: query.get('mimeType')?.toLowerCase().replace(/\*$/, '') || undefined,
            keyvalues: readKeyvalues(query),
          },
          // One more than is shown tells whether there is another page.
          { order, after: readPageToken(query.get('pageToken'), order), limit: limit + 1 },
        );
    const files = found.slice(0, limit);
    const last = files.at(-1);
    return c.json({
      success: true,
      files: files.map((file) => remoteEntry(tenantId, file)),
      next_page_token: last && found.length > limit ? writePageToken(last.ref, order) : '',
    });
  };
}

function remoteEntry(tenantId: string, file: RemoteFile): Record<string, unknown> {
  return {
    id: fileId(tenantId, file),
    name: file.name,
    cid: file.cid,
    hash: file.cid,
    size: file.sizeBytes,
    mime_type: file.mimetype,
    number_of_files: 1,
    keyvalues: file.keyvalues,
    group_id: file.groupId,
    created_at: new Date(file.createdAt).toISOString(),
  };
}

/** A UUID (RFC 9562, version 8) of our own making, always the same for a file: the time it came, then a hash. */
function fileId(tenantId: string, { groupId, cid, createdAt }: RemoteFile): string {
  const bytes = createHash('sha256')
    .update(JSON.stringify([tenantId, groupId, cid]))
    .digest()
    .subarray(0, 16);
  bytes.writeUIntBE(createdAt, 0, 6);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function readOrder(text: string | null): 'ASC' | 'DESC' {
  const order = text?.toUpperCase() || 'DESC';
  if (order === 'ASC' || order === 'DESC') return order;
  throw new Refusal(400, `Parameter "order" is not valid: "${order.slice(0, 40)}". Expected ASC or DESC.`);
}

/** `none` for what nothing stored here can have as its CID. */
function readCid(text: string | null): string | 'none' | undefined {
  return text ? (normalizeCid(text.trim()) ?? 'none') : undefined;
}

/** Where a list goes on. Opaque to clients, and no secret: the list is always the tenant's own. */
function writePageToken(ref: number, order: 'ASC' | 'DESC'): string {
  return Buffer.from(`${order} ${ref}`).toString('base64url');
}

function readPageToken(text: string | null, order: 'ASC' | 'DESC'): number | undefined {
  if (!text) return undefined;
  const [, made, ref] = /^(ASC|DESC) (\d{1,15})$/.exec(Buffer.from(text, 'base64url').toString()) ?? [];
  if (made === order && ref !== undefined) return Number(ref);
  throw new Refusal(
    400,
    'Parameter "pageToken" is not one of this list. Repeat the query of the page before, with its next_page_token.',
  );
}
