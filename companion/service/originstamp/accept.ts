import type { DatabaseSync } from 'node:sqlite';

import { findDigest, insertDigest, type StoredDigest } from '../ledger/digests.ts';
import type { OriginstampContext } from './context.ts';
import { failureCodes, WireFailure } from './failure.ts';
import { readNotifications, readTimestampRequest, type TimestampRequest } from './fields.ts';
import type { Account, Use } from './metering.ts';
import type { WantedNotification } from './notifications/notifications.ts';
import type { SeedState } from './seeds/seeds.ts';
import { type TimestampResponse, toTimestampResponse } from './timestamp-response.ts';

/** What became of one item: each succeeds or fails alone. */
export type Accepted = TimestampResponse | WireFailure;

/** Mail is 0, webhook is 1, as on the wire. */
const notificationUses: readonly Use[] = ['mail', 'webhook'];

/**
 * Accepts the digests of a request in one transaction: when this resolves, each is on disk, and in the open seed of every
 * currency, or refused. What one item is answered does not depend on what the others are, except that a digest that comes
 * twice is new once, and that a quota may end between two items.
 */
export async function acceptDigests(
  context: OriginstampContext,
  tenantId: string,
  items: readonly unknown[],
): Promise<Accepted[]> {
  const { ledger, seeds } = context;
  const requests = items.map((item) => attempt(() => readTimestampRequest(item)));
  if (requests.every((request) => request instanceof WireFailure)) return requests as WireFailure[];

  const { stored, first, last } = await ledger.write((db) => storeAll(context, db, tenantId, requests));
  if (first) seeds.wake();

  // New digests of one transaction stand in the same seeds, unless one got full between them.
  const newStates = first && last && commonStates(seeds.statesOf(first.seq), seeds.statesOf(last.seq));
  return stored.map((item): Accepted => {
    if (item instanceof WireFailure) return item;
    const { request, digest, isNew } = item;
    return {
      ...toTimestampResponse(digest, (isNew && newStates) || seeds.statesOf(digest.seq)),
      created: isNew,
      // A known digest keeps its first comment; the answer echoes what this request said.
      comment: request.comment ?? digest.comment,
    };
  });
}

/** The states that hold for all digests from one to another: none, when these two differ. */
function commonStates(first: SeedState[], last: SeedState[]): SeedState[] | undefined {
  return first.every(({ seedId }, index) => seedId === last[index]?.seedId) ? first : undefined;
}

interface StoredItem {
  request: TimestampRequest;
  digest: StoredDigest;
  isNew: boolean;
  /** Empty for a digest that was known. */
  notifications: WantedNotification[];
}

function storeAll(
  context: OriginstampContext,
  db: DatabaseSync,
  tenantId: string,
  requests: readonly (TimestampRequest | WireFailure)[],
): { stored: (StoredItem | WireFailure)[]; first: StoredDigest | undefined; last: StoredDigest | undefined } {
  const { seeds, notifications, metering } = context;
  const account = metering.open(db, tenantId);
  /** Notifications of this transaction that are not added yet. */
  let promised = 0;
  const stored = requests.map((request) =>
    request instanceof WireFailure
      ? request
      : attempt(() => {
          const item = storeOne(context, db, account, tenantId, request, promised);
          promised += item.notifications.length;
          return item;
        }),
  );
  const fresh = stored.flatMap((item) => (item instanceof WireFailure || !item.isNew ? [] : [item]));
  const first = fresh[0]?.digest;
  const last = fresh.at(-1)?.digest;
  if (first && last) seeds.join(db, first.seq, last.seq);
  // After the digests are in their seeds: a notification asks how far these are.
  for (const { digest, notifications: wanted } of fresh) {
    if (wanted.length > 0) notifications.add(db, { tenantId, digestSeq: digest.seq }, wanted);
  }
  account.save();
  return { stored, first, last };
}

function storeOne(
  { seeds, notifications: told, now }: OriginstampContext,
  db: DatabaseSync,
  account: Account,
  tenantId: string,
  request: TimestampRequest,
  promised: number,
): StoredItem {
  const { digest, comment } = request;
  const known = findDigest(db, digest);
  if (known) {
    account.spend(['createKnown']);
    return { request, digest: known, isNew: false, notifications: [] };
  }
  const notifications = readNotifications(request.notifications);
  const refused = told.check(notifications);
  if (refused) throw new WireFailure(refused.code, refused.message);
  // A digest that is taken without a seed would never get into one.
  if (seeds.currencies().length === 0) {
    throw new WireFailure(
      failureCodes.unsupported,
      'No currency is active: this service has no chain to stamp on, so nothing was stored.',
    );
  }
  const isFull = notifications.length > 0 && told.checkRoom(db, tenantId, promised + notifications.length);
  if (isFull) throw new WireFailure(isFull.code, isFull.message);
  account.spend([
    'create',
    ...notifications.map((each) => notificationUses[each.notification_type] ?? 'webhook'),
  ]);
  return {
    request,
    digest: insertDigest(db, { digest, comment: comment ?? null, tenantId, createdAtMs: now() }),
    isNew: true,
    notifications,
  };
}

/** What `work` returns, or the failure that it throws for the client; any other error goes on. */
function attempt<T>(work: () => T): T | WireFailure {
  try {
    return work();
  } catch (error) {
    if (error instanceof WireFailure) return error;
    throw error;
  }
}
