import type { DatabaseSync } from 'node:sqlite';

import type { Network } from '../../../shared/wire/chainletter.ts';
import { statement } from './statement.ts';

/** A live file whose bytes are stored. */
export interface RemoteFile {
  ref: number;
  cid: string;
  name: string;
  sizeBytes: number;
  mimetype: string;
  keyvalues: Record<string, string>;
  /** What the wire calls the group's id. */
  groupId: string;
  /** Unix milliseconds. */
  createdAt: number;
}

/** Which files are meant; what is undefined does not matter. */
export interface RemoteFilter {
  tenantId: string;
  groupRef?: number;
  network?: Network;
  /** What a file without a settled network counts as. */
  provisional: Network;
  /** Part of the name, in any case. */
  name?: string;
  cid?: string;
  /** `image/png`, or `image/` for all of a family. */
  mimetype?: string;
  /** The file has these among its own. */
  keyvalues?: Record<string, string>;
}

/** A page of a tenant's files, by the order in which they came. @param after ref of the last file of the page before. */
export function listRemoteFiles(
  db: DatabaseSync,
  filter: RemoteFilter,
  { order, after, limit }: { order: 'ASC' | 'DESC'; after: number | undefined; limit: number },
): RemoteFile[] {
  const rows = statement(
    db,
    `SELECT f.ref, f.cid, f.name, f.size_bytes AS sizeBytes, f.mimetype, f.keyvalues, g.group_id AS groupId,
       f.created_at AS createdAt
     FROM files f JOIN groups g ON g.ref = f.group_ref
     WHERE g.tenant_id = :tenantId AND f.deleted_at IS NULL AND f.network IS NOT 'none'
       ${filter.groupRef === undefined ? '' : 'AND f.group_ref = :groupRef'}
       ${filter.cid === undefined ? '' : 'AND f.cid = :cid'}
       AND (:network IS NULL OR coalesce(f.network, :provisional) = :network)
       AND (:name IS NULL OR instr(lower(f.name), lower(:name)) > 0)
       AND (:mimetype IS NULL OR f.mimetype = :mimetype
         OR (:mimetype LIKE '%/' AND substr(f.mimetype, 1, length(:mimetype)) = :mimetype))
       AND NOT EXISTS (SELECT 1 FROM json_each(:keyvalues) AS wanted WHERE NOT EXISTS (
         SELECT 1 FROM json_each(f.keyvalues) AS held WHERE held.key = wanted.key AND held.value = wanted.value))
       AND f.ref ${order === 'ASC' ? '>' : '<'} :after
     ORDER BY f.ref ${order} LIMIT :limit`,
  ).all({
    tenantId: filter.tenantId,
    // A parameter that the text does not have would be refused; with one, an index serves it.
    ...(filter.groupRef !== undefined && { groupRef: filter.groupRef }),
    ...(filter.cid !== undefined && { cid: filter.cid }),
    network: filter.network ?? null,
    provisional: filter.provisional,
    name: filter.name ?? null,
    mimetype: filter.mimetype ?? null,
    keyvalues: JSON.stringify(filter.keyvalues ?? {}),
    after: after ?? (order === 'ASC' ? 0 : Number.MAX_SAFE_INTEGER),
    limit,
  }) as unknown as (Omit<RemoteFile, 'keyvalues'> & { keyvalues: string })[];
  return rows.map((row) => ({ ...row, keyvalues: JSON.parse(row.keyvalues) as Record<string, string> }));
}
