import type { DatabaseSync } from 'node:sqlite';
import type { Context, MiddlewareHandler } from 'hono';

import { normalizeCid } from '../../../shared/fingerprint/cid.ts';
import { lookUpGroup, newGroupName, readGroupReference } from '../chainletter/group-reference.ts';
import { readTextHeader, tidyText } from '../chainletter/request-headers.ts';
import type { ServiceContext, ServiceEnv } from '../context.ts';
import { findFilesByCid, type LedgerFile } from '../ledger/files.ts';
import { findGroupByRef, type Group } from '../ledger/groups.ts';
import { Refusal } from '../refusal.ts';

/** The one group that a request may touch, with the two that belong to it. */
interface Confines {
  tenantId: string;
  groupName: string;
}

/** By convention a client keeps a group per network under these names. */
const suffixes = ['', ' (Public)', ' (Private)'];

/** Undefined for a request that may touch every group of its tenant. */
export function confinesOf(
  { settings }: Pick<ServiceContext, 'settings'>,
  c: Context<ServiceEnv>,
): Confines | undefined {
  const { tenantId, groupName = null } = c.get('token') ?? {};
  if (!settings.tokensStayInGroup || tenantId === undefined || groupName === null) return undefined;
  return { tenantId, groupName };
}

/** True for the token's own group, known to it by name or by id, and its two suffixed forms. */
export function isWithin(db: DatabaseSync, { tenantId, groupName }: Confines, group: Group): boolean {
  if (suffixes.some((suffix) => group.name === groupName + suffix)) return true;
  return lookUpGroup(db, tenantId, groupName)?.ref === group.ref;
}

/**
 * Keeps a token in its group when the settings say so: refuses requests that name another group, a file of another
 * group, or nothing and so the whole tenant's events. Runs behind `authorize`.
 */
export function confine(context: Pick<ServiceContext, 'ledger' | 'settings'>): MiddlewareHandler<ServiceEnv> {
  const { db } = context.ledger;
  return async (c, next) => {
    const confines = confinesOf(context, c);
    if (confines) {
      for (const reference of statedGroups(c)) requireWithin(db, confines, reference);
      for (const cid of statedFiles(c)) requireFileWithin(db, confines, cid);
      if (c.req.path.endsWith('/events/stream')) {
        throw new Refusal(403, `${onlyFor(confines)} The events of the whole account are not for it.`);
      }
    }
    await next();
  };
}

/** Of a tenant's files those that the request may hear of. */
export function visibleFiles(
  context: Pick<ServiceContext, 'ledger' | 'settings'>,
  c: Context<ServiceEnv>,
  files: LedgerFile[],
): LedgerFile[] {
  const confines = confinesOf(context, c);
  return confines ? files.filter((file) => isFileWithin(context.ledger.db, confines, file)) : files;
}

/**
 * The same for a file that a body names, which only its handler reads.
 * @throws Refusal 403
 */
export function confineFile(
  context: Pick<ServiceContext, 'ledger' | 'settings'>,
  c: Context<ServiceEnv>,
  cid: string,
): void {
  const confines = confinesOf(context, c);
  if (confines) requireFileWithin(context.ledger.db, confines, cid);
}

/** Parsed as the handlers parse them, and each value of a repeated one: what only they understood would slip past. */
function statedGroups(c: Context): string[] {
  const query = new URL(c.req.url).searchParams;
  const named = ['group_id', 'group'].flatMap((name) => query.getAll(name)).map(tidyText);
  return [readGroupReference(c), ...named].filter((reference) => reference !== undefined);
}

function statedFiles(c: Context): string[] {
  const texts = [
    c.req.param('cid'),
    c.req.query('cid'),
    readTextHeader(c, 'cidv1'),
    readTextHeader(c, 'hash'),
  ];
  return texts.flatMap((text) => normalizeCid(text ?? '') ?? []);
}

/** A group that does not exist yet is judged by the name it would get. */
function requireWithin(db: DatabaseSync, confines: Confines, reference: string): void {
  const group = lookUpGroup(db, confines.tenantId, reference);
  const isAllowed = group
    ? isWithin(db, confines, group)
    : suffixes.some((suffix) => newGroupName(reference) === confines.groupName + suffix);
  if (!isAllowed) throw new Refusal(403, `${onlyFor(confines)} It may not use "${reference.slice(0, 100)}".`);
}

/** A file that nobody has is no secret: the handler says that it is not there. */
function requireFileWithin(db: DatabaseSync, confines: Confines, cid: string): void {
  const files = findFilesByCid(db, confines.tenantId, cid);
  const isAllowed = files.some((file) => isFileWithin(db, confines, file));
  if (files.length > 0 && !isAllowed) throw new Refusal(403, `${onlyFor(confines)} ${cid} is not in it.`);
}

function isFileWithin(db: DatabaseSync, confines: Confines, { groupRef }: LedgerFile): boolean {
  const group = findGroupByRef(db, groupRef);
  return group !== undefined && isWithin(db, confines, group);
}

function onlyFor({ groupName }: Confines): string {
  return `This token is for the group "${groupName}" only.`;
}
