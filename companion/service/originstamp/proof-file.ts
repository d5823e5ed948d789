import { HashmarkError } from '../../../shared/errors.ts';
import { writeProofXml } from '../../../shared/evidence/proof-xml.ts';
import { type Currency, finalStatus, proofFileName } from '../../../shared/wire/originstamp.ts';
import { findDigest, type StoredDigest } from '../ledger/digests.ts';
import { findSeedOf } from '../ledger/seeds.ts';
import { describeChain } from '../public/chain-facts.ts';
import { type CertificateEvidence, createCertificate } from './certificate/certificate.ts';
import { createInTurn, type InTurn } from './certificate/in-turn.ts';
import type { OriginstampContext } from './context.ts';
import { failureCodes, WireFailure } from './failure.ts';
import type { SeedState } from './seeds/seeds.ts';

/** As on the wire: 0 is the bare proof, 1 the certificate. */
export type ProofType = 0 | 1;

/** One proof that can be asked for. */
export interface ProofRequest {
  /** 64 lower-case hex digits. */
  digest: string;
  currency: Currency;
  type: ProofType;
}

/** Makes the files that prove a digest. */
export interface Proofs {
  /**
   * The file's bytes: the same ones every time, and made once for a link and its download.
   * @throws WireFailure 9005 for an unknown digest, 9006 while its anchor is not final
   */
  make(request: ProofRequest): Promise<Uint8Array>;
}

/** Certificates take a moment to draw: enough of them are kept for the downloads that follow their links. */
const maxKeptFiles = 32;

/** Proofs come out of the seeds; nothing is kept on disk. */
export function createProofs(
  context: Pick<OriginstampContext, 'ledger' | 'seeds' | 'publicUrl' | 'knownChain'>,
): Proofs {
  const { ledger, seeds } = context;
  const kept = new Map<string, Promise<Uint8Array>>();
  const drawInTurn = createInTurn();

  return {
    async make(request) {
      const digest = findDigest(ledger.db, request.digest);
      if (!digest) {
        throw new WireFailure(
          failureCodes.unknown,
          `Nobody has submitted the hash ${request.digest} to this service.`,
        );
      }
      const state = expectFinal(request, seeds.statesOf(digest.seq));
      // Everything that the bytes depend on: an anchor may have moved to another block.
      const key = JSON.stringify([
        fileName(request),
        state.transaction,
        state.blockNumber,
        context.publicUrl(),
      ]);
      const file = kept.get(key) ?? createFile(context, request, digest, drawInTurn);
      kept.delete(key);
      kept.set(key, file);
      if (kept.size > maxKeptFiles) kept.delete(kept.keys().next().value ?? '');
      return file.catch((error) => {
        kept.delete(key);
        throw error instanceof HashmarkError && error.code === 'proof-unavailable'
          ? new WireFailure(failureCodes.proofUnavailable, error.message)
          : error;
      });
    },
  };
}

/** How clients know the file. */
export function fileName({ digest, currency, type }: ProofRequest): string {
  return proofFileName(digest, currency.id, type === 0 ? 'xml' : 'pdf');
}

/** The request whose file is called that; undefined when its currency is not offered any more. */
export function parseFileName(name: string, currencies: readonly Currency[]): ProofRequest | undefined {
  const [, , digest = ''] = name.split('.');
  return currencies
    .flatMap((currency): ProofRequest[] => [
      { digest, currency, type: 0 },
      { digest, currency, type: 1 },
    ])
    .find((request) => fileName(request) === name);
}

function expectFinal({ currency, digest }: ProofRequest, states: readonly SeedState[]): SeedState {
  const state = states.find(({ currencyId }) => currencyId === currency.id);
  if (state?.status === finalStatus) return state;
  throw new WireFailure(
    failureCodes.proofUnavailable,
    state
      ? `The proof of ${digest} is not available yet: its submit_status is ${state.status}, and proofs are there from 3 on. Ask again when seed ${state.seedId} has it.`
      : `The hash ${digest} was not stamped on ${currency.name}.`,
  );
}

async function createFile(
  context: Pick<OriginstampContext, 'ledger' | 'seeds' | 'publicUrl' | 'knownChain'>,
  { currency, type }: ProofRequest,
  digest: StoredDigest,
  drawInTurn: InTurn,
): Promise<Uint8Array> {
  const proof = await context.seeds.proofOf(digest.digest, digest.seq, currency.id);
  if (type === 0) return Buffer.from(writeProofXml(proof), 'utf8');
  return drawInTurn(async () => createCertificate(collectEvidence(context, currency, digest, proof)));
}

function collectEvidence(
  { ledger, publicUrl, knownChain }: Pick<OriginstampContext, 'ledger' | 'publicUrl' | 'knownChain'>,
  currency: Currency,
  digest: StoredDigest,
  proof: CertificateEvidence['proof'],
): CertificateEvidence {
  const seed = findSeedOf(ledger.db, digest.seq, currency.id);
  const { chainId, txHash, blockNumber, blockHash, blockTimeSeconds, wallet } = seed ?? {};
  if (!seed || !chainId || !txHash || blockNumber == null || !blockHash || !blockTimeSeconds || !wallet) {
    // A reorganisation came between the two looks.
    throw new WireFailure(
      failureCodes.proofUnavailable,
      `The certificate of ${digest.digest} is not available now: its anchor is not in a block. Ask again later.`,
    );
  }
  return {
    digest: digest.digest,
    comment: digest.comment,
    submittedAtMs: digest.createdAtMs,
    seedId: seed.seedId,
    currency,
    chain: describeChain(chainId, knownChain),
    proof,
    transaction: txHash,
    blockNumber,
    blockHash,
    blockTimeSeconds,
    sender: wallet,
    serviceUrl: publicUrl(),
  };
}
