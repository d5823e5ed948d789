import { HashmarkError } from '../../../shared/errors.ts';
import { normalizeCid } from '../../../shared/fingerprint/cid.ts';
import { type Fingerprint, refuseEmpty } from '../../../shared/fingerprint/fingerprint.ts';
import {
  type ChainletterClient,
  type GroupFile,
  type LinkUpload,
  uploadToLink,
  type WireFetch,
} from '../../../shared/wire/chainletter.ts';
import type { JobPhase } from '../../messages.ts';
import { type Job, privacyOf } from './job.ts';
import { waitBeforeNextLook } from './retry.ts';

export interface StepDeps {
  /** The client of the account, made anew for each step: the pairing may have changed meanwhile. */
  client: () => Promise<ChainletterClient>;
  /** Plain: a signed link is the only credential an upload has. */
  uploadFetch: WireFetch;
  fingerprint: (
    bytes: Blob,
    options: { signal: AbortSignal; onProgress: (bytesDone: number) => void },
  ) => Promise<Fingerprint>;
  now: () => number;
}

export interface StepContext {
  job: Job;
  bytes: () => Promise<Blob>;
  signal: AbortSignal;
  /** 0 to 1. */
  onProgress: (progress: number) => void;
  /** Writes something to disk that must be known even if this step never returns. */
  note: (change: Partial<Job>) => Promise<void>;
}

/** Long enough for a slow line; the link is worthless after its one use anyway. */
const linkSeconds = 3600;

type Step = (context: StepContext, deps: StepDeps) => Promise<Partial<Job>>;

/**
 * One step for each phase that is not an end. A step reads what is so out there before it changes anything, so that it
 * can be run again after a death at any point: nothing is sent that has already arrived. What a step returns is written
 * to disk before the next one begins.
 */
export const steps: { [Phase in JobPhase]?: Step } = {
  async captured({ job, bytes, signal, onProgress }, deps) {
    const content = await bytes();
    const fingerprint = await deps.fingerprint(content, {
      signal,
      onProgress: (bytesDone) => onProgress(content.size === 0 ? 1 : bytesDone / content.size),
    });
    refuseEmpty(fingerprint, job.name);
    return { phase: 'fingerprinted', fingerprint };
  },

  async fingerprinted() {
    return { phase: 'uploading' };
  },

  async uploading({ job, bytes, signal, note }, deps) {
    const client = await deps.client();
    if (await findInGroup(client, job, signal)) return { phase: 'uploaded' };
    const content = await bytes();
    const link = await client.uploadLink(
      {
        groupId: job.groupId,
        filename: job.name,
        network: privacyOf(job),
        maxFileBytes: content.size,
        expiresSeconds: linkSeconds,
      },
      { signal },
    );
    await note({ hasUploaded: true });
    const uploaded = await send(deps.uploadFetch, link.url, content, job, signal);
    if (!uploaded) return { phase: 'uploaded', hasUploaded: false };
    const expected = cidOf(job);
    if (normalizeCid(uploaded.cid) !== expected) {
      throw new HashmarkError(
        'cid-mismatch',
        `The service stored other bytes than were sent: it names ${uploaded.cid}, this computer computed ${expected}. Nothing was stamped. Retry; if it happens again, do not trust this service.`,
        { data: { expected, actual: uploaded.cid } },
      );
    }
    return { phase: 'uploaded', groupId: uploaded.groupId ?? job.groupId };
  },

  async uploaded({ job, signal }, deps) {
    if (await findInGroup(await deps.client(), job, signal)) return { phase: 'stamping' };
    throw new HashmarkError(
      'not-listed',
      `The service took ${job.name} but group "${job.groupId}" does not list it. It is looked for again.`,
    );
  },

  async stamping({ job, signal }, deps) {
    const client = await deps.client();
    const file = await findInGroup(client, job, signal);
    if (file?.isStamped) return { phase: 'waiting' };
    const { transaction } = await client.stamp(job.groupId, { signal });
    return { phase: 'waiting', ...(transaction ? { transaction } : {}) };
  },

  async waiting({ job, signal }, deps) {
    const cid = cidOf(job);
    const found = await (await deps.client()).verify(cid, { signal });
    if (found.state === 'unknown') {
      throw new HashmarkError(
        'file-gone',
        `The service no longer knows ${job.name}: it was deleted before its stamp was on chain. Retry to send it again.`,
      );
    }
    const stamp =
      found.state === 'stamped'
        ? (found.stamps.find(({ transaction }) => transaction !== null && transaction === job.transaction) ??
          found.stamps[0])
        : undefined;
    if (!stamp?.transaction) {
      return { attempts: job.attempts + 1, nextTryAtMs: deps.now() + waitBeforeNextLook(job.attempts) };
    }
    const { transaction, blockTimeSeconds } = stamp;
    return { phase: 'done', transaction, ...(blockTimeSeconds === null ? {} : { blockTimeSeconds }) };
  },
};

/** Where a retry goes on: a file that is gone has to be sent again. */
export function phaseToRetry(code: string, failedIn: JobPhase): JobPhase {
  return code === 'file-gone' ? 'uploading' : failedIn;
}

function cidOf({ fingerprint, name }: Job): string {
  if (!fingerprint) throw new HashmarkError('internal', `${name} has no fingerprint yet.`);
  return fingerprint.cid;
}

async function findInGroup(
  client: ChainletterClient,
  job: Job,
  signal: AbortSignal,
): Promise<GroupFile | undefined> {
  const cid = cidOf(job);
  try {
    const files = await client.listFiles(job.groupId, { signal });
    return files.find((file) => normalizeCid(file.cid) === cid);
  } catch (error) {
    // A group begins with its first file.
    if (error instanceof HashmarkError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** @returns undefined when the group holds the file already */
async function send(
  fetch: WireFetch,
  url: string,
  content: Blob,
  job: Job,
  signal: AbortSignal,
): Promise<LinkUpload | undefined> {
  try {
    // A blob from a database may have lost its type, and the service goes by it.
    const typed = new Blob([content], { type: job.type });
    return await uploadToLink(fetch, url, typed, { name: job.name, network: privacyOf(job), signal });
  } catch (error) {
    if (!(error instanceof HashmarkError)) throw error;
    if (error.code === 'already-exists') return undefined;
    if (error.code === 'service-unauthorized' || error.code === 'service-forbidden')
      throw new HashmarkError('link-expired', `The upload link was refused. ${error.message}`, {
        cause: error,
      });
    throw error;
  }
}
