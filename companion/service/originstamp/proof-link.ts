import type { ServiceContext } from '../context.ts';
import { checkQuery, signQuery } from '../signed-url.ts';

/** Clients are told five minutes. */
const lifetimeSeconds = 5 * 60;
const purpose = 'proof';

/** A token that lets its holder download this one file for five minutes. It holds no key and names no tenant. */
export function createProofToken(
  { linkSigningKey, now }: Pick<ServiceContext, 'linkSigningKey' | 'now'>,
  name: string,
): string {
  const startSeconds = Math.floor(now() / 1000);
  const query = signQuery(linkSigningKey, { purpose, path: name, startSeconds, lifetimeSeconds });
  return Buffer.from(`${name}?${query}`).toString('base64url');
}

/** The name of the file that the token is for; undefined when it is not ours, or not any more. */
export function readProofToken(
  { linkSigningKey, now }: Pick<ServiceContext, 'linkSigningKey' | 'now'>,
  token: string,
): string | undefined {
  const [name = '', query = ''] = Buffer.from(token, 'base64url').toString().split('?');
  const terms = { purpose, path: name, query: new URLSearchParams(query), nowMs: now() } as const;
  return checkQuery(linkSigningKey, terms) === 'valid' ? name : undefined;
}
