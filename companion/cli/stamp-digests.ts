import type { Readable } from 'node:stream';

import { refuseEmpty } from '../../shared/fingerprint/fingerprint.ts';
import { maxCommentCharacters } from '../../shared/wire/originstamp.ts';
import { confirmCost } from './cost-consent.ts';
import { checkAllowance } from './digest-allowance.ts';
import { type DigestList, openDigestList } from './digest-list.ts';
import { createReport, type DigestItem } from './digest-report.ts';
import { finishDigests, takeDigests } from './digest-run.ts';
import { openDigestClient } from './digest-service.ts';
import { findFiles } from './find-files.ts';
import { fingerprintAll } from './fingerprint.ts';
import { exitCodes, type Io, plain } from './io.ts';
import { createPrompt, type Prompt } from './prompt.ts';
import { openProofFolder, prepareProofFolder } from './proof-folder.ts';
import { openTerminalSession } from './session.ts';

export interface StampDigestsOptions {
  /** Files, and folders with everything in them, hashed here; empty when `list` is given. */
  files: string[];
  /** A list of digests: a path, or `-` for standard input. */
  list?: string;
  /** Only files are in groups: naming one is a misuse. */
  group?: string;
  /** Stored with every digest that is new; the service may show it to anybody. */
  comment?: string;
  /** False: return as soon as the service has the digests. */
  wait: boolean;
  /** Folder for the proofs, checked. */
  proofs?: string;
  /** Pass over lines that are no digests. */
  skipBad?: boolean;
  /** Home of the running companion. */
  home: string;
  /** One JSON object a line instead of text. */
  json?: boolean;
  /** Spend without asking, on a chain where a stamp costs money. */
  yes?: boolean;
}

/**
 * `hashmark stamp --hash-only FILE...` and `--list FILE|-`: sends digests and nothing else, by bulks, and waits until the
 * seeds they are in are final on the chain. Works on lists of any length in constant memory. A digest is stamped once,
 * however often it is handed in, so an interrupted run is simply run again.
 *
 * A folder is walked: see `findFiles`; empty files in it are passed over. Nothing is sent when a file cannot be read or one that
 * is named is empty, or when a line of the list is no digest and `skipBad` is not set.
 *
 * @returns 0 when every digest is stamped (with `proofs`: its proof written and confirmed), 1 when something failed or the
 * answer was no, 64 for bad usage (also a folder for proofs that cannot be one) and when it would spend and nobody can be asked,
 * 130 when interrupted.
 */
export async function runStampDigests(
  options: StampDigestsOptions,
  io: Io,
  prompt: Prompt = createPrompt(io.signal),
  stdin: Readable = process.stdin,
): Promise<number> {
  const misuse =
    findMisuse(options) ?? (options.proofs === undefined ? undefined : prepareProofFolder(options.proofs));
  if (misuse !== undefined) {
    io.say(`hashmark stamp: ${plain(misuse)}`);
    return exitCodes.usage;
  }
  const { list } = options;
  try {
    if (list === undefined) return await stampFiles(options, io, prompt);
    io.progress('Reading the list');
    const digests = await openDigestList(list, stdin, io.signal);
    try {
      return await stampList(digests, options, io, prompt);
    } finally {
      await digests.close();
    }
  } catch (error) {
    if (io.signal.aborted) {
      io.progress();
      io.say('Interrupted. What was sent is not lost, and the same command goes on from there.');
      return exitCodes.interrupted;
    }
    createReport(options, io).fail({}, error);
    return exitCodes.failed;
  }
}

function findMisuse(options: StampDigestsOptions): string | undefined {
  const { files, list, group, comment, wait, proofs } = options;
  if (group !== undefined) return 'digests belong to no --group: that is for files that are sent.';
  if (list !== undefined && files.length > 0) return 'name files or a --list, not both.';
  if (list === undefined && files.length === 0) return 'name at least one file, or a --list.';
  if (proofs !== undefined && !wait) return 'there are no --proofs without waiting for them.';
  if (comment !== undefined && comment.length > maxCommentCharacters) {
    return `a comment has at most ${maxCommentCharacters} characters, this one ${comment.length}.`;
  }
  return undefined;
}

async function stampFiles(options: StampDigestsOptions, io: Io, prompt: Prompt): Promise<number> {
  const report = createReport(options, io);
  const items: DigestItem[] = [];
  let isRefused = false;
  let emptyCount = 0;
  const files = await findFiles('stamp', options.files, io);
  const paths = files.map(({ path }) => path);
  const found = files.values();
  for await (const { path, result } of fingerprintAll(paths, io)) {
    const isFromFolder = found.next().value?.isFromFolder;
    try {
      if (result.status === 'rejected') throw result.reason;
      if (isFromFolder && result.value.sizeBytes === 0) {
        emptyCount += 1;
        continue;
      }
      refuseEmpty(result.value, path);
      items.push({ path, digest: result.value.digest });
    } catch (error) {
      io.signal.throwIfAborted();
      isRefused = true;
      report.fail({ path }, error);
    }
  }
  io.progress();
  if (emptyCount > 0) {
    io.say(
      `${emptyCount} empty ${emptyCount === 1 ? 'file was' : 'files were'} passed over: nothing can be proven about them.`,
    );
  }
  if (!isRefused && items.length === 0) {
    io.say('hashmark stamp: there is no file to stamp.');
    return exitCodes.failed;
  }
  if (!isRefused) return stampAll(items, items.length, options, io, prompt);
  io.say('hashmark stamp: nothing was sent and nothing was stamped.');
  return exitCodes.failed;
}

async function stampList(
  digests: DigestList,
  options: StampDigestsOptions,
  io: Io,
  prompt: Prompt,
): Promise<number> {
  io.progress();
  for (const { line, text } of digests.badLines) io.say(`Line ${line} is no digest: ${plain(text)}`);
  const unnamed = digests.badCount - digests.badLines.length;
  if (unnamed > 0) io.say(`${unnamed} more lines are no digests.`);
  if (digests.badCount > 0 && !options.skipBad) {
    io.say('hashmark stamp: nothing was sent. Correct the list, or pass over such lines with --skip-bad.');
    return exitCodes.failed;
  }
  if (digests.count === 0) {
    io.say('hashmark stamp: the list holds no digest, so there is nothing to stamp.');
    return exitCodes.failed;
  }
  async function* items(): AsyncGenerator<DigestItem> {
    for await (const { line, digest, name } of digests.read()) {
      yield { line, digest, ...(name === '' ? {} : { name }) };
    }
  }
  return stampAll(items(), digests.count, options, io, prompt);
}

async function stampAll(
  items: AsyncIterable<DigestItem> | Iterable<DigestItem>,
  total: number,
  options: StampDigestsOptions,
  io: Io,
  prompt: Prompt,
): Promise<number> {
  const session = await openTerminalSession(options.home, io.signal);
  const refusal = await confirmCost(session, 'hash-only', options.yes ?? false, io, prompt);
  if (refusal !== undefined) return refusal;
  const client = openDigestClient(session);
  await checkAllowance(client, total, io);
  const report = createReport(options, io);
  const submitted = takeDigests(client, items, { total, comment: options.comment }, io);
  const proofs =
    options.proofs === undefined
      ? undefined
      : openProofFolder(options.proofs, { client, issuers: session.issuers, signal: io.signal });
  const results = options.wait ? finishDigests(submitted, { client, proofs }, io) : submitted;
  for await (const result of results) report.add(result);
  return report.end(session.state.chain.isLocal);
}
