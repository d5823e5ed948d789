import { browser } from 'wxt/browser';

import { type ErrorData, fromErrorData, HashmarkError } from '../../../shared/errors.ts';
import type { Job } from '../jobs/job.ts';
import type { JobStore } from '../jobs/job-store.ts';
import type { SaveRequest } from './offscreen-save.ts';
import { saveBlob } from './save-blob.ts';

/** Chromium's part that the common API lacks: a worker has no document, so it opens a hidden one. */
interface Offscreen {
  hasDocument(): Promise<boolean>;
  createDocument(options: { url: string; reasons: string[]; justification: string }): Promise<void>;
}

/**
 * Saves the job's file to the user's downloads. Resolves when the browser has taken it on: without the permission to
 * see downloads nobody tells how it ends.
 */
export async function saveFile(job: Job, store: JobStore): Promise<void> {
  const { offscreen } = browser as unknown as { offscreen?: Offscreen };
  if (offscreen) return saveOffscreen(offscreen, job);
  const bytes = await store.bytes(job.id);
  if (!bytes) throw new HashmarkError('bytes-gone', `The bytes of ${job.name} are no longer stored.`);
  saveBlob(document, bytes, job.name);
}

/** Only one document at a time may be open, and opening takes a moment: whoever comes meanwhile waits for the same one. */
let opening: Promise<void> | undefined;

async function saveOffscreen(offscreen: Offscreen, { id, name }: Job): Promise<void> {
  opening ??= openDocument(offscreen).finally(() => {
    opening = undefined;
  });
  await opening;
  const request: SaveRequest = { hashmarkOffscreen: 'save', jobId: id, name };
  const answer = (await browser.runtime.sendMessage(request)) as { error?: ErrorData } | undefined;
  if (!answer)
    throw new HashmarkError(
      'no-offscreen',
      `${name} could not be saved: the hidden document did not answer.`,
    );
  if (answer.error) throw fromErrorData(answer.error);
}

async function openDocument(offscreen: Offscreen): Promise<void> {
  if (await offscreen.hasDocument()) return;
  await offscreen.createDocument({
    url: browser.runtime.getURL('/offscreen.html' as '/'),
    reasons: ['BLOBS'],
    justification: 'Saves the captured file to the downloads.',
  });
}
