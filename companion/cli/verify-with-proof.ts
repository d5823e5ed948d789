import { toErrorData } from '../../shared/errors.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import type { Verdict } from '../../shared/evidence/verdict.ts';
import { type ChainHint, type ProofQuestion, verifyProof } from '../../shared/evidence/verify-proof.ts';
import { withDefaults } from '../settings.ts';
import { readSettings, settingsPath } from '../settings-file.ts';
import { openDigestClient } from './digest-service.ts';
import { interruptibleFetch } from './interruptible-fetch.ts';
import type { Io } from './io.ts';
import { readProofArgument, rootsOf } from './proof-argument.ts';
import { openTerminalSession, type TerminalSession } from './session.ts';

/** What is checked against which proof. */
export interface ProofCheck {
  /** The file, hashed, or the digest. */
  subject: ProofQuestion['subject'];
  /** Path of the proof. */
  proof: string;
  /** Where the user says that the root stands; else what the proof or the own service says. */
  transaction?: string;
  home: string;
}

/**
 * The verdict on a file, or a digest, by a proof that the user has. The running companion says whom to trust and how their
 * chains are read; what stands on Bitcoin is checked without it, through the Esplora servers of the settings. What is no proof
 * was presented as one, and is contradicted.
 *
 * @throws HashmarkError `file-not-found`, `not-a-file` or `file-unreadable` for the proof, and what reading the settings throws.
 */
export async function verifyWithProof(
  { subject, proof: path, transaction, home }: ProofCheck,
  io: Io,
): Promise<Verdict> {
  const { esploraUrls } = withDefaults(readSettings(settingsPath(home)));
  io.progress('Reading the proof');
  const argument = await readProofArgument(path).catch((error) => {
    if (toErrorData(error).code === 'malformed-proof') return error as Error;
    throw error;
  });
  if (argument instanceof Error) return contradicted(subject, argument.message);
  const { proof } = argument;

  const session = await openTerminalSession(home, io.signal).catch((error: unknown) => error as Error);
  const isOpen = !(session instanceof Error);
  const roots = rootsOf(argument);
  const hint: ChainHint =
    transaction === undefined
      ? (argument.hint ?? (isOpen ? await askOwnService(session, subject, roots, io) : {}))
      : { transaction };
  io.progress('Reading the chain');
  const issuers: Issuer[] = isOpen ? session.issuers : [];
  const fetch = interruptibleFetch(io.signal);
  const verdict = await verifyProof({ subject, proof, hint, issuers, esplora: esploraUrls, fetch });
  io.signal.throwIfAborted();
  if (isOpen || verdict.outcome !== 'unchecked') return verdict;
  return { ...verdict, reason: `${verdict.reason} ${session.message}` };
}

/** Where the own service says that the root stands, when it has the digest. Nobody else is asked. */
async function askOwnService(
  session: TerminalSession,
  subject: ProofQuestion['subject'],
  roots: readonly string[],
  io: Io,
): Promise<ChainHint> {
  const digest = 'digest' in subject ? subject.digest : subject.fingerprint.digest;
  try {
    const status = await openDigestClient(session).digestStatus(digest, { signal: io.signal });
    const seed = status?.seeds.find(({ root }) => root !== null && roots.includes(root));
    return seed?.transaction ? { transaction: seed.transaction } : {};
  } catch {
    io.signal.throwIfAborted();
    return {}; // It was only a hint: without one the verdict says what is missing.
  }
}

function contradicted(subject: ProofQuestion['subject'], reason: string): Verdict {
  const value = 'digest' in subject ? subject.digest : subject.fingerprint.digest;
  return {
    outcome: 'contradicted',
    hash: { kind: 'digest', value },
    steps: [{ id: 'proof-form', label: 'The proof can be read', result: 'failed', detail: reason }],
    believed: [],
    reason,
    checkedAtMs: Date.now(),
  };
}
