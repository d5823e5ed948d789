import type { Handlers } from '../messaging.ts';
import { rememberChoice } from './choice.ts';

/**
 * How a thing is stamped. `upload`: the file goes to the account's service, which stamps its CID in a group. `hash-only`:
 * the digest goes there and nothing else; it is stamped with the digests of others in a seed.
 */
export type Method = 'upload' | 'hash-only';

export const { read: readMethod, write: writeMethod } = rememberChoice<Method>('method', [
  'upload',
  'hash-only',
]);

/** What pages may ask about it. */
export const methodHandlers: Handlers = {
  'stamping.method': readMethod,
  'stamping.set-method': ({ method }) => writeMethod(method),
};
