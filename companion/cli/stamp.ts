import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { basename } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import mime from 'mime';
import { HashmarkError } from '../../shared/errors.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import { normalizeCid } from '../../shared/fingerprint/cid.ts';
import { type Fingerprint, refuseEmpty } from '../../shared/fingerprint/fingerprint.ts';
import {
  type ChainletterClient,
  createChainletterClient,
  type StampEntry,
  uploadToLink,
} from '../../shared/wire/chainletter.ts';
import { embeddedAccount } from '../../shared/wire/companion.ts';
import { fingerprintAll } from './fingerprint.ts';
import { exitCodes, formatBytes, type Io, plain, toFailure, toSentence } from './io.ts';
import { openTerminalSession } from './session.ts';

export interface StampVerbOptions {
  files: string[];
  /** Group to put the files into; by default one of their own, see {@link nameGroup}. */
  group?: string;
  /** Home of the running companion. */
  home: string;
  /** One JSON object a line instead of text. */
  json?: boolean;
}

/** A file to be stamped. */
interface Item extends Fingerprint {
  path: string;
}

/** How long an accepted stamp may take to be in a block before we stop waiting for it. It is not lost then. */
const minedWithinMs = 60_000;
const pollEveryMs = 250;

/**
 * `hashmark stamp FILE...`: fingerprints the files, sends those that the group does not hold yet, stamps the group, and
 * waits until the stamp is in a block. Running it again changes nothing: no file is sent and no transaction made twice.
 *
 * Nothing is sent when one of the files cannot be read or is empty.
 *
 * @returns 0 when all are on the chain, 1 when something failed, 64 without files, 130 when interrupted.
 */
export async function runStamp(
  { files, group, home, json = false }: StampVerbOptions,
  io: Io,
): Promise<number> {
  if (files.length === 0) {
    io.say('hashmark stamp: name at least one file.');
    return exitCodes.usage;
  }
  if (group !== undefined && group.trim() === '') {
    io.say('hashmark stamp: the name of a group cannot be empty. Leave --group out, or name one.');
    return exitCodes.usage;
  }
  const fail = (about: Record<string, unknown>, error: unknown) => {
    io.progress();
    if (json) io.print(toFailure(about, error));
    else io.say(`hashmark stamp: ${toSentence(error)}`);
  };

  const items: Item[] = [];
  let isRefused = false;
  for await (const { path, result } of fingerprintAll(files, io)) {
    try {
      if (result.status === 'rejected') throw result.reason;
      refuseEmpty(result.value, path);
      items.push({ path, ...result.value });
    } catch (error) {
      if (io.signal.aborted) return exitCodes.interrupted;
      isRefused = true;
      fail({ path }, error);
    }
  }
  if (isRefused) {
    io.say('hashmark stamp: nothing was sent and nothing was stamped.');
    return exitCodes.failed;
  }

  try {
    const { url, fetch, issuers } = await openTerminalSession(home);
    const client = createChainletterClient({ baseUrl: `${url}/keyholder/${embeddedAccount}/webhook`, fetch });
    const groupName = group?.trim() ?? nameGroup(items);
    await upload(client, items, groupName, io);
    const stamped = await stamp(client, items, groupName, io);
    io.progress();
    report(stamped, { groupName, issuers, json }, io);
    return exitCodes.ok;
  } catch (error) {
    if (io.signal.aborted) {
      io.progress();
      return exitCodes.interrupted;
    }
    fail({ paths: files }, error);
    return exitCodes.failed;
  }
}

/** The longest part of a file name that goes into a group's name. */
const nameCharacters = 80;

/**
 * A group's name when the user gave none: the same files always get the same group, so that stamping them again finds
 * them there. A single file gets a group of its own, and so its own CID on the chain.
 */
export function nameGroup(items: readonly { path: string; cid: string }[]): string {
  const cids = [...new Set(items.map(({ cid }) => cid))].sort();
  const [first = { path: '', cid: '' }] = items;
  const name = plain(basename(first.path)).slice(0, nameCharacters).toWellFormed();
  if (cids.length === 1) return `${name} (${first.cid.slice(0, 12)})`;
  const setDigest = createHash('sha256').update(cids.join('\n')).digest('hex');
  return `${name} and ${cids.length - 1} more (${setDigest.slice(0, 12)})`;
}

/** CIDs that a group holds; a group that does not exist holds none. */
async function listCids(client: ChainletterClient, group: string, signal: AbortSignal): Promise<Set<string>> {
  try {
    const files = await client.listFiles(group, { signal });
    return new Set(files.map(({ cid }) => normalizeCid(cid) ?? cid));
  } catch (error) {
    if (error instanceof HashmarkError && error.code === 'not-found') return new Set();
    throw error;
  }
}

/** Sends what the group lacks, straight to signed links, and makes sure that the group lists it. */
async function upload(client: ChainletterClient, items: Item[], group: string, io: Io): Promise<void> {
  const { signal } = io;
  const byCid = new Map(items.map((item) => [item.cid, item]));
  const held = await listCids(client, group, signal);
  const missing = [...byCid.values()].filter(({ cid }) => !held.has(cid));
  for (const [position, item] of missing.entries()) {
    io.progress(
      `Sending ${position + 1} of ${missing.length}: ${plain(item.path)} (${formatBytes(item.sizeBytes)})`,
    );
    await send(client, item, group, signal);
  }
  const listed = missing.length > 0 ? await listCids(client, group, signal) : held;
  for (const { cid, path, sizeBytes } of byCid.values()) {
    if (listed.has(cid)) continue;
    // A service may store what a link received without putting it into the group: registering the CID does that.
    await client.registerHash({ groupId: group, cid, name: basename(path), sizeBytes }, { signal });
  }
}

async function send(
  client: ChainletterClient,
  item: Item,
  group: string,
  signal: AbortSignal,
): Promise<void> {
  const name = basename(item.path);
  const type = mime.getType(name) ?? 'application/octet-stream';
  const link = await client.uploadLink(
    { groupId: group, filename: name, maxFileBytes: item.sizeBytes, network: 'public' },
    { signal },
  );
  try {
    const blob = await openAsBlob(item.path, { type });
    // The plain fetch: the link is its own credential, and the bytes do not pass the keyholder.
    const received = await uploadToLink(fetch, link.url, blob, { name, network: 'public', signal });
    if (normalizeCid(received.cid) === item.cid) return;
    throw new HashmarkError(
      'wrong-cid',
      `“${item.path}” arrived as ${received.cid}, expected ${item.cid}: it changed while it was sent, or the service stored other bytes. Nothing was stamped; try again.`,
      { data: { path: item.path, expected: item.cid, received: received.cid } },
    );
  } catch (error) {
    // Someone else put the same file there meanwhile: that is what we wanted.
    if (error instanceof HashmarkError && error.code === 'already-exists') return;
    throw error;
  }
}

/** A file with the stamp that covers it. */
type Stamped = Item & { entry: StampEntry };

/** Stamps the group and waits until the stamp covers every file, in a block. */
async function stamp(client: ChainletterClient, items: Item[], group: string, io: Io): Promise<Stamped[]> {
  const { signal } = io;
  io.progress(`Stamping “${plain(group)}”`);
  const { transaction, postmarkCid } = await client.stamp(group, { signal });
  const isOurs = (entry: StampEntry, cid: string) =>
    entry.transaction !== null &&
    (transaction ? entry.transaction === transaction : (entry.bundleCid ?? cid) === postmarkCid);

  const deadline = Date.now() + minedWithinMs;
  const stamped: Stamped[] = [];
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

function report(
  stamped: Stamped[],
  { groupName, issuers, json }: { groupName: string; issuers: readonly Issuer[]; json: boolean },
  io: Io,
): void {
  for (const { entry, ...item } of stamped) {
    const issuer = issuers.find(({ contract }) => contract.toLowerCase() === entry.contract?.toLowerCase());
    if (json) {
      io.print(
        JSON.stringify({
          ...item,
          group: groupName,
          transaction: entry.transaction,
          contract: entry.contract,
          chainId: issuer?.chainId ?? null,
          bundleCid: entry.bundleCid,
          blockTimeSeconds: entry.blockTimeSeconds,
        }),
      );
      continue;
    }
    io.print(
      [
        `Stamped  ${plain(item.path)}`,
        `  CID          ${item.cid}`,
        `  digest       ${item.digest}`,
        ...(entry.bundleCid ? [`  in bundle    ${plain(entry.bundleCid)}`] : []),
        `  transaction  ${plain(entry.transaction ?? '')}`,
        `  contract     ${plain(entry.contract ?? '')}`,
        ...(issuer ? [`  chain        ${plain(issuer.chainName)} (${issuer.chainId})`] : []),
        ...(entry.blockTimeSeconds
          ? [`  block time   ${new Date(entry.blockTimeSeconds * 1000).toISOString()}`]
          : []),
      ].join('\n'),
    );
  }
  if (json) return;
  const isLocal = stamped.every(({ entry }) =>
    issuers.some(
      ({ contract, isLocal }) => isLocal && contract.toLowerCase() === entry.contract?.toLowerCase(),
    ),
  );
  if (isLocal) io.say('This chain runs on this computer only: the stamp proves nothing to strangers.');
}
