import type { Context } from 'hono';

import type { ServiceEnv } from '../context.ts';
import { readBytes } from '../request-body.ts';
import { failureCodes, WireFailure } from './failure.ts';

/** A bulk of 100 with the longest comments and some notifications each takes a quarter of this. */
const maxJsonBytes = 1024 * 1024;

/**
 * The JSON object that a request holds, whatever its Content-Type says: real clients name several, or none.
 * @throws WireFailure with HTTP 400 for what is no JSON or no object, 413 for more than 1 MiB.
 */
export async function readObject(c: Context<ServiceEnv>): Promise<Record<string, unknown>> {
  const bytes = await readBytes(c, maxJsonBytes).catch(() => {
    // Nobody is left to read this; it keeps a sender's lost connection out of our log of errors.
    throw new WireFailure(failureCodes.badRequest, 'The body broke off.', 400);
  });
  if (!bytes) {
    throw new WireFailure(failureCodes.tooLarge, `The body is larger than ${maxJsonBytes} bytes.`, 413);
  }
  let json: unknown;
  try {
    // A text with broken letters is refused, not repaired: what is stored is what was sent.
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new WireFailure(failureCodes.badRequest, 'The body is not valid JSON in UTF-8.', 400);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new WireFailure(failureCodes.badRequest, 'The body must be a JSON object.', 400);
  }
  return json as Record<string, unknown>;
}
