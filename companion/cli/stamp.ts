import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { HashmarkError, toErrorData } from '../../shared/errors.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import { refuseEmpty } from '../../shared/fingerprint/fingerprint.ts';
import { formatUtc } from '../../shared/format.ts';
import { createChainletterClient } from '../../shared/wire/chainletter.ts';
import { embeddedAccount } from '../../shared/wire/companion.ts';
import { confirmCost } from './cost-consent.ts';
import { fingerprintAll } from './fingerprint.ts';
import { exitCodes, type Io, plain, toFailure, toSentence } from './io.ts';
import { createPrompt, type Prompt } from './prompt.ts';
import { openTerminalSession } from './session.ts';
import { type Item, type StampedItem, submit } from './submit.ts';

export interface StampVerbOptions {
  files: string[];
  /** Group to put the files into; by default one of their own, see {@link nameGroup}. */
  group?: string;
  /** Home of the running companion. */
  home: string;
  /** One JSON object a line instead of text. */
  json?: boolean;
  /** Spend without asking, on a chain where a stamp costs money. */
  yes?: boolean;
}

/**
 * `hashmark stamp FILE...`: fingerprints the files, sends those that the group does not hold yet, stamps the group, and
 * waits until the stamp is in a block. Running it again changes nothing: no file is sent and no transaction made twice.
 *
 * Nothing is sent when one of the files cannot be read or is empty.
 *
 * Where a stamp costs money it says how much before it sends anything, and asks.
 *
 * @returns 0 when all are on the chain, 1 when something failed or the answer was no, 64 without files and when it would spend
 * and nobody can be asked, 130 when interrupted.
 */
export async function runStamp(
  { files, group, home, json = false, yes = false }: StampVerbOptions,
  io: Io,
  prompt: Prompt = createPrompt(io.signal),
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
      if (result.status === 'rejected') throw adviseOnFolder(result.reason, path);
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
    const session = await openTerminalSession(home, io.signal);
    const refusal = await confirmCost(session, 'upload', yes, io, prompt);
    if (refusal !== undefined) return refusal;
    const { url, fetch, issuers } = session;
    const client = createChainletterClient({ baseUrl: `${url}/keyholder/${embeddedAccount}/webhook`, fetch });
    const groupName = group?.trim() ?? nameGroup(items);
    const stamped = await submit(client, items, groupName, io);
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

/** Sending everything in a folder is more than somebody may mean who names one. */
function adviseOnFolder(error: unknown, path: string): unknown {
  if (toErrorData(error).code !== 'not-a-file') return error;
  return new HashmarkError(
    'not-a-file',
    `“${path}” is a folder. Name the files in it that are to be sent, or stamp all of them without sending any: --hash-only.`,
    { data: { path }, cause: error },
  );
}

/** The longest part of a file name that goes into a group's name. */
const nameCharacters = 80;

/**
 * A group's name when the user gave none: the same files always get the same group, so that stamping them again finds
 * them there. A single file gets a group of its own, and so its own CID on the chain.
 */
export function nameGroup(items: readonly { path: string; cid: string }[]): string {
  const ordered = items.toSorted((a, b) => compare(a.cid, b.cid) || compare(a.path, b.path));
  const cids = [...new Set(ordered.map(({ cid }) => cid))];
  const [first = { path: '', cid: '' }] = ordered;
  const name = plain(basename(first.path)).slice(0, nameCharacters).toWellFormed();
  if (cids.length === 1) return `${name} (${first.cid.slice(0, 12)})`;
  const setDigest = createHash('sha256').update(cids.join('\n')).digest('hex');
  return `${name} and ${cids.length - 1} more (${setDigest.slice(0, 12)})`;
}

/** By code unit: the same everywhere, whatever the language of the machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

interface ReportOptions {
  groupName: string;
  issuers: readonly Issuer[];
  json: boolean;
}

function report(stamped: readonly StampedItem[], { groupName, issuers, json }: ReportOptions, io: Io): void {
  const issuerOf = ({ entry }: StampedItem) =>
    issuers.find(
      ({ contract, chainId }) =>
        contract.toLowerCase() === entry.contract?.toLowerCase() &&
        // One wallet may have the same contract address on several chains.
        (entry.chainId === null || entry.chainId === chainId),
    );
  for (const item of stamped) {
    const issuer = issuerOf(item);
    io.print(json ? toJson(item, groupName, issuer) : toText(item, groupName, issuer, io));
  }
  if (!json && stamped.every((item) => issuerOf(item)?.isLocal)) {
    io.say('This chain runs on this computer only: the stamp proves nothing to strangers.');
  }
}

function toJson({ entry, ...item }: StampedItem, group: string, issuer: Issuer | undefined): string {
  const { transaction, contract, bundleCid, blockTimeSeconds } = entry;
  const chainId = issuer?.chainId ?? null;
  return JSON.stringify({ ...item, group, transaction, contract, chainId, bundleCid, blockTimeSeconds });
}

function toText({ entry, ...item }: StampedItem, group: string, issuer: Issuer | undefined, io: Io): string {
  const rows: [string, string | null][] = [
    ['CID', item.cid],
    ['digest', item.digest],
    ['group', group],
    ['in bundle', entry.bundleCid],
    ['transaction', entry.transaction],
    ['contract', entry.contract],
    ['chain', issuer ? `${issuer.chainName} (${issuer.chainId})` : null],
    ['block time', entry.blockTimeSeconds === null ? null : formatUtc(entry.blockTimeSeconds * 1000)],
  ];
  return [
    `${io.paint('green', '✓ stamped')}  ${plain(item.path)}`,
    ...rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(11)}  ${plain(value)}`])),
  ].join('\n');
}
