import * as v from 'valibot';
import { browser } from 'wxt/browser';

import { announce } from '../changes.ts';
import type { Handlers } from '../messaging.ts';

/**
 * Who can fetch what is stamped. `private`: nobody but its owner, and the proof works for anybody who is given the file.
 * `public`: anybody who knows the CID, from the service's gateway.
 */
export type Privacy = 'private' | 'public';

const storageKey = 'stamping-privacy';
const stored = v.object({ version: v.literal(1), privacy: v.picklist(['private', 'public']) });

/** What the user chose for new stamps; private until then, and when what is stored cannot be read. */
export async function readPrivacy(): Promise<Privacy> {
  const found = v.safeParse(stored, (await browser.storage.local.get(storageKey))[storageKey]);
  return found.success ? found.output.privacy : 'private';
}

/** Holds for stamps that are begun from now on: a job keeps what it began with. */
export async function writePrivacy(privacy: Privacy): Promise<void> {
  await browser.storage.local.set({
    [storageKey]: { version: 1, privacy } satisfies v.InferOutput<typeof stored>,
  });
  announce('settings');
}

/** What pages may ask about it. */
export const privacyHandlers: Handlers = {
  'stamping.privacy': readPrivacy,
  'stamping.set-privacy': async ({ privacy }) => {
    await writePrivacy(privacy);
    return privacy;
  },
};
