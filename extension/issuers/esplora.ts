import * as v from 'valibot';
import { browser } from 'wxt/browser';

import { HashmarkError } from '../../shared/errors.ts';
import { announce } from '../changes.ts';
import type { Handlers } from '../messaging.ts';
import { safeUrl } from './issuer-schema.ts';

const storageKey = 'esplora-servers';

/** Base URLs of Esplora servers, through which Bitcoin is read; what several agree on is worth more than what one says. */
const esploraServers = v.pipe(
  v.array(
    v.pipe(
      safeUrl,
      v.transform((url) => url.replace(/\/+$/, '')),
    ),
  ),
  v.maxLength(8, 'At most eight servers'),
  v.check((urls) => new Set(urls).size === urls.length, 'One server stands here twice'),
);
const stored = v.object({ version: v.literal(1), urls: esploraServers });

/** What the user set; none until then, and then nothing of Bitcoin can be checked. */
export async function readEsploraServers(): Promise<string[]> {
  const found = v.safeParse(stored, (await browser.storage.local.get(storageKey))[storageKey]);
  return found.success ? found.output.urls : [];
}

/** What pages may ask about them. */
export const esploraHandlers: Handlers = {
  'proof.esplora': readEsploraServers,
  'proof.set-esplora': async ({ urls }) => {
    const read = v.safeParse(esploraServers, urls);
    if (!read.success) {
      throw new HashmarkError('malformed-esplora', `The servers were not saved: ${v.summarize(read.issues)}`);
    }
    await browser.storage.local.set({
      [storageKey]: { version: 1, urls: read.output } satisfies v.InferOutput<typeof stored>,
    });
    announce('settings');
    return read.output;
  },
};
