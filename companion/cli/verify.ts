import { basename } from 'node:path';

import { toErrorData } from '../../shared/errors.ts';
import { worstOutcome } from '../../shared/evidence/conclude.ts';
import type { HashReference, Outcome, Verdict } from '../../shared/evidence/verdict.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import type { FilePass } from '../fingerprint/batch.ts';
import { type ContentHashes, openChecker, unchecked } from './checker.ts';
import { fingerprintAll } from './fingerprint.ts';
import { exitCodes, type Io, plain, toSentence } from './io.ts';
import { describeVerdict } from './verdict-text.ts';
import { isHashOfNothing, judgeNothing, type Target, understandTarget } from './verify-target.ts';
import { verifyWithProof } from './verify-with-proof.ts';

export interface VerifyVerbOptions {
  /** Files, CIDs and digests, mixed. What exists as a file is a file, whatever it is called. */
  targets: string[];
  /** A proof to check the one target against: Merkle XML, a PDF certificate, or a seed as text. */
  proof?: string;
  /** Where its root stands, when the proof does not say: `0x` and 64 hex digits, or 64 hex digits on Bitcoin. */
  transaction?: string;
  /** Home of the running companion: its issuers are the ones that are trusted. */
  home: string;
  /** One JSON object a line instead of text. */
  json?: boolean;
}

/**
 * Exit code per outcome. `unfamiliar` and `pending` share the code of `unknown`: nothing contradicts, nothing is confirmed;
 * the text and `--json` say which it is.
 */
const exitCodeOf: Record<Outcome, number> = {
  confirmed: 0,
  contradicted: 1,
  unknown: 2,
  unfamiliar: 2,
  pending: 2,
  unchecked: 3,
};

/** What is printed for one argument: a verdict, with the fingerprint when the argument was a file. */
export interface VerifyResult extends Omit<Verdict, 'hash'>, Partial<Fingerprint> {
  /** The argument as given. */
  target: string;
  /** Absent for a file that could not be read. */
  hash?: HashReference;
}

/**
 * `hashmark verify FILE|CID|DIGEST...`: fingerprints files, reads the issuers' contracts from the chain itself, and prints a
 * verdict per argument, in the order given. With `proof`, the one argument is checked against that instead.
 *
 * @returns the worst of: 1 contradicted, 3 could not check, 2 unknown (also pending and unfamiliar), 0 confirmed. 64 when an
 * argument is neither a file nor a hash, or the proof is not there or cannot be read: then nothing is looked at. 130 when interrupted.
 */
export async function runVerify(options: VerifyVerbOptions, io: Io): Promise<number> {
  const { targets, proof, transaction, home, json = false } = options;
  if (targets.length === 0) {
    io.say('hashmark verify: name at least one file, CID or digest.');
    return exitCodes.usage;
  }
  const understood = await Promise.all(targets.map(understandTarget));
  const refused = [
    ...understood.filter((target) => typeof target === 'string'),
    ...findProofMisuse(options, understood),
  ];
  if (refused.length > 0) {
    for (const sentence of refused) io.say(`hashmark verify: ${plain(sentence)}`);
    return exitCodes.usage;
  }
  try {
    const results =
      proof === undefined
        ? await check(understood as Target[], home, io)
        : [await checkProof(understood[0] as Target, { proof, transaction, home }, io)];
    io.signal.throwIfAborted();
    io.progress();
    for (const result of results) io.print(json ? JSON.stringify(result) : describeVerdict(result, io.paint));
    return exitCodeOf[worstOutcome(results.map(({ outcome }) => outcome)) ?? 'unchecked'];
  } catch (error) {
    if (!io.signal.aborted) {
      if (!isUnusable(error)) throw error;
      io.progress();
      io.say(`hashmark verify: ${toSentence(error)}`);
      return exitCodes.usage;
    }
    io.progress();
    return exitCodes.interrupted;
  }
}

/** Whether the proof could not be read: what cannot be read claims nothing, so that nothing is contradicted. */
function isUnusable(error: unknown): boolean {
  return ['file-not-found', 'not-a-file', 'special-file', 'file-unreadable'].includes(
    toErrorData(error).code,
  );
}

function findProofMisuse(
  { proof, transaction }: VerifyVerbOptions,
  targets: readonly (Target | string)[],
): string[] {
  if (proof === undefined) return transaction === undefined ? [] : ['a --transaction belongs to a --proof.'];
  if (transaction !== undefined && !/^(0x)?[0-9a-f]{64}$/i.test(transaction)) {
    return ['a --transaction is 0x and 64 hex digits, or 64 hex digits on Bitcoin.'];
  }
  const [target] = targets;
  if (targets.length > 1) return ['a --proof is for one file or digest: name one.'];
  const isCid = typeof target === 'object' && target.kind === 'hash' && target.hash.kind === 'cid';
  return isCid ? ['a --proof is about a file or its SHA-256 digest, not about a CID.'] : [];
}

/** The verdict on one target by a proof that the user has. */
async function checkProof(
  target: Target,
  given: { proof: string; transaction?: string; home: string },
  io: Io,
): Promise<VerifyResult> {
  const [question] = await readFiles([target], io);
  if (!question) throw new TypeError('A target is one question.');
  const about = { target: question.target, ...question.fingerprint };
  if (!question.hashes) return { ...about, ...unchecked(question.failure) };
  const { fingerprint, hashes } = question;
  const [hash] = hashes;
  if (isHashOfNothing(hash)) return { ...about, ...judgeNothing(hash) };
  const subject = fingerprint ? { fingerprint, name: basename(target.text) } : { digest: hash.value };
  return { ...about, ...(await verifyWithProof({ subject, ...given }, io)) };
}

/** A target with its hashes; without them a file that could not be read, and why. */
type Question = { target: string; fingerprint?: Fingerprint } & (
  | { hashes: ContentHashes }
  | { hashes?: undefined; failure: unknown }
);

/** One result per target, in order. */
async function check(targets: readonly Target[], home: string, io: Io): Promise<VerifyResult[]> {
  const questions = await readFiles(targets, io);
  const checker = await openChecker(home, io);
  const contents = questions.flatMap(({ hashes }) => (hashes && !isHashOfNothing(hashes[0]) ? [hashes] : []));
  const verdicts = await checker(contents);
  const verdictOf = new Map(contents.map((hashes, position) => [hashes, verdicts[position]]));
  return questions.map((question) => {
    const about = { target: question.target, ...question.fingerprint };
    if (!question.hashes) return { ...about, ...unchecked(question.failure) };
    return { ...about, ...(verdictOf.get(question.hashes) ?? judgeNothing(question.hashes[0])) };
  });
}

async function readFiles(targets: readonly Target[], io: Io): Promise<Question[]> {
  const paths = targets.filter(({ kind }) => kind === 'file').map(({ text }) => text);
  const passes = fingerprintAll(paths, io);
  const questions: Question[] = [];
  for (const target of targets) {
    if (target.kind === 'hash') {
      questions.push({ target: target.text, hashes: [target.hash] });
      continue;
    }
    const { result } = (await passes.next()).value as FilePass;
    io.signal.throwIfAborted();
    questions.push(toQuestion(target.text, result));
  }
  return questions;
}

function toQuestion(target: string, result: FilePass['result']): Question {
  if (result.status === 'rejected') return { target, failure: result.reason };
  const { cid, digest } = result.value;
  // Another tree of the same bytes has another CID, but a bundle may list the digest.
  const hashes: ContentHashes = [
    { kind: 'cid', value: cid },
    { kind: 'digest', value: digest },
  ];
  return { target, fingerprint: result.value, hashes };
}
