import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { HashmarkError } from '../../shared/errors.ts';
import type { Outcome } from '../../shared/evidence/verdict.ts';
import { verifyProof } from '../../shared/evidence/verify-proof.ts';
import {
  finalStatus,
  type ProofType,
  proofFileName,
  type SeedStatus,
} from '../../shared/wire/originstamp.ts';
import { writeFileAtomically } from '../atomic-file.ts';
import { contradicted, fetchProof, hintOf, openDigestClient, requirePath } from './digest-service.ts';
import { fingerprintAll } from './fingerprint.ts';
import { interruptibleFetch } from './interruptible-fetch.ts';
import { exitCodes, type Io, plain, toFailure, toSentence } from './io.ts';
import { openTerminalSession, type TerminalSession } from './session.ts';
import { understandTarget } from './verify-target.ts';

export interface ProofVerbOptions {
  /** A digest, or a file, whose digest is then computed. */
  target: string;
  type: ProofType;
  /** File to write, or folder to write into; `-` is standard output. By default a file in the working folder. */
  out?: string;
  /** Home of the running companion. */
  home: string;
  /** One JSON object instead of text. */
  json?: boolean;
}

/** Where bytes go when they go to no file. */
export interface ByteOutput {
  /** True for a terminal: what is no text must not go there. */
  isTTY?: boolean;
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown;
}

/** Nothing final is there to prove: as `hashmark verify` has it for a hash without a record. */
const nothingYet = 2;
/** Anybody may read a proof: it is made to be shown. */
const fileMode = 0o644;

/**
 * `hashmark proof DIGEST|FILE`: fetches the proof of a digest that was stamped by its hash only, checks it against the chain,
 * and writes it. A proof that does not hold is not written; nor is a file replaced that holds something else.
 *
 * @returns 0 when it was written, 1 when it could not be or does not hold, 2 when there is nothing final yet, 64 when the
 * argument is neither a file nor a digest, 130 when interrupted.
 */
export async function runProof(
  { target, type, out, home, json = false }: ProofVerbOptions,
  io: Io,
  output: ByteOutput = process.stdout,
): Promise<number> {
  if (out === '-' && (json || (type === 'pdf' && output.isTTY))) {
    io.say(
      json
        ? 'hashmark proof: standard output is for the proof or for --json, not for both. Name a file with --out.'
        : 'hashmark proof: a PDF would garble this terminal. Name a file with --out, or send it through a pipe.',
    );
    return exitCodes.usage;
  }
  try {
    const digest = await readDigest(target, io);
    const session = await openTerminalSession(home, io.signal);
    const found = await findFinalSeed(session, digest, io);
    if (typeof found === 'string') {
      if (json) io.print(JSON.stringify({ target, digest, proof: null, reason: found }));
      else io.say(`hashmark proof: ${found}`);
      return nothingYet;
    }
    const { bytes, outcome, reason } = await fetchChecked(session, { digest, seed: found, type }, io);
    io.progress();
    if (outcome !== 'confirmed')
      io.say(`hashmark proof: the chain did not confirm it (${outcome}): ${plain(reason)}`);
    if (out === '-') {
      await new Promise<void>((resolve, reject) => {
        output.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
      return exitCodes.ok;
    }
    const path = await write(await choosePath(out, digest, found, type), bytes);
    if (json) io.print(JSON.stringify({ target, digest, proof: path, type, outcome, root: found.root }));
    else io.print(plain(path));
    return exitCodes.ok;
  } catch (error) {
    io.progress();
    if (io.signal.aborted) return exitCodes.interrupted;
    if (json) io.print(toFailure({ target }, error));
    else io.say(`hashmark proof: ${toSentence(error)}`);
    return error instanceof HashmarkError && error.code === 'no-digest' ? exitCodes.usage : exitCodes.failed;
  }
}

/** @throws HashmarkError `no-digest` when the argument is neither, and whatever reading the file throws. */
async function readDigest(argument: string, io: Io): Promise<string> {
  const target = await understandTarget(argument);
  if (typeof target === 'string') throw new HashmarkError('no-digest', target);
  if (target.kind === 'hash') {
    if (target.hash.kind === 'digest') return target.hash.value;
    throw new HashmarkError(
      'no-digest',
      `“${argument}” is a CID, and these proofs are about digests. Name the file, or its SHA-256 digest.`,
    );
  }
  for await (const { result } of fingerprintAll([argument], io)) {
    if (result.status === 'rejected') throw result.reason;
    return result.value.digest;
  }
  throw new HashmarkError('internal', `${argument} was not read.`);
}

/** The seed to prove, or the sentence that says why there is none. */
async function findFinalSeed(session: TerminalSession, digest: string, io: Io): Promise<SeedStatus | string> {
  io.progress('Asking for the seed');
  const status = await openDigestClient(session).digestStatus(digest, { signal: io.signal });
  io.progress();
  if (!status || status.seeds.length === 0) {
    return `${digest} was never stamped by its hash only. Do that with \`hashmark stamp --hash-only\`.`;
  }
  const final = status.seeds.find((seed) => seed.status === finalStatus);
  if (final) return final;
  const isSent = status.seeds.some((seed) => seed.status > 0);
  return `${digest} is stamped, and ${isSent ? 'its anchor is not final yet' : 'its seed is still open'}. Ask again a little later.`;
}

interface Wanted {
  digest: string;
  seed: SeedStatus;
  type: ProofType;
}

interface CheckedProof {
  bytes: Uint8Array;
  outcome: Outcome;
  reason: string;
}

/** @throws what the client throws, `malformed-proof`, and `proof-contradicted` for one that does not hold. */
async function fetchChecked(session: TerminalSession, wanted: Wanted, io: Io): Promise<CheckedProof> {
  const { digest, seed, type } = wanted;
  const { currencyId } = seed;
  io.progress('Fetching the proof');
  const client = openDigestClient(session);
  const { bytes, proof } = await fetchProof(client, { digest, currencyId, type }, io.signal);
  requirePath(proof, digest, seed);
  io.progress('Reading the chain');
  const { outcome, reason } = await verifyProof({
    subject: { digest },
    proof,
    hint: hintOf(seed),
    issuers: session.issuers,
    fetch: interruptibleFetch(io.signal),
  });
  io.signal.throwIfAborted();
  if (outcome === 'contradicted') throw contradicted(digest, reason);
  return { bytes, outcome, reason };
}

/** By our own rule: what a service calls a file is somebody else's text. */
async function choosePath(
  out: string | undefined,
  digest: string,
  { currencyId }: SeedStatus,
  type: ProofType,
): Promise<string> {
  const name = proofFileName(digest, currencyId, type);
  if (out === undefined) return name;
  const isFolder = await stat(out).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? join(out, name) : out;
}

/** @throws HashmarkError `file-exists` when the file holds something else, `file-unwritable`. */
async function write(path: string, bytes: Uint8Array): Promise<string> {
  const kept = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw unwritable(path, error);
  });
  if (kept?.equals(bytes)) return path;
  if (kept) {
    throw new HashmarkError(
      'file-exists',
      `${path} is there already and holds something else, so it was left as it is. Name another file with --out.`,
    );
  }
  try {
    writeFileAtomically(path, bytes, fileMode);
  } catch (error) {
    throw unwritable(path, (error as HashmarkError).cause as NodeJS.ErrnoException);
  }
  return path;
}

function unwritable(path: string, cause: NodeJS.ErrnoException): HashmarkError {
  return new HashmarkError(
    'file-unwritable',
    `The proof could not be written to ${path} (${cause.code}). Name another file with --out.`,
    { cause },
  );
}
