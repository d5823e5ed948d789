import { HashmarkError } from '../../shared/errors.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { fingerprintStream } from '../stamping/fingerprint/stream.ts';

/** More than this is not read without being asked: the report page checks a dropped file of any size. */
const claimLimitBytes = 8 * 1024 * 1024;
const claimTimeoutMs = 20_000;

/**
 * Reads content that a page presents under a CID and fingerprints it, whoever of us may read it.
 *
 * @throws HashmarkError `claim-unreadable` with the reason for people; the browser's own error where it refuses the request
 */
export async function fingerprintClaimed(url: string, init: RequestInit): Promise<Fingerprint> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(claimTimeoutMs) });
  if (!response.ok || !response.body)
    throw new HashmarkError('claim-unreadable', `The page answered HTTP ${response.status} for it`);
  return fingerprintStream(response.body, { onProgress: refuseLarge });
}

/** Ends the pass, and with it the download: a page decides how large its content is. */
function refuseLarge(bytesDone: number): void {
  if (bytesDone > claimLimitBytes)
    throw new HashmarkError('claim-unreadable', `It is larger than ${claimLimitBytes / 1024 / 1024} MiB`);
}
