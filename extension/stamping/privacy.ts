import type { Handlers } from '../messaging.ts';
import { rememberChoice } from './choice.ts';

/**
 * Who can fetch what is stamped. `private`: nobody but its owner, and the proof works for anybody who is given the file.
 * `public`: anybody who knows the CID, from the service's gateway.
 */
export type Privacy = 'private' | 'public';

export const { read: readPrivacy, write: writePrivacy } = rememberChoice<Privacy>('privacy', [
  'private',
  'public',
]);

/** What pages may ask about it. */
export const privacyHandlers: Handlers = {
  'stamping.privacy': readPrivacy,
  'stamping.set-privacy': ({ privacy }) => writePrivacy(privacy),
};
