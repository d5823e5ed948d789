import { type Browser, browser } from 'wxt/browser';

import { HashmarkError, toErrorData } from '../../../shared/errors.ts';
import { fingerprintBlob } from '../fingerprint-blob.ts';
import { type JobStore, openJobStore } from '../jobs/job-store.ts';
import { keepUrlMs, saveBlob } from '../save/save-blob.ts';
import type { HiddenKind, HiddenProgress, HiddenRequest, HiddenRequests } from './requests.ts';

/** A pass tells how far it is this often. */
const progressEveryMs = 250;

/** Runs in the hidden document, and closes it when nothing was asked for a while. */
export function answerHiddenRequests(): void {
  const store = openJobStore();
  const hashing = new Map<string, AbortController>();
  let lastUse: ReturnType<typeof setTimeout> | undefined;

  const handlers: {
    [Kind in HiddenKind]: (
      request: HiddenRequests[Kind]['request'],
    ) => Promise<HiddenRequests[Kind]['reply']>;
  } = {
    async save({ jobId, name }) {
      saveBlob(document, await bytesOf(store, jobId, name), name);
      return undefined;
    },
    async fingerprint({ jobId, name }) {
      const controller = new AbortController();
      hashing.set(jobId, controller);
      try {
        return await fingerprintBlob(await bytesOf(store, jobId, name), {
          signal: controller.signal,
          onProgress: progressTeller(jobId),
        });
      } finally {
        hashing.delete(jobId);
      }
    },
    async cancel({ jobId }) {
      hashing.get(jobId)?.abort();
      return undefined;
    },
  };

  /** Closing the document ends its downloads and its hashing, so it stays for as long as either may take. */
  function closeLater(): void {
    clearTimeout(lastUse);
    lastUse = setTimeout(() => (hashing.size > 0 ? closeLater() : window.close()), keepUrlMs);
  }

  browser.runtime.onMessage.addListener((message: unknown, sender: Browser.runtime.MessageSender) => {
    const { hashmarkOffscreen: kind, ...request } = (message ?? {}) as Partial<HiddenRequest>;
    // From the background only: neither a page nor a content script has business here.
    if (!kind || !Object.hasOwn(handlers, kind) || sender.id !== browser.runtime.id || sender.tab)
      return undefined;
    closeLater();
    const handle = handlers[kind] as (request: unknown) => Promise<unknown>;
    return handle(request).then(
      (reply) => ({ reply }),
      (error) => ({ error: toErrorData(error) }),
    );
  });
}

async function bytesOf(store: JobStore, jobId: string, name: string): Promise<Blob> {
  const bytes = await store.bytes(jobId);
  if (!bytes) throw new HashmarkError('bytes-gone', `The bytes of ${name} are no longer stored.`);
  return bytes;
}

function progressTeller(jobId: string) {
  // The first is told at once: of a file that is done sooner than this it says what hashed it.
  let toldMs = Number.NEGATIVE_INFINITY;
  return (bytesDone: number, platform: HiddenProgress['platform']) => {
    if (performance.now() - toldMs < progressEveryMs) return;
    toldMs = performance.now();
    const progress: HiddenProgress = { hashmarkOffscreenProgress: jobId, bytesDone, platform };
    // Nobody may be there to hear it: the background's worker may just have ended.
    void browser.runtime.sendMessage(progress).catch(() => {});
  };
}
