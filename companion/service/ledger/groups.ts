import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

import type { Network } from '../../../shared/wire/chainletter.ts';
import { statement } from './statement.ts';

/** A group as it lies in the ledger. */
export interface Group {
  ref: number;
  tenantId: string;
  /** URL-safe: what the wire calls `id` and `group_id`. */
  groupId: string;
  name: string;
  /** Null while provisional: the group adopts the first network that a writer states. */
  network: Network | null;
  /** Unix milliseconds. */
  createdAt: number;
}

const columns = 'ref, tenant_id AS tenantId, group_id AS groupId, name, network, created_at AS createdAt';

/** The tenant's group whose id, else whose name, is exactly `reference`. */
export function findGroup(db: DatabaseSync, tenantId: string, reference: string): Group | undefined {
  const row =
    statement(db, `SELECT ${columns} FROM groups WHERE tenant_id = ? AND group_id = ?`).get(
      tenantId,
      reference,
    ) ??
    statement(db, `SELECT ${columns} FROM groups WHERE tenant_id = ? AND name = ?`).get(tenantId, reference);
  return row as unknown as Group | undefined;
}

/** The group of that number. */
export function findGroupByRef(db: DatabaseSync, ref: number): Group | undefined {
  return statement(db, `SELECT ${columns} FROM groups WHERE ref = ?`).get(ref) as unknown as
    | Group
    | undefined;
}

/** A group with what a list of groups tells besides. */
export interface ListedGroup extends Group {
  /** Live files. */
  fileCount: number;
}

/** The tenant's groups, oldest first. */
export function listGroups(db: DatabaseSync, tenantId: string): ListedGroup[] {
  return statement(
    db,
    `SELECT ${columns}, (SELECT coalesce(sum(files), 0) FROM file_totals WHERE group_ref = groups.ref) AS fileCount
     FROM groups WHERE tenant_id = ? ORDER BY ref`,
  ).all(tenantId) as unknown as ListedGroup[];
}

/** Adds a group under a free id made from its name. The name must not be taken. */
export function insertGroup(
  db: DatabaseSync,
  group: { tenantId: string; name: string; network: Network | null },
  now: number,
): Group {
  const groupId = freeGroupId(db, group.tenantId, group.name);
  const { lastInsertRowid } = statement(
    db,
    'INSERT INTO groups (tenant_id, group_id, name, network, created_at) VALUES (?, ?, ?, ?, ?)',
  ).run(group.tenantId, groupId, group.name, group.network, now);
  return { ref: Number(lastInsertRowid), groupId, createdAt: now, ...group };
}

/** Gives a provisional group, and the files it holds so far, their network. */
export function adoptNetwork(db: DatabaseSync, groupRef: number, network: Network): void {
  statement(db, 'UPDATE groups SET network = ? WHERE ref = ? AND network IS NULL').run(network, groupRef);
  statement(db, 'UPDATE files SET network = ? WHERE group_ref = ? AND network IS NULL').run(
    network,
    groupRef,
  );
}

/** Ids appear in paths un-encoded; unreserved characters of RFC 3986 only, and no dot segments. */
const urlSafe = /^(?!\.{1,2}$)[A-Za-z0-9._~-]{1,64}$/;
const maxSlugCharacters = 56;

function freeGroupId(db: DatabaseSync, tenantId: string, name: string): string {
  const wanted = urlSafe.test(name) ? name : slugOf(name);
  const taken = (id: string) => findGroup(db, tenantId, id) !== undefined;
  if (!taken(wanted)) return wanted;
  for (let suffix = 2; ; suffix++) {
    const id = `${wanted.slice(0, maxSlugCharacters)}-${suffix}`;
    if (!taken(id)) return id;
  }
}

/** `Spring 2026 (Público)` → `spring-2026-publico`; a name without a Latin letter or digit gets its hash. */
function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, maxSlugCharacters)
    .replace(/^-|-$/g, '');
  return slug || `group-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}
