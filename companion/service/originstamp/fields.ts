import * as v from 'valibot';

import { maxCommentCharacters } from '../../../shared/wire/originstamp.ts';
import { failureCodes, WireFailure } from './failure.ts';
import type { WantedNotification } from './notifications/notifications.ts';

/**
 * The fields of requests. Clients send numbers as text and comments as numbers; both are taken. Unknown fields are passed
 * over, and null is the same as absent.
 */

const digest = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/i),
  v.transform((text) => text.toLowerCase()),
);

const integer = v.union([
  v.pipe(v.number(), v.safeInteger()),
  v.pipe(v.string(), v.trim(), v.regex(/^-?\d{1,15}$/), v.transform(Number)),
]);

const comment = v.nullish(
  v.pipe(
    v.union([v.string(), v.pipe(v.number(), v.finite(), v.transform(String))]),
    // Half a surrogate pair cannot be stored, nor sent.
    v.transform((text) => text.toWellFormed()),
  ),
);

const notifications = v.nullish(
  v.array(v.object({ currency: integer, notification_type: integer, target: v.string() })),
);

/** A checked item of a submission. */
export interface TimestampRequest {
  /** 64 lower-case hex digits. */
  digest: string;
  comment: string | undefined;
  /** As it came: of a digest that is known it is not even read. See {@link readNotifications}. */
  notifications: unknown;
}

/**
 * What a submission, or one item of a bulk, asks for.
 * @throws WireFailure 9001 or 9002
 */
export function readTimestampRequest(item: unknown): TimestampRequest {
  const fields: Record<string, unknown> = typeof item === 'object' && item !== null ? { ...item } : {};
  return {
    digest: readDigest(fields.hash),
    comment: readComment(fields.comment),
    notifications: fields.notifications,
  };
}

/**
 * 64 hex digits in any case, as 64 lower-case ones.
 * @throws WireFailure 9001
 */
export function readDigest(value: unknown): string {
  const read = v.safeParse(digest, value);
  if (read.success) return read.output;
  const found = typeof value === 'string' ? `a text of ${value.length} characters` : describe(value);
  throw new WireFailure(failureCodes.badHash, `Hash must be 64 hex characters (SHA-256), found ${found}.`);
}

/** An integer, also as text; undefined when it is none. */
export function readInteger(value: unknown): number | undefined {
  const read = v.safeParse(integer, value);
  return read.success ? read.output : undefined;
}

function readComment(value: unknown): string | undefined {
  const read = v.safeParse(comment, value);
  if (!read.success) {
    throw new WireFailure(failureCodes.commentTooLong, `Comment must be a text, found ${describe(value)}.`);
  }
  const text = read.output ?? undefined;
  if (text !== undefined && text.length > maxCommentCharacters) {
    throw new WireFailure(
      failureCodes.commentTooLong,
      `Comment must have at most ${maxCommentCharacters} characters, found ${text.length}.`,
    );
  }
  return text;
}

/**
 * Whom a submission asks to tell.
 * @throws WireFailure 9003
 */
export function readNotifications(value: unknown): WantedNotification[] {
  const read = v.safeParse(notifications, value);
  if (read.success) {
    // The same one twice is one.
    const byText = new Map(
      read.output?.map((each) => [`${each.currency} ${each.notification_type} ${each.target}`, each]),
    );
    return [...byText.values()];
  }
  throw new WireFailure(
    failureCodes.badNotification,
    'Notifications must be an array of {"currency": integer, "notification_type": 0 (mail) or 1 (webhook), "target": text}.',
  );
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
