import { computed, signal } from '@preact/signals';

import { type ErrorData, HashmarkError, toErrorData } from '../../../shared/errors.ts';
import type { Issuer } from '../../../shared/evidence/issuer.ts';
import type { ProofFile } from '../../../shared/evidence/proof-file.ts';
import type { Verdict } from '../../../shared/evidence/verdict.ts';
import type { ChainHint, ProofQuestion } from '../../../shared/evidence/verify-proof.ts';
import type { Fingerprint, HashPlatform } from '../../../shared/fingerprint/fingerprint.ts';
import type { ask } from '../../messaging.ts';
import type { fingerprintFiles } from '../../stamping/fingerprint-files.ts';
import type { Hashing } from '../../ui/hashing.ts';

export interface ProofCheckDeps {
  ask: typeof ask;
  readProof(bytes: Uint8Array): Promise<ProofFile>;
  verify(question: Omit<ProofQuestion, 'fetch'>): Promise<Verdict>;
  /** Where this computer knows the root to stand; undefined when it does not. Asks nobody else. */
  findHint(digest: string, root: string): Promise<ChainHint | undefined>;
  fingerprintFiles: typeof fingerprintFiles;
}

/** A file that the user gave, while and after it was read. */
export type Given<T> =
  | ({ state: 'reading'; name: string } & Hashing)
  | { state: 'read'; name: string; value: T; hashedBy?: HashPlatform['name'] | undefined }
  | { state: 'failed'; name: string; problem: ErrorData };

export type ProofCheck = ReturnType<typeof createProofCheck>;

/** A proof is at most a seed file of a day; more is the file itself. */
const mostProofBytes = 128 * 1024 * 1024;

/** Checks a proof alone: what the user gives, and the chain. Nothing is asked of a service, and the file goes nowhere. */
export function createProofCheck(deps: ProofCheckDeps) {
  const proof = signal<Given<ProofFile> | undefined>(undefined);
  const file = signal<Given<Fingerprint> | undefined>(undefined);
  /** Where the root stands, if the user knows. */
  const transaction = signal('');
  /** Where it stands as far as this computer knows. */
  const ownHint = signal<ChainHint | undefined>(undefined);
  const verdict = signal<Verdict | undefined>(undefined);
  const problem = signal<ErrorData | undefined>(undefined);
  const isChecking = signal(false);
  let newest = 0;
  let fileCheck: AbortController | undefined;

  /** The digest that the proof says it is of, when there is one. */
  const leaf = computed(() => {
    if (proof.value?.state !== 'read') return undefined;
    const { proof: read } = proof.value.value;
    return 'leaf' in read ? read.leaf : undefined;
  });

  async function check(): Promise<void> {
    newest += 1;
    const mine = newest;
    verdict.value = undefined;
    problem.value = undefined;
    isChecking.value = false;
    const read = proof.peek();
    const given = file.peek();
    const digest = leaf.peek();
    if (read?.state !== 'read' || given?.state === 'reading') return;
    if (given?.state !== 'read' && digest === undefined) return;
    isChecking.value = true;
    try {
      const named = readHint(transaction.peek(), read.value);
      const [views, esplora, own] = await Promise.all([
        deps.ask('issuers.list'),
        deps.ask('proof.esplora'),
        named ? undefined : findOwnHint(read.value),
      ]);
      if (mine === newest) ownHint.value = own;
      const hint = named ?? own;
      const issuers: Issuer[] = views.filter(({ trust }) => trust === 'trusted').map(({ issuer }) => issuer);
      const result = await deps.verify({
        subject:
          given?.state === 'read'
            ? { fingerprint: given.value, name: given.name }
            : { digest: digest as string },
        proof: read.value.proof,
        ...(hint ? { hint } : {}),
        issuers,
        esplora,
      });
      if (mine === newest) verdict.value = result;
    } catch (error) {
      if (mine === newest) problem.value = toErrorData(error);
    } finally {
      if (mine === newest) isChecking.value = false;
    }
  }

  /** Not knowing it is no failure: then the verdict says what is missing. */
  async function findOwnHint({ proof: read }: ProofFile): Promise<ChainHint | undefined> {
    if (!('leaf' in read)) return undefined;
    return deps.findHint(read.leaf, read.root).catch(() => undefined);
  }

  /** True when it is a proof. */
  async function takeProof(given: File): Promise<boolean> {
    try {
      const value = await deps.readProof(new Uint8Array(await given.arrayBuffer()));
      proof.value = { state: 'read', name: given.name, value };
      return true;
    } catch (error) {
      proof.value = { state: 'failed', name: given.name, problem: toErrorData(error) };
      return false;
    }
  }

  async function takeFile(given: File): Promise<void> {
    fileCheck?.abort();
    const mine = new AbortController();
    fileCheck = mine;
    const { name, size: sizeBytes } = given;
    file.value = { state: 'reading', name, bytesDone: 0, sizeBytes };
    await deps
      .fingerprintFiles([given], {
        signal: mine.signal,
        onProgress(bytesDone, hashedBy) {
          if (file.peek()?.state === 'reading')
            file.value = { state: 'reading', name, bytesDone, sizeBytes, hashedBy };
        },
        onResult({ fingerprint, hashedBy, problem }) {
          file.value = fingerprint
            ? { state: 'read', name, value: fingerprint, hashedBy }
            : { state: 'failed', name, problem };
        },
      })
      .catch(() => undefined); // Taken back by the user.
    if (!mine.signal.aborted) await check();
  }

  return {
    proof,
    file,
    transaction,
    ownHint,
    verdict,
    problem,
    isChecking,
    leaf,

    /** What was dropped or chosen: a proof, its file, or both in any order. */
    async take(files: readonly File[]): Promise<void> {
      const rest: File[] = [];
      let hasProof = false;
      for (const given of files) {
        const mayBeProof = !hasProof && given.size <= mostProofBytes && /\.(xml|pdf|txt)$/i.test(given.name);
        if (mayBeProof && (files.length > 1 || proof.peek()?.state !== 'read')) {
          const before = proof.peek();
          hasProof = await takeProof(given);
          if (hasProof) continue;
          // A PDF may be what was stamped: it is the file then, unless it came alone.
          if (files.length > 1) proof.value = before;
          else continue;
        }
        rest.push(given);
      }
      const [first] = rest;
      if (first) await takeFile(first);
      else await check();
    },
    takeFile,
    forgetFile() {
      fileCheck?.abort();
      file.value = undefined;
      void check();
    },
    reset() {
      fileCheck?.abort();
      newest += 1;
      for (const it of [proof, file, verdict, problem, ownHint]) it.value = undefined;
      transaction.value = '';
      isChecking.value = false;
    },
    check,
  };
}

function readHint(text: string, { hint }: ProofFile): ProofFile['hint'] {
  const typed = text.trim();
  if (typed === '') return hint;
  if (!/^(0x)?[0-9a-f]{64}$/i.test(typed)) {
    throw new HashmarkError(
      'malformed-transaction',
      `“${typed.slice(0, 80)}” is no transaction: expected 64 hex digits, with 0x in front on an EVM chain.`,
    );
  }
  return { transaction: typed.toLowerCase() };
}
