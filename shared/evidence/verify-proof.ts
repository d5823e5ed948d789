import type { Fingerprint } from '../fingerprint/fingerprint.ts';
import { findBitcoinRoot } from './bitcoin-root.ts';
import { checkProof, type ProofFinding } from './check-proof.ts';
import { findEvmRoot } from './evm-root.ts';
import { explainProof } from './explain-proof.ts';
import type { Issuer } from './issuer.ts';
import type { Fetch } from './json-rpc.ts';
import type { MerkleProof } from './merkle.ts';
import type { RootFinding } from './root-finding.ts';
import type { SeedFile } from './seed-file.ts';
import type { Outcome, Verdict } from './verdict.ts';

/** Where somebody says that the root stands. Only a hint: whatever it leads to is read and checked. Plain JSON. */
export interface ChainHint {
  /** The EVM chain; all chains of the issuers are looked through without it. */
  chainId?: number;
  /** `0x` and 64 hex digits for an EVM chain, 64 hex digits for Bitcoin. */
  transaction?: string;
}

/** What is verified, and what it is read with. */
export interface ProofQuestion {
  /** The digest that the proof is presented for (64 lower-case hex digits), or the file, hashed. */
  subject: { digest: string } | { fingerprint: Fingerprint; name: string };
  /** A path (one that was parsed is held to the nodes it claims, too), or a whole seed. */
  proof: MerkleProof | SeedFile;
  hint?: ChainHint;
  /** Whom to trust, and how their chains are read. */
  issuers: readonly Issuer[];
  /** Base URLs of Esplora servers for Bitcoin, for instance `https://blockstream.info/api`; all are asked. */
  esplora?: readonly string[];
  /** nBits of the easiest target that a block may have, for a Bitcoin that is none: what the real one had at its time when absent. */
  easiestBits?: number;
  fetch: Fetch;
  /** Milliseconds since 1970; the clock by default. */
  now?: () => number;
}

/**
 * Re-derives a verdict from a proof alone: the digest, every node of the path, the transaction that holds the root, its block,
 * its time and its writer. A proof that fails by itself is contradicted without asking anybody. A proof names no transaction, so
 * that one without a hint is `unchecked` with the next step, unless its root was paid on Bitcoin.
 *
 * Never throws for what the network does: that is `unchecked`.
 */
export async function verifyProof(question: ProofQuestion): Promise<Verdict> {
  const { subject, proof, now = Date.now } = question;
  const [digest, source] =
    'digest' in subject
      ? [subject.digest.toLowerCase(), 'The digest is']
      : [subject.fingerprint.digest, `The ${subject.fingerprint.sizeBytes} bytes of ${subject.name} hash to`];
  const checked = checkProof(digest, source, proof);
  const chain = checked.holds ? await findBestRoot(checked.proofs, question) : undefined;
  const outcome = chain?.finding.outcome ?? 'contradicted';
  const seed = chain?.finding.record && { ...chain.finding.record, proof: chain.proof };
  const steps = [...checked.steps, ...(chain?.finding.steps ?? [])];
  return {
    outcome,
    hash: { kind: 'digest', value: digest },
    ...(seed ? { seed } : {}),
    steps,
    believed: chain?.finding.believed ?? [],
    reason: explainProof({ outcome, seed, steps, nextStep: chain?.finding.nextStep }),
    checkedAtMs: now(),
  };
}

interface Found {
  proof: MerkleProof;
  finding: RootFinding;
}

/** Of two roots that a file may have, one that stands on a chain beats one that does not. */
const order: readonly Outcome[] = [
  'confirmed',
  'unfamiliar',
  'pending',
  'unchecked',
  'contradicted',
  'unknown',
];

async function findBestRoot(
  proofs: ProofFinding['proofs'],
  question: ProofQuestion,
): Promise<Found | undefined> {
  const found: Found[] = [];
  for (const proof of proofs) {
    const finding = await findRoot(proof.root, question);
    found.push({ proof, finding });
    if (finding.outcome === 'confirmed') break;
  }
  return found.toSorted((a, b) => order.indexOf(a.finding.outcome) - order.indexOf(b.finding.outcome))[0];
}

async function findRoot(root: string, question: ProofQuestion): Promise<RootFinding> {
  const { hint = {}, issuers, esplora = [], easiestBits, fetch } = question;
  const transaction = hint.transaction?.trim().toLowerCase();
  if (transaction !== undefined && /^0x[0-9a-f]{64}$/.test(transaction)) {
    const { chainId } = hint;
    return findEvmRoot(root, { transaction, ...(chainId === undefined ? {} : { chainId }) }, issuers, fetch);
  }
  const isBitcoin = transaction !== undefined && /^[0-9a-f]{64}$/.test(transaction);
  if (isBitcoin || (transaction === undefined && esplora.length > 0)) {
    return findBitcoinRoot(root, transaction, esplora, fetch, easiestBits);
  }
  return {
    outcome: 'unchecked',
    steps: [
      {
        id: 'transaction',
        label: 'A chain has the transaction',
        result: 'could-not-run',
        detail:
          transaction === undefined
            ? 'A proof does not name the transaction that holds its root'
            : `${transaction.slice(0, 80)} is the name of no transaction that can be read`,
      },
    ],
    believed: [],
    nextStep:
      'Give the transaction (0x and 64 hex digits on an EVM chain, 64 hex digits on Bitcoin): the service that made the proof names it.',
  };
}
