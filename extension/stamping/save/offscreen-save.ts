import { type Browser, browser } from 'wxt/browser';

import { HashmarkError, toErrorData } from '../../../shared/errors.ts';
import { openJobStore } from '../jobs/job-store.ts';
import { keepUrlMs, saveBlob } from './save-blob.ts';

/** The worker's request to its offscreen document. The bytes do not travel: both read the same database. */
export interface SaveRequest {
  hashmarkOffscreen: 'save';
  jobId: string;
  name: string;
}

/** Runs in the offscreen document. Answers `{}` or `{error}`. */
export function answerSaveRequests(): void {
  const store = openJobStore();
  let lastUse: ReturnType<typeof setTimeout> | undefined;
  browser.runtime.onMessage.addListener((message: unknown, sender: Browser.runtime.MessageSender) => {
    const request = message as Partial<SaveRequest> | null;
    if (request?.hashmarkOffscreen !== 'save' || sender.id !== browser.runtime.id || sender.tab)
      return undefined;
    clearTimeout(lastUse);
    // Closing the document ends its downloads, so it stays for as long as one may take.
    lastUse = setTimeout(() => window.close(), keepUrlMs);
    return (async () => {
      const bytes = await store.bytes(request.jobId ?? '');
      if (!bytes) throw new HashmarkError('bytes-gone', `The bytes of ${request.name} are no longer stored.`);
      saveBlob(document, bytes, request.name ?? 'file');
      return {};
    })().catch((error) => ({ error: toErrorData(error) }));
  });
}
