import { browser } from 'wxt/browser';

import type { Fingerprint, FingerprintOptions } from '../../../shared/fingerprint/fingerprint.ts';
import { fingerprintBlob } from '../fingerprint-blob.ts';
import { askHiddenDocument, hasHiddenDocument } from './ask.ts';
import type { HiddenProgress } from './requests.ts';

/** Less than this a service worker has hashed, by the browser's own threads, before the hidden document has opened. */
const handOverFromBytes = 8 << 20;

/**
 * Fingerprints the file of a job from the background: a service worker can have no workers of its own, so a large file
 * is hashed in the hidden document, which reads it from the database of jobs.
 *
 * @throws as `fingerprintBlob`; HashmarkError `no-offscreen`, `bytes-gone`.
 */
export async function fingerprintJob(
  job: { id: string; name: string },
  bytes: Blob,
  options: FingerprintOptions,
): Promise<Fingerprint> {
  const { signal, onProgress } = options;
  if (bytes.size < handOverFromBytes || !hasHiddenDocument()) return fingerprintBlob(bytes, options);
  signal?.throwIfAborted();
  const hear = (message: unknown) => {
    const {
      hashmarkOffscreenProgress: jobId,
      bytesDone,
      platform,
    } = (message ?? {}) as Partial<HiddenProgress>;
    if (jobId === job.id && bytesDone !== undefined && platform) onProgress?.(bytesDone, platform);
    return undefined;
  };
  const cancel = () => {
    void askHiddenDocument({ hashmarkOffscreen: 'cancel', jobId: job.id }).catch(() => {});
  };
  browser.runtime.onMessage.addListener(hear);
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    const { id: jobId, name } = job;
    return await askHiddenDocument({ hashmarkOffscreen: 'fingerprint', jobId, name });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    browser.runtime.onMessage.removeListener(hear);
    signal?.removeEventListener('abort', cancel);
  }
}
