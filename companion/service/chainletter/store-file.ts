import type { DatabaseSync } from 'node:sqlite';

import type { Network } from '../../../shared/wire/chainletter.ts';
import type { ServiceContext } from '../context.ts';
import type { Hold } from '../events/event-hub.ts';
import { putContent } from '../ledger/contents.ts';
import { findFile, type LedgerFile, putFile } from '../ledger/files.ts';
import type { Group } from '../ledger/groups.ts';
import { fileGatewayUrl, shownNetwork } from './file-entry.ts';
import { openGroup } from './group-reference.ts';

/** A file as it is put into a group. */
export interface FileToStore {
  cid: string;
  /** Null when only the CID is known. */
  digest: string | null;
  sizeBytes: number;
  name: string;
  mimetype: string;
  keyvalues?: Record<string, string>;
}

/** Which file goes into whose group, on which network. */
export interface StoreRequest {
  tenantId: string;
  /** Group id or name. */
  reference: string;
  /** As stated by the writer; undefined: the group's. */
  statedNetwork: Network | undefined;
  /** Overrides what is stated and what the group says, for a CID whose bytes are elsewhere or nowhere. */
  fileNetwork?: Network;
  file: FileToStore;
}

/** `exists`: the group held the CID before, and nothing changed. */
export type StoreOutcome = { kind: 'stored' | 'exists'; group: Group; file: LedgerFile };

/**
 * Puts a file into a group, with its events; part of the caller's transaction. The bytes, when there are any to keep,
 * must be on disk already. A live entry of the same CID stays as it is (`exists`), unless it was registered without
 * bytes and these come now. A deleted one is revived.
 */
export function storeFile(
  context: Pick<ServiceContext, 'hub' | 'publicUrl' | 'linkSigningKey' | 'now'>,
  db: DatabaseSync,
  { tenantId, reference, statedNetwork, fileNetwork, file }: StoreRequest,
  hold: Hold,
): StoreOutcome {
  const { hub, now } = context;
  const at = now();
  // `none` says that there are no bytes here: a fact about this file, not the group's choice of a network.
  const groupNetwork = statedNetwork === 'none' || fileNetwork === 'none' ? undefined : statedNetwork;
  const { group } = openGroup(db, { tenantId, reference, network: groupNetwork }, { hub, hold, now: at });
  const network = fileNetwork ?? statedNetwork ?? group.network;

  const existing = findFile(db, group.ref, file.cid);
  const bringsBytes = existing?.network === 'none' && network !== 'none';
  if (existing && existing.deletedAt === null && !bringsBytes)
    return { kind: 'exists', group, file: existing };

  const { digest } = file;
  if (network !== 'none' && digest !== null) {
    putContent(db, { ...file, digest, isBundle: false }, at);
  }
  const stored = putFile(db, { ...file, groupRef: group.ref, network }, at);

  const told = {
    hash: file.cid,
    cid: file.cid,
    name: file.name,
    size: file.sizeBytes,
    group_id: group.groupId,
    network: shownNetwork(network),
  };
  hub.append(db, { tenantId, type: 'file.uploaded', data: { ...told, mimetype: file.mimetype } }, hold);
  if (network !== 'none') {
    hub.append(
      db,
      { tenantId, type: 'file.pinned', data: { ...told, gatewayurl: fileGatewayUrl(context, stored) } },
      hold,
    );
  }
  return { kind: 'stored', group, file: stored };
}
