import { HashmarkError } from '../../../shared/errors.ts';
import { askHiddenDocument, hasHiddenDocument } from '../hidden-document/ask.ts';
import type { Job } from '../jobs/job.ts';
import type { JobStore } from '../jobs/job-store.ts';
import { saveBlob } from './save-blob.ts';

/**
 * Saves the job's file to the user's downloads. Resolves when the browser has taken it on: without the permission to
 * see downloads nobody tells how it ends.
 */
export async function saveFile({ id: jobId, name }: Job, store: JobStore): Promise<void> {
  if (hasHiddenDocument()) return askHiddenDocument({ hashmarkOffscreen: 'save', jobId, name });
  const bytes = await store.bytes(jobId);
  if (!bytes) throw new HashmarkError('bytes-gone', `The bytes of ${name} are no longer stored.`);
  saveBlob(document, bytes, name);
  return undefined;
}
