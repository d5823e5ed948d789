import type { DatabaseSync } from 'node:sqlite';

import type { Fingerprint } from '../../../shared/fingerprint/fingerprint.ts';
import type { Network } from '../../../shared/wire/chainletter.ts';
import type { ServiceContext } from '../context.ts';
import type { Hold } from '../events/event-hub.ts';
import { putContent } from '../ledger/contents.ts';
import { closeUploadLink, findUploadLink, type UploadLink } from '../ledger/upload-links.ts';
import { Refusal } from '../refusal.ts';
import { shownNetwork } from './file-entry.ts';
import { defaultNetwork } from './group-reference.ts';
import { storeFile } from './store-file.ts';

/** Content that came through a link, complete and under a temporary name. */
export interface LinkContent {
  fingerprint: Fingerprint;
  /** As the sender calls it; the link's own name wins. */
  name: string;
  mimetype: string;
  /** As the sender states it; the link's own wins. */
  network: Network | undefined;
  /** Makes the bytes readable under their CID, on disk when it resolves. Not called for what is not to be kept. */
  keep(): Promise<void>;
}

/**
 * Stores what came through a link and closes the link, in one transaction. Returns the provider's description of the
 * file; the same content again gets the same.
 *
 * @param inTransaction runs in the transaction that takes the content.
 * @throws Refusal 403 when the link was used for other content.
 */
export async function acceptContent(
  context: ServiceContext,
  link: UploadLink,
  content: LinkContent,
  hold: Hold,
  inTransaction: (db: DatabaseSync) => void = () => undefined,
): Promise<Record<string, unknown>> {
  const { ledger, hub } = context;
  const { terms, tenantId } = link;
  const { fingerprint, mimetype } = content;
  const statedNetwork = terms.network ?? content.network;
  const keepsBytes = statedNetwork !== 'none';
  if (keepsBytes && !repeatOf(link, fingerprint.cid)) await content.keep();
  return ledger.write((db) => {
    // Looked up again: somebody else may have used the link while this content was on its way.
    const repeated = repeatOf(findUploadLink(db, link.id) ?? link, fingerprint.cid);
    if (repeated) {
      inTransaction(db);
      return repeated;
    }
    const at = context.now();
    const name = terms.filename ?? content.name;
    const file = { ...fingerprint, name, mimetype, keyvalues: terms.keyvalues };
    let groupId: string | null = null;
    let network = statedNetwork ?? defaultNetwork;
    if (terms.group === null) {
      if (keepsBytes) putContent(db, { ...fingerprint, mimetype, isBundle: false }, at);
      const told = { hash: file.cid, cid: file.cid, name, size: file.sizeBytes, group_id: '', network };
      hub.append(db, { tenantId, type: 'file.uploaded', data: { ...told, mimetype } }, hold);
    } else {
      // A file that the group holds already is what the sender wanted: the outcome is the same either way.
      const stored = storeFile(context, db, { tenantId, reference: terms.group, statedNetwork, file }, hold);
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
    inTransaction(db);
    return result;
  });
}

/** The answer given before for the same bytes; undefined for an unused link. @throws Refusal 403 for other bytes. */
function repeatOf(link: UploadLink, cid: string): Record<string, unknown> | undefined {
  if (link.usedAt === null) return undefined;
  if (link.cid === cid && link.result) return link.result;
  throw usedLink();
}

/** 403: the link's one upload is made, of other bytes. */
export function usedLink(): Refusal {
  return new Refusal(
    403,
    'This upload link was already used for another file. Ask the service for a new one.',
  );
}

/** What the sender asks for in the answer; what was signed wins. */
export function wantsCidV1(link: UploadLink, asked: string | null | undefined): boolean {
  return (link.terms.cidVersion ?? asked?.trim().toLowerCase().replace(/^v?/, 'v')) === 'v1';
}
