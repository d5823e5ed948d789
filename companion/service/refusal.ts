import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';

import { HashmarkError } from '../../shared/errors.ts';
import type { Log } from '../log.ts';

/** A request that is answered with `{success: false, message}` and this status. Its message goes to the client. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: ContentfulStatusCode;
  /** More fields of the answer. */
  readonly details: Record<string, unknown>;

  constructor(status: ContentfulStatusCode, message: string, details: Record<string, unknown> = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** https://www.sqlite.org/rescode.html#full */
const sqliteFull = 13;

/** Whether an error means a full disk: the client may try again when there is room. */
export function isFullDisk(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // The system says it by name, the ledger by SQLite's number.
  const { code, errcode } = error as { code?: unknown; errcode?: unknown };
  return code === 'ENOSPC' || code === 'EDQUOT' || errcode === sqliteFull;
}

/** The one place where a failure becomes an answer: always JSON, never HTML. What was not expected is logged and not told. */
export function answerFailure(error: unknown, c: Context, log: Log): Response {
  if (error instanceof Refusal) {
    return c.json({ success: false, message: error.message, ...error.details }, error.status);
  }
  const { method } = c.req;
  const path = new URL(c.req.url).pathname;
  if (error instanceof HashmarkError && error.code === 'chain-unavailable') {
    log('warn', `${method} ${path}: the chain is unavailable`, { cause: error });
    return c.json({ success: false, message: error.message }, 503);
  }
  log('error', `${method} ${path} failed`, { error });
  if (isFullDisk(error)) {
    return c.json(
      { success: false, message: 'The disk of this service is full. Free some space, then send it again.' },
      507,
    );
  }
  return c.json({ success: false, message: 'Internal error. The log of this service says more.' }, 500);
}
