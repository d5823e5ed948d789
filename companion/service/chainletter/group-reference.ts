import type { DatabaseSync } from 'node:sqlite';
import type { Context } from 'hono';

import type { Network } from '../../../shared/wire/chainletter.ts';
import type { ServiceEnv } from '../context.ts';
import type { EventHub, Hold } from '../events/event-hub.ts';
import { adoptNetwork, findGroup, type Group, insertGroup } from '../ledger/groups.ts';
import { Refusal } from '../refusal.ts';
import { readTextHeader } from './request-headers.ts';

/** What a group without a network counts as, until a writer states one or it is stamped. */
export const defaultNetwork: Network = 'public';

/** Characters (Unicode code points) of a group's name. */
const maxGroupNameCharacters = 255;

/** The `group-id` header: a group's id or name, undefined when absent. */
export function readGroupReference(c: Context): string | undefined {
  return readTextHeader(c, 'group-id');
}

/** The group that a writer means: the one it names, else the one its token is for. */
export function readWrittenGroup(c: Context<ServiceEnv>): string | undefined {
  return readGroupReference(c) ?? c.get('token')?.groupName ?? undefined;
}

/** @throws Refusal 400 when no group is meant. */
export function requireGroupReference(c: Context<ServiceEnv>): string {
  const reference = readWrittenGroup(c);
  if (reference === undefined) throw new Refusal(400, 'group-id header is required');
  return reference;
}

/** The group meant by `reference`: by id, then by exact name, then by its percent-decoded form. */
export function lookUpGroup(db: DatabaseSync, tenantId: string, reference: string): Group | undefined {
  return findGroup(db, tenantId, reference) ?? findDecoded(db, tenantId, reference);
}

/** @throws Refusal 404 */
export function requireGroup(db: DatabaseSync, tenantId: string, reference: string): Group {
  const group = lookUpGroup(db, tenantId, reference);
  if (!group) throw new Refusal(404, `Group not found: ${reference}`);
  return group;
}

/**
 * The group to write to: the one meant, with `network` adopted if it had none yet, or a new one (with its event).
 * Part of the caller's transaction.
 * @throws Refusal 400 when a new group's name is not one.
 */
export function openGroup(
  db: DatabaseSync,
  request: { tenantId: string; reference: string; network: Network | undefined },
  events: { hub: EventHub; hold?: Hold; now: number },
): { group: Group; isNew: boolean } {
  const { tenantId, reference, network } = request;
  const found = lookUpGroup(db, tenantId, reference);
  if (found) {
    if (found.network !== null || network === undefined) return { group: found, isNew: false };
    adoptNetwork(db, found.ref, network);
    return { group: { ...found, network }, isNew: false };
  }
  const name = newGroupName(reference);
  refuseBadName(name);
  const group = insertGroup(db, { tenantId, name, network: network ?? null }, events.now);
  events.hub.append(
    db,
    {
      tenantId,
      type: 'group.created',
      data: { group_id: group.groupId, name, network: group.network ?? defaultNetwork },
    },
    events.hold,
  );
  return { group, isNew: true };
}

/** The name that a group gets which is made because `reference` meant none. */
export function newGroupName(reference: string): string {
  return decodePercent(reference) ?? reference;
}

function findDecoded(db: DatabaseSync, tenantId: string, reference: string): Group | undefined {
  const decoded = decodePercent(reference);
  return decoded === undefined ? undefined : findGroup(db, tenantId, decoded);
}

/** The text behind percent-encoding; undefined when there is none (`50% off` is just a name). */
function decodePercent(reference: string): string | undefined {
  if (!/%[0-9a-f]{2}/i.test(reference)) return undefined;
  try {
    return decodeURIComponent(reference).normalize('NFC').trim() || undefined;
  } catch {
    return undefined; // A lone % or bytes that are no UTF-8: the text is meant as it stands.
  }
}

/** @throws Refusal 400 for a name that no group can have. */
export function refuseBadName(name: string): void {
  const length = [...name].length;
  if (length > maxGroupNameCharacters) {
    throw new Refusal(
      400,
      `Group name too long: ${length} characters, at most ${maxGroupNameCharacters} are allowed. Shorten the name.`,
    );
  }
  if (/\p{Cc}/u.test(name) || !name.isWellFormed()) {
    throw new Refusal(
      400,
      'Group name not allowed: it holds control characters. Use printable characters only.',
    );
  }
}
