import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/** As on the wire. */
export const notificationTypes = { mail: 0, webhook: 1 } as const;

export type NotificationType = (typeof notificationTypes)[keyof typeof notificationTypes];

/** Somebody who wants to hear of a digest's final anchor. */
export interface Notification {
  ref: number;
  digestSeq: number;
  currencyId: number;
  /** A URL, or a mail address. */
  target: string;
  /** Failed tries so far, and the successful one. */
  tries: number;
}

/** A notification before it has a number. */
export interface NewNotification {
  tenantId: string;
  digestSeq: number;
  currencyId: number;
  type: NotificationType;
  target: string;
  /** What it queues behind: a webhook's host, a mail's address. */
  lane: string;
  /** Unix milliseconds; null while the anchor is not final. */
  nextTryAtMs: number | null;
}

/** How far a notification is. */
export interface NotificationProgress {
  tries: number;
  /** Unix milliseconds; null when it has ended. */
  nextTryAtMs: number | null;
  success: boolean;
  /** Of the last try, for people; null when it succeeded. */
  failure: string | null;
}

const columns = 'ref, digest_seq AS digestSeq, currency_id AS currencyId, target, tries';

/** Stores a notification, unless the tenant has the same one waiting or under way. */
export function insertNotification(db: DatabaseSync, notification: NewNotification, nowMs: number): void {
  const { tenantId, digestSeq, currencyId, type, target, lane, nextTryAtMs } = notification;
  statement(
    db,
    `INSERT INTO notifications (tenant_id, digest_seq, currency_id, type, target, lane, next_try_at, created_at)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 WHERE NOT EXISTS (
       SELECT 1 FROM notifications WHERE digest_seq = ?2 AND currency_id = ?3 AND type = ?4 AND target = ?5
         AND tenant_id = ?1 AND ended_at IS NULL)`,
  ).run(tenantId, digestSeq, currencyId, type, target, lane, nextTryAtMs, nowMs);
}

/** The tenant's newest webhook for that digest, currency and target. */
export function findNewestWebhook(
  db: DatabaseSync,
  of: { tenantId: string; digestSeq: number; currencyId: number; target: string },
): { tries: number; hasEnded: boolean; success: boolean } | undefined {
  const row = statement(
    db,
    `SELECT tries, ended_at IS NOT NULL AS hasEnded, success FROM notifications
     WHERE digest_seq = ? AND currency_id = ? AND type = ${notificationTypes.webhook} AND target = ? AND tenant_id = ?
     ORDER BY ref DESC LIMIT 1`,
  ).get(of.digestSeq, of.currencyId, of.target, of.tenantId) as
    | { tries: number; hasEnded: number; success: number }
    | undefined;
  return row && { tries: row.tries, hasEnded: row.hasEnded === 1, success: row.success === 1 };
}

/** How many notifications of a digest have not ended, over all tenants. */
export function countOpenNotifications(db: DatabaseSync, digestSeq: number): number {
  const row = statement(
    db,
    'SELECT count(*) AS count FROM notifications WHERE digest_seq = ? AND ended_at IS NULL',
  ).get(digestSeq) as { count: number };
  return row.count;
}

/** How many notifications of a tenant have not ended. */
export function countOpenOfTenant(db: DatabaseSync, tenantId: string): number {
  const row = statement(
    db,
    'SELECT count(*) AS count FROM notifications WHERE tenant_id = ? AND ended_at IS NULL',
  ).get(tenantId) as { count: number };
  return row.count;
}

/** Numbers of the digests of one seed, both ends inclusive. */
export interface SeedRange {
  currencyId: number;
  firstSeq: number;
  lastSeq: number;
}

/**
 * The first closed seed, by currency and range, that holds digests with notifications that wait for it.
 * @param after skips what comes before the end of this one.
 */
export function findSeedWaitedFor(db: DatabaseSync, after?: SeedRange): SeedRange | undefined {
  let from = { currencyId: after?.currencyId ?? -1, digestSeq: after?.lastSeq ?? 0 };
  for (;;) {
    const waiting = statement(
      db,
      `SELECT currency_id AS currencyId, digest_seq AS digestSeq FROM notifications
       WHERE next_try_at IS NULL AND ended_at IS NULL AND (currency_id, digest_seq) > (?, ?)
       ORDER BY currency_id, digest_seq LIMIT 1`,
    ).get(from.currencyId, from.digestSeq) as typeof from | undefined;
    if (!waiting) return undefined;
    const range = findSeedRange(db, waiting.currencyId, waiting.digestSeq);
    if (range) return range;
    // Its seed is still open, and so it is the last of its currency.
    from = { currencyId: waiting.currencyId, digestSeq: Number.MAX_SAFE_INTEGER };
  }
}

/** The closed seed that holds the digest, for that currency. */
export function findSeedRange(
  db: DatabaseSync,
  currencyId: number,
  digestSeq: number,
): SeedRange | undefined {
  const row = statement(
    db,
    `SELECT first_seq AS firstSeq, last_seq AS lastSeq FROM seeds
     WHERE currency_id = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1`,
  ).get(currencyId, digestSeq) as { firstSeq: number; lastSeq: number | null } | undefined;
  if (!row || row.lastSeq === null || row.lastSeq < digestSeq) return undefined;
  return { currencyId, firstSeq: row.firstSeq, lastSeq: row.lastSeq };
}

/** Lets the tries of a seed's waiting notifications begin, `limit` of them. @returns how many there were. */
export function releaseNotifications(
  db: DatabaseSync,
  { currencyId, firstSeq, lastSeq }: SeedRange,
  limit: number,
  nowMs: number,
): number {
  const { changes } = statement(
    db,
    `UPDATE notifications SET next_try_at = ?1 WHERE ref IN (
       SELECT ref FROM notifications WHERE next_try_at IS NULL AND ended_at IS NULL
         AND currency_id = ?2 AND digest_seq BETWEEN ?3 AND ?4 LIMIT ?5)`,
  ).run(nowMs, currencyId, firstSeq, lastSeq, limit);
  return Number(changes);
}

/** Whether none of a seed's notifications still waits for {@link releaseNotifications}. */
export function isSeedReleased(db: DatabaseSync, { currencyId, firstSeq, lastSeq }: SeedRange): boolean {
  const row = statement(
    db,
    `SELECT 1 FROM notifications WHERE next_try_at IS NULL AND ended_at IS NULL
       AND currency_id = ? AND digest_seq BETWEEN ? AND ? LIMIT 1`,
  ).get(currencyId, firstSeq, lastSeq);
  return row === undefined;
}

/** Undoes {@link releaseNotifications} for all that has not ended. */
export function holdBackNotifications(db: DatabaseSync, { currencyId, firstSeq, lastSeq }: SeedRange): void {
  statement(
    db,
    `UPDATE notifications SET next_try_at = NULL
     WHERE currency_id = ? AND digest_seq BETWEEN ? AND ? AND next_try_at IS NOT NULL`,
  ).run(currencyId, firstSeq, lastSeq);
}

/** When the next try of any notification of that kind is due, Unix milliseconds; undefined: none is. */
export function findNextTry(db: DatabaseSync, type: NotificationType): number | undefined {
  const row = statement(
    db,
    'SELECT min(next_try_at) AS next FROM notifications WHERE type = ? AND next_try_at IS NOT NULL',
  ).get(type) as { next: number | null };
  return row.next ?? undefined;
}

/** The first lane behind `after`, in order of name, that has something to be tried; and when. */
export function findNextLane(
  db: DatabaseSync,
  type: NotificationType,
  after: string,
): { lane: string; nextTryAtMs: number } | undefined {
  // Two look-ups in the index, however long the lanes are.
  const row = statement(
    db,
    `SELECT lane, next_try_at AS nextTryAtMs FROM notifications
     WHERE type = ? AND lane > ? AND next_try_at IS NOT NULL ORDER BY lane, next_try_at LIMIT 1`,
  ).get(type, after);
  return row as { lane: string; nextTryAtMs: number } | undefined;
}

/** What is due in a lane, longest due first, without those in `except`. */
export function listDue(
  db: DatabaseSync,
  { type, lane, limit, except }: { type: NotificationType; lane: string; limit: number; except: Set<number> },
  nowMs: number,
): Notification[] {
  const rows = statement(
    db,
    `SELECT ${columns} FROM notifications
     WHERE type = ? AND lane = ? AND next_try_at <= ? ORDER BY next_try_at, ref LIMIT ?`,
  ).all(type, lane, nowMs, limit + except.size) as unknown as Notification[];
  return rows.filter(({ ref }) => !except.has(ref)).slice(0, limit);
}

/** Records how a try went. */
export function recordTry(
  db: DatabaseSync,
  ref: number,
  { tries, nextTryAtMs, success, failure }: NotificationProgress,
  nowMs: number,
): void {
  statement(
    db,
    `UPDATE notifications SET tries = ?, next_try_at = ?, success = ?, failure = ?, ended_at = ? WHERE ref = ?`,
  ).run(tries, nextTryAtMs, success ? 1 : 0, failure, nextTryAtMs === null ? nowMs : null, ref);
}

/** A digest that a mail is about. */
export interface MailedDigest {
  /** 64 hex digits. */
  digest: string;
  comment: string | null;
}

/** The digests that one address is to hear of, of one seed: the first `limit`, and how many there are. */
export function listMailedDigests(
  db: DatabaseSync,
  address: string,
  { currencyId, firstSeq, lastSeq }: SeedRange,
  limit: number,
): { digests: MailedDigest[]; total: number } {
  const about = `FROM notifications n WHERE n.type = ${notificationTypes.mail} AND n.lane = ?1 AND n.next_try_at IS NOT NULL
    AND n.currency_id = ?2 AND n.digest_seq BETWEEN ?3 AND ?4`;
  const digests = statement(
    db,
    `SELECT lower(hex(d.digest)) AS digest, d.comment FROM digests d
     WHERE d.seq IN (SELECT n.digest_seq ${about}) ORDER BY d.seq LIMIT ?5`,
  ).all(address, currencyId, firstSeq, lastSeq, limit) as unknown as MailedDigest[];
  const { total } = statement(db, `SELECT count(DISTINCT n.digest_seq) AS total ${about}`).get(
    address,
    currencyId,
    firstSeq,
    lastSeq,
  ) as { total: number };
  return { digests, total };
}

/** Records how a mail went, for `limit` of those it was about. @returns how many there were. */
export function recordMailTry(
  db: DatabaseSync,
  { address, range, limit }: { address: string; range: SeedRange; limit: number },
  { tries, nextTryAtMs, success, failure }: NotificationProgress,
  nowMs: number,
): number {
  const { changes } = statement(
    db,
    `UPDATE notifications SET tries = ?1, next_try_at = ?2, success = ?3, failure = ?4, ended_at = ?5 WHERE ref IN (
       SELECT ref FROM notifications WHERE type = ${notificationTypes.mail} AND lane = ?6 AND next_try_at <= ?7
         AND currency_id = ?8 AND digest_seq BETWEEN ?9 AND ?10 LIMIT ?11)`,
  ).run(
    tries,
    nextTryAtMs,
    success ? 1 : 0,
    failure,
    nextTryAtMs === null ? nowMs : null,
    address,
    nowMs,
    range.currencyId,
    range.firstSeq,
    range.lastSeq,
    limit,
  );
  return Number(changes);
}

/** Forgets notifications that ended before `beforeMs`, `limit` of them. @returns how many there were. */
export function dropEndedNotifications(db: DatabaseSync, beforeMs: number, limit: number): number {
  const { changes } = statement(
    db,
    'DELETE FROM notifications WHERE ref IN (SELECT ref FROM notifications WHERE ended_at < ? LIMIT ?)',
  ).run(beforeMs, limit);
  return Number(changes);
}
