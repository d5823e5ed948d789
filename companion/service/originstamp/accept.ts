import type { DatabaseSync } from 'node:sqlite';

import { findDigest, insertDigest, type StoredDigest } from '../ledger/digests.ts';
import type { OriginstampContext } from './context.ts';
import { failureCodes, WireFailure } from './failure.ts';
import { readTimestampRequest, type TimestampRequest } from './fields.ts';
import type { Account, Use } from './metering.ts';
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
  const requests = items.map((item) => attempt(() => readRequest(context, item)));
  if (requests.every((request) => request instanceof WireFailure)) return requests as WireFailure[];

  const { stored, first } = await ledger.write((db) => storeAll(context, db, tenantId, requests));
  if (first) seeds.wake();

  // New digests of one transaction stand in the same seeds.
  const newStates = first && seeds.statesOf(first.seq);
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

function readRequest(context: OriginstampContext, item: unknown): TimestampRequest {
  const request = readTimestampRequest(item);
  const refused = context.notifications.check(request.notifications);
  if (refused) throw new WireFailure(refused.code, refused.message);
  return request;
}

interface StoredItem {
  request: TimestampRequest;
  digest: StoredDigest;
  isNew: boolean;
}

function storeAll(
  context: OriginstampContext,
  db: DatabaseSync,
  tenantId: string,
  requests: readonly (TimestampRequest | WireFailure)[],
): { stored: (StoredItem | WireFailure)[]; first: StoredDigest | undefined } {
  const { seeds, notifications, metering } = context;
  const account = metering.open(db, tenantId);
  const stored = requests.map((request) =>
    request instanceof WireFailure
      ? request
      : attempt(() => storeOne(context, db, account, tenantId, request)),
  );
  const fresh = stored.flatMap((item) => (item instanceof WireFailure || !item.isNew ? [] : [item]));
  const first = fresh[0]?.digest;
  const last = fresh.at(-1)?.digest;
  if (first && last) seeds.join(db, first.seq, last.seq);
  // After the digests are in their seeds: a notification asks how far these are.
  for (const { digest, request } of fresh) {
    if (request.notifications.length > 0) {
      notifications.add(db, { tenantId, digestSeq: digest.seq }, request.notifications);
    }
  }
  account.save();
  return { stored, first };
}

function storeOne(
  { seeds, now }: OriginstampContext,
  db: DatabaseSync,
  account: Account,
  tenantId: string,
  request: TimestampRequest,
): StoredItem {
  const { digest, comment, notifications } = request;
  const known = findDigest(db, digest);
  if (known) {
    account.spend(['createKnown']);
    return { request, digest: known, isNew: false };
  }
  // A digest that is taken without a seed would never get into one.
  if (seeds.currencies().length === 0) {
    throw new WireFailure(
      failureCodes.unsupported,
      'No currency is active: this service has no chain to stamp on, so nothing was stored.',
    );
  }
  account.spend([
    'create',
    ...notifications.map((each) => notificationUses[each.notification_type] ?? 'webhook'),
  ]);
  return {
    request,
    digest: insertDigest(db, { digest, comment: comment ?? null, tenantId, createdAtMs: now() }),
    isNew: true,
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
