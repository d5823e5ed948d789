import type { Context } from 'hono';

import type { Log } from '../../log.ts';
import { isFullDisk } from '../refusal.ts';
import { answerJson, fail } from './envelope.ts';
import { failureCodes, WireFailure } from './failure.ts';

/**
 * Any thrown value as what the client is told. What was not expected is logged, and the client is told no more than under
 * which id.
 */
export function toFailure(error: unknown, c: Context, log: Log): WireFailure {
  if (error instanceof WireFailure) return error;
  const failure = new WireFailure(
    failureCodes.internal,
    isFullDisk(error)
      ? 'The disk of this service is full. Free some space, then send it again.'
      : 'Internal error. The log of this service says more.',
  );
  log('error', `${c.req.method} ${c.req.path} failed [id ${failure.id}]`, { error });
  return failure;
}

/** The one place where a failed request becomes an answer: always an envelope, with HTTP 200 for all that reached its handler. */
export function answerFailure(error: unknown, c: Context, log: Log): Response {
  const failure = toFailure(error, c, log);
  return answerJson(fail(failure), failure.httpStatus);
}
