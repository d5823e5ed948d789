import { HashmarkError } from '../../../shared/errors.ts';
import { normalizeCid } from '../../../shared/fingerprint/cid.ts';
import {
  type ChainletterClient,
  type GroupFile,
  type LinkUpload,
  uploadToLink,
  type WireFetch,
} from '../../../shared/wire/chainletter.ts';
import { fingerprintOf, isOnItsWay, type Job, privacyOf } from './job.ts';
import type { Steps } from './job-steps.ts';
import { waitBeforeNextLook, waitBeforeRetry } from './retry.ts';

/** Long enough for a slow line; the link is worthless after its one use anyway. */
const linkSeconds = 3600;

/** Upload and stamp: the file goes straight to a signed link, its group is stamped, and the stamp is waited for. */
export const uploadSteps: Steps = {
  async fingerprinted() {
    return { phase: 'uploading' };
  },

  async uploading({ job, bytes, signal, note }, deps) {
    const client = await deps.client();
    if (await findInGroup(client, job, signal)) return { phase: 'uploaded' };
    const content = await bytes();
    const link = await client.uploadLink(
      {
        groupId: groupOf(job),
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
    const expected = fingerprintOf(job).cid;
    if (normalizeCid(uploaded.cid) !== expected) {
      throw new HashmarkError(
        'cid-mismatch',
        `The service stored other bytes than were sent: it names ${uploaded.cid}, this computer computed ${expected}. Nothing was stamped. Retry; if it happens again, do not trust this service.`,
        { data: { expected, actual: uploaded.cid } },
      );
    }
    return { phase: 'uploaded', groupId: uploaded.groupId ?? groupOf(job) };
  },

  async uploaded({ job, signal }, deps) {
    if (await findInGroup(await deps.client(), job, signal)) return { phase: 'stamping' };
    throw new HashmarkError(
      'not-listed',
      `The service took ${job.name} but group "${groupOf(job)}" does not list it. It is looked for again.`,
    );
  },

  async stamping({ job, signal }, deps) {
    const client = await deps.client();
    const file = await findInGroup(client, job, signal);
    if (file?.isStamped) return { phase: 'waiting' };
    const { transaction } = await client.stamp(groupOf(job), { signal });
    return { phase: 'waiting', ...(transaction ? { transaction } : {}) };
  },

  async waiting({ job, signal }, deps) {
    const cid = fingerprintOf(job).cid;
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

  // A cancelled file would be stamped with the next stamp of its group, so it leaves the group again.
  async cancelling({ job, jobs, signal }, deps) {
    if (!job.hasUploaded) return { phase: 'cancelled' };
    try {
      const client = await deps.client();
      if (!(await isNeeded(client, job, await jobs(), signal)))
        await client.deleteFile(groupOf(job), fingerprintOf(job).cid, { signal });
    } catch (error) {
      // What passes by itself is waited for; what was not found never arrived.
      if (!(error instanceof HashmarkError) || waitBeforeRetry(error, job.attempts) !== undefined)
        throw error;
      if (error.code !== 'not-found') return { phase: 'cancelled', message: stillHeld(job, error) };
    }
    return { phase: 'cancelled' };
  },
};

/** Whether another job relies on the file that this one has sent. */
async function isNeeded(
  client: ChainletterClient,
  { id, groupId, fingerprint }: Job,
  jobs: readonly Job[],
  signal: AbortSignal,
): Promise<boolean> {
  const others = jobs.filter(
    (it) =>
      it.id !== id && it.fingerprint?.cid === fingerprint?.cid && (it.phase === 'done' || isOnItsWay(it)),
  );
  if (others.every((it) => it.groupId === undefined)) return false;
  // One may know the group by its id, the other by its name still.
  const groups = await client.listGroups({ signal });
  const idOf = (group: string | undefined) => groups.find(({ name }) => name === group)?.id ?? group;
  return others.some((it) => idOf(it.groupId) === idOf(groupId));
}

function stillHeld(job: Job, { message }: HashmarkError): string {
  return `Cancelled, but group "${groupOf(job)}" still holds the file: delete it there before you stamp the group. ${message}`;
}

function groupOf({ groupId, name }: Job): string {
  if (groupId === undefined) throw new HashmarkError('internal', `${name} has no group.`);
  return groupId;
}

async function findInGroup(
  client: ChainletterClient,
  job: Job,
  signal: AbortSignal,
): Promise<GroupFile | undefined> {
  const cid = fingerprintOf(job).cid;
  try {
    const files = await client.listFiles(groupOf(job), { signal });
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
