import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import mime from 'mime';
import { HashmarkError } from '../../shared/errors.ts';
import { normalizeCid } from '../../shared/fingerprint/cid.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { formatBytes } from '../../shared/format.ts';
import {
  type ChainletterClient,
  type Network,
  type StampEntry,
  uploadToLink,
} from '../../shared/wire/chainletter.ts';
import { type Io, plain } from './io.ts';

/** A file that is to be stamped. */
export interface Item extends Fingerprint {
  path: string;
}

/** A file with the stamp that covers it. */
export interface StampedItem extends Item {
  entry: StampEntry;
}

/** How long an accepted stamp may take to be in a block before we stop waiting for it. It is not lost then. */
const minedWithinMs = 60_000;
const pollEveryMs = 250;

/**
 * Brings files into a group and stamps it: sends what the group lacks straight to signed links, compares the CIDs that come
 * back, makes sure that the group lists them, stamps, and waits for the block. Repeating it changes nothing.
 *
 * @returns the items in their order.
 * @throws HashmarkError `wrong-cid` when other bytes arrived, `still-pending` when the block does not come, and whatever the
 * client throws.
 */
export async function submit(
  client: ChainletterClient,
  items: readonly Item[],
  group: string,
  io: Io,
): Promise<StampedItem[]> {
  await bring(client, items, group, io);
  return stamp(client, items, group, io);
}

/** The group as the service knows it: which CIDs it holds, and on which network. One that does not exist holds none. */
async function inspect(
  client: ChainletterClient,
  group: string,
  signal: AbortSignal,
): Promise<{ network: Network; cids: Set<string> }> {
  const groups = await client.listGroups({ signal });
  const known = groups.find(({ id }) => id === group) ?? groups.find(({ name }) => name === group);
  if (!known) return { network: 'public', cids: new Set() };
  const files = await client.listFiles(known.id, { signal });
  return { network: known.network, cids: new Set(files.map(({ cid }) => normalizeCid(cid) ?? cid)) };
}

/** Sends what the group lacks, straight to signed links, and makes sure that the group lists it. */
async function bring(
  client: ChainletterClient,
  items: readonly Item[],
  group: string,
  io: Io,
): Promise<void> {
  const { signal } = io;
  const { network, cids: held } = await inspect(client, group, signal);
  const byCid = new Map(items.map((item) => [item.cid, item]));
  const missing = [...byCid.values()].filter(({ cid }) => !held.has(cid));
  for (const [position, item] of missing.entries()) {
    io.progress(
      `Sending ${position + 1} of ${missing.length}: ${plain(item.path)} (${formatBytes(item.sizeBytes)})`,
    );
    await send(client, item, { group, network }, signal);
  }
  if (missing.length === 0) return;
  const { cids: listed } = await inspect(client, group, signal);
  for (const { cid, path, sizeBytes } of missing) {
    if (listed.has(cid)) continue;
    // A service may store what a link received without putting it into the group: registering the CID does that.
    await client.registerHash({ groupId: group, cid, name: basename(path), sizeBytes, network }, { signal });
  }
}

/** Sends one file through a link of its own. Returns only when the service holds exactly the bytes that were fingerprinted. */
async function send(
  client: ChainletterClient,
  item: Item,
  { group, network }: { group: string; network: Network },
  signal: AbortSignal,
): Promise<void> {
  const name = basename(item.path);
  const link = await client.uploadLink(
    { groupId: group, filename: name, maxFileBytes: item.sizeBytes, network },
    { signal },
  );
  const blob = await openAsBlob(item.path, { type: mime.getType(name) ?? 'application/octet-stream' });
  let received: string;
  let isNew = true;
  try {
    // The plain fetch: the link is its own credential, and the bytes do not pass the keyholder.
    received = (await uploadToLink(fetch, link.url, blob, { name, network, signal })).cid;
  } catch (error) {
    // Someone put the same file there meanwhile: that is what we wanted, if it is the same.
    if (!(error instanceof HashmarkError) || error.code !== 'already-exists') throw error;
    received = String(error.data.cid ?? item.cid);
    isNew = false;
  }
  if (normalizeCid(received) === item.cid) return;
  // Left in the group, the wrong content would be stamped with its next stamp. The failure itself is the news.
  if (isNew) await client.deleteFile(group, received, { signal }).catch(() => {});
  throw new HashmarkError(
    'wrong-cid',
    `“${item.path}” arrived as ${received}, expected ${item.cid}: it changed while it was sent, or the service stored other bytes. Nothing was stamped; try again.`,
    { data: { path: item.path, expected: item.cid, received } },
  );
}

/** Stamps the group and waits until the stamp covers every item, in a block. */
async function stamp(
  client: ChainletterClient,
  items: readonly Item[],
  group: string,
  io: Io,
): Promise<StampedItem[]> {
  const { signal } = io;
  io.progress(`Stamping “${plain(group)}”`);
  const { transaction, postmarkCid } = await client.stamp(group, { signal });
  const isOurs = (entry: StampEntry, cid: string) =>
    entry.transaction !== null &&
    (transaction ? entry.transaction === transaction : (entry.bundleCid ?? cid) === postmarkCid);

  const deadline = Date.now() + minedWithinMs;
  const stamped: StampedItem[] = [];
  for (const item of items) {
    while (true) {
      const answer = await client.verify(item.cid, { signal });
      const entry =
        answer.state === 'stamped' && answer.stamps.find((candidate) => isOurs(candidate, item.cid));
      if (entry) {
        stamped.push({ ...item, entry });
        break;
      }
      if (Date.now() > deadline) {
        throw new HashmarkError(
          'still-pending',
          `The stamp of “${group}” was accepted and is not in a block after ${minedWithinMs / 1000} s. It is not lost: check it later with \`hashmark verify\`.`,
          { data: { group, transaction } },
        );
      }
      io.progress(`Waiting for the block of “${plain(group)}”`);
      await delay(pollEveryMs, undefined, { signal });
    }
  }
  return stamped;
}
