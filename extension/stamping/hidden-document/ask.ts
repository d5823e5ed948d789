import { browser } from 'wxt/browser';

import { fromErrorData, HashmarkError } from '../../../shared/errors.ts';
import type { HiddenAnswer, HiddenKind, HiddenRequest, HiddenRequests } from './requests.ts';

/** Chromium's part that the common API lacks: a worker has no document, so it opens a hidden one. */
interface Offscreen {
  hasDocument(): Promise<boolean>;
  createDocument(options: { url: string; reasons: string[]; justification: string }): Promise<void>;
}

const offscreen = (): Offscreen | undefined => (browser as unknown as { offscreen?: Offscreen }).offscreen;

/** False in Firefox, whose background has a document and workers itself. */
export function hasHiddenDocument(): boolean {
  return offscreen() !== undefined;
}

/** Only one document at a time may be open, and opening takes a moment: whoever comes meanwhile waits for the same one. */
let opening: Promise<void> | undefined;

/**
 * Asks the hidden document, which is opened when it is not there.
 * @throws HashmarkError `no-offscreen` when it does not answer, and what it says went wrong.
 */
export async function askHiddenDocument<Kind extends HiddenKind>(
  request: HiddenRequest<Kind>,
): Promise<HiddenRequests[Kind]['reply']> {
  opening ??= openDocument().finally(() => {
    opening = undefined;
  });
  await opening;
  const answer = (await browser.runtime.sendMessage(request)) as HiddenAnswer<Kind> | undefined;
  if (!answer)
    throw new HashmarkError(
      'no-offscreen',
      'The hidden document of the extension did not answer. Try again.',
    );
  if (answer.error) throw fromErrorData(answer.error);
  return answer.reply as HiddenRequests[Kind]['reply'];
}

async function openDocument(): Promise<void> {
  const api = offscreen();
  if (!api || (await api.hasDocument())) return;
  await api.createDocument({
    url: browser.runtime.getURL('/offscreen.html' as '/'),
    reasons: ['BLOBS', 'WORKERS'],
    justification: 'Saves captured files to the downloads, and hashes large ones in workers.',
  });
}
