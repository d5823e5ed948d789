import * as v from 'valibot';
import { browser } from 'wxt/browser';

import { announce } from '../changes.ts';
import type { Handlers } from '../messaging.ts';

/**
 * How a thing is stamped. `upload`: the file goes to the account's service, which stamps its CID in a group. `hash-only`:
 * the digest goes there and nothing else; it is stamped with the digests of others in a seed.
 */
export type Method = 'upload' | 'hash-only';

const storageKey = 'stamping-method';
const stored = v.object({ version: v.literal(1), method: v.picklist(['upload', 'hash-only']) });

/** What the user chose last; upload until then, and when what is stored cannot be read. */
export async function readMethod(): Promise<Method> {
  const found = v.safeParse(stored, (await browser.storage.local.get(storageKey))[storageKey]);
  return found.success ? found.output.method : 'upload';
}

/** Holds for stamps that are begun from now on: a job keeps what it began with. */
export async function writeMethod(method: Method): Promise<void> {
  await browser.storage.local.set({
    [storageKey]: { version: 1, method } satisfies v.InferOutput<typeof stored>,
  });
  announce('settings');
}

/** What pages may ask about it. */
export const methodHandlers: Handlers = {
  'stamping.method': readMethod,
  'stamping.set-method': async ({ method }) => {
    await writeMethod(method);
    return method;
  },
};
