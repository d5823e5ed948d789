import type { Context } from 'hono';

import type { ServiceEnv } from '../context.ts';
import { Refusal } from '../refusal.ts';
import { readBytes } from '../request-body.ts';

/** JSON bodies of this API hold a name and a hash or two. */
const maxJsonBytes = 64 * 1024;

/** `text/plain` is what fetch puts on a string whose sender forgot to say more. */
const jsonTypes = /^(application\/([\w.-]+\+)?json|text\/plain)\b/;

/**
 * A request's JSON object; a body of zero bytes is `{}`, whatever the Content-Type says.
 * @throws Refusal 400 for another type, broken JSON, or JSON that is no object; 413 for more than 64 KiB.
 */
export async function readJsonBody(c: Context<ServiceEnv>): Promise<Record<string, unknown>> {
  const contentType = c.req.header('content-type')?.trim().toLowerCase() ?? '';
  const bytes = await readBytes(c, maxJsonBytes).catch(() => {
    // Nobody is left to read this; it keeps a sender's lost connection out of our log of errors.
    throw new Refusal(400, 'The body broke off.');
  });
  if (!bytes) throw new Refusal(413, `The JSON body is larger than ${maxJsonBytes} bytes.`);
  const text = new TextDecoder().decode(bytes);
  if (text.trim() === '') return {};
  if (contentType && !jsonTypes.test(contentType)) {
    throw new Refusal(
      400,
      `Content-Type "${contentType.slice(0, 100)}" is not supported: send multipart/form-data with a part named "file", or application/json.`,
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Refusal(400, 'The body is not valid JSON.');
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new Refusal(400, 'The body must be a JSON object.');
  }
  return json as Record<string, unknown>;
}
