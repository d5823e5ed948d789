import type { DatabaseSync } from 'node:sqlite';
import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { deleteFile, findFile } from '../ledger/files.ts';
import { isAnchored } from '../ledger/stamps.ts';
import { Refusal } from '../refusal.ts';
import { shownNetwork } from './file-entry.ts';
import { requireGroup, requireGroupReference } from './group-reference.ts';
import { readJsonBody } from './json-body.ts';
import { requireStampableCid } from './post.ts';
import type { Stamping } from './stamping.ts';

/**
 * DELETE /webhook/{apikey}: takes a file out of a group, if no stamp covers it or is being made of it. Uploading it again
 * brings it back.
 */
export function createDeleteHandler({ ledger, hub, now }: ServiceContext, stamping: Stamping) {
  return async (c: Context<ServiceEnv>): Promise<Response> => {
    const tenantId = c.get('tenant').id;
    const reference = requireGroupReference(c);
    const body = await readJsonBody(c);
    if (typeof body.file_hash !== 'string')
      throw new Refusal(400, 'Field "file_hash" is required: the CID of the file.');
    const cid = requireStampableCid(body.file_hash);
    const group = requireGroup(ledger.db, tenantId, reference);
    const remove = (db: DatabaseSync) => {
      const file = findFile(db, group.ref, cid);
      if (!file || file.deletedAt !== null) throw new Refusal(404, `File not found in group: ${cid}`);
      if (isAnchored(db, file.ref)) throw new Refusal(400, 'Cannot delete a stamped file', { hash: cid });
      deleteFile(db, file.ref, now());
      hub.append(db, {
        tenantId,
        type: 'file.deleted',
        data: {
          hash: cid,
          cid,
          name: file.name,
          group_id: group.groupId,
          network: shownNetwork(file.network),
        },
      });
    };
    await stamping.inTurn(group.ref, () => ledger.write(remove));
    hub.announce();
    return c.json({ success: true, message: 'File deleted', hash: cid, group_id: group.groupId });
  };
}
