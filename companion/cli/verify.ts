import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { worstOutcome } from '../../shared/evidence/conclude.ts';
import { parseHash } from '../../shared/evidence/hash-reference.ts';
import type { HashReference, Outcome, Verdict } from '../../shared/evidence/verdict.ts';
import { normalizeCid, nullCid } from '../../shared/fingerprint/cid.ts';
import type { Fingerprint } from '../../shared/fingerprint/fingerprint.ts';
import { type Checker, openChecker, unchecked } from './checker.ts';
import { fingerprintAll } from './fingerprint.ts';
import { exitCodes, type Io, plain } from './io.ts';
import { describeVerdict } from './verdict-text.ts';

export interface VerifyVerbOptions {
  /** Files, CIDs and digests, mixed. What exists as a file is a file, whatever it is called. */
  targets: string[];
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

/** One argument, understood. */
type Target = { text: string } & (
  | { kind: 'file' }
  | { kind: 'hash'; hash: HashReference }
  | { kind: 'empty'; hash: HashReference }
);

/** What is printed for one argument: a verdict, with the fingerprint when the argument was a file. */
export interface VerifyResult extends Omit<Verdict, 'hash'>, Partial<Fingerprint> {
  /** The argument as given. */
  target: string;
  /** Absent for a file that could not be read. */
  hash?: HashReference;
}

/** The SHA-256 of no bytes at all: as empty as {@link nullCid}. */
const emptyDigest = createHash('sha256').digest('hex');

/**
 * `hashmark verify FILE|CID|DIGEST...`: fingerprints files, reads the issuers' contracts from the chain itself, and prints a
 * verdict per argument, in the order given.
 *
 * @returns the worst of: 1 contradicted, 3 could not check, 2 unknown (also pending and unfamiliar), 0 confirmed. 64 when an
 * argument is neither a file nor a hash: then nothing is looked at. 130 when interrupted.
 */
export async function runVerify({ targets, home, json = false }: VerifyVerbOptions, io: Io): Promise<number> {
  if (targets.length === 0) {
    io.say('hashmark verify: name at least one file, CID or digest.');
    return exitCodes.usage;
  }
  const understood = await Promise.all(targets.map(understand));
  const refused = understood.filter((target) => typeof target === 'string');
  if (refused.length > 0) {
    for (const sentence of refused) io.say(`hashmark verify: ${plain(sentence)}`);
    return exitCodes.usage;
  }
  const outcomes: Outcome[] = [];
  try {
    for await (const result of verdictsOf(understood as Target[], home, io)) {
      outcomes.push(result.outcome);
      io.progress();
      io.print(json ? JSON.stringify(result) : describeVerdict(result));
    }
  } catch (error) {
    if (!io.signal.aborted) throw error;
    io.progress();
    return exitCodes.interrupted;
  }
  return exitCodeOf[worstOutcome(outcomes) ?? 'unchecked'];
}

/** What an argument means, or the sentence that says why it means nothing. */
async function understand(text: string): Promise<Target | string> {
  // A file wins over a hash of the same spelling: judging the bytes can only be stricter than judging the name.
  const found = await stat(text).catch((error: NodeJS.ErrnoException) => error);
  if (!(found instanceof Error)) {
    return found.isDirectory() ? `“${text}” is a folder. Name the files in it.` : { text, kind: 'file' };
  }
  // It is there and could not be looked at: reading it will say why.
  if (found.code !== 'ENOENT' && found.code !== 'ENOTDIR' && found.code !== 'ENAMETOOLONG')
    return { text, kind: 'file' };
  const hash = parseHash(text);
  if (normalizeCid(text) === nullCid) return { text, kind: 'empty', hash: { kind: 'cid', value: nullCid } };
  if (hash?.value === emptyDigest) return { text, kind: 'empty', hash };
  if (hash) return { text, kind: 'hash', hash };
  return `“${text}” is no file here, no CID (Qm…, bafy…) and no SHA-256 digest (64 hex digits). Check its spelling.`;
}

async function* verdictsOf(targets: Target[], home: string, io: Io): AsyncGenerator<VerifyResult> {
  const files = targets.filter(({ kind }) => kind === 'file').map(({ text }) => text);
  const fingerprints = fingerprintAll(files, io);
  const checker = await openChecker(home, io);
  for (const target of targets) {
    if (target.kind === 'empty') yield { target: target.text, ...emptyVerdict(target.hash) };
    else if (target.kind === 'hash') yield { target: target.text, ...(await checker([target.hash])) };
    else {
      const { value } = await fingerprints.next();
      if (!value) throw new Error('There are as many fingerprints as files.');
      yield await checkFile(value.path, value.result, checker, io);
    }
  }
}

async function checkFile(
  path: string,
  result: PromiseSettledResult<Fingerprint>,
  checker: Checker,
  io: Io,
): Promise<VerifyResult> {
  if (result.status === 'rejected') {
    io.signal.throwIfAborted();
    return { target: path, ...unchecked(result.reason) };
  }
  const { cid, digest, sizeBytes } = result.value;
  const asCid: HashReference = { kind: 'cid', value: cid };
  if (sizeBytes === 0) return { target: path, ...result.value, ...emptyVerdict(asCid) };
  // Another tree of the same bytes has another CID, but lists the same digest.
  const verdict = await checker([asCid, { kind: 'digest', value: digest }]);
  return { target: path, ...result.value, ...verdict };
}

function emptyVerdict(hash: HashReference): Verdict {
  return {
    outcome: 'unknown',
    hash,
    steps: [],
    believed: [],
    reason:
      'This is empty content (0 bytes). It is the same for everybody, so nothing can prove anything about it.',
    checkedAtMs: Date.now(),
  };
}
