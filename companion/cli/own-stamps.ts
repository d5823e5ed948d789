import { toErrorData } from '../../shared/errors.ts';
import type { Issuer } from '../../shared/evidence/issuer.ts';
import type { Fetch } from '../../shared/evidence/json-rpc.ts';
import type { Outcome, Verdict } from '../../shared/evidence/verdict.ts';
import { verifyProof } from '../../shared/evidence/verify-proof.ts';
import { formatUtc } from '../../shared/format.ts';
import {
  chooseSeed,
  finalStatus,
  type OriginstampClient,
  type SeedStatus,
} from '../../shared/wire/originstamp.ts';
import { fetchProof, hintOf } from './digest-service.ts';

/** What a look at the own service's stamps of digests needs. */
export interface OwnStampsDeps {
  client: OriginstampClient;
  /** Whom to trust, and how their chains are read. */
  issuers: readonly Issuer[];
  fetch: Fetch;
  signal: AbortSignal;
}

/**
 * The verdict on a digest (64 lower-case hex digits) that the own service stamped: its proof is fetched, and everything in it
 * is checked on the chain. Undefined when the service does not know the digest.
 *
 * @throws what the client throws when the service cannot be asked; the reason of an aborted `signal`.
 */
export async function judgeOwnStamp(digest: string, deps: OwnStampsDeps): Promise<Verdict | undefined> {
  const { client, issuers, fetch, signal } = deps;
  const status = await client.digestStatus(digest, { signal });
  const seed = status && (chooseSeed(status.seeds) ?? status.seeds[0]);
  if (!seed) return undefined;
  if (seed.status !== finalStatus) {
    return toVerdict(digest, 'pending', describeWaiting(seed, status.createdAtMs));
  }
  const wanted = { digest, currencyId: seed.currencyId, type: 'xml' } as const;
  const { proof } = await fetchProof(client, wanted, signal).catch((error) => {
    if (toErrorData(error).code === 'malformed-proof') return { proof: error as Error };
    throw error;
  });
  if (proof instanceof Error) return toVerdict(digest, 'contradicted', proof.message);
  return verifyProof({ subject: { digest }, proof, hint: hintOf(seed), issuers, fetch });
}

function toVerdict(digest: string, outcome: Outcome, reason: string): Verdict {
  return {
    outcome,
    hash: { kind: 'digest', value: digest },
    steps: [],
    believed: ['Your own companion, which says that it has the digest'],
    reason,
    checkedAtMs: Date.now(),
  };
}

const stages = [
  'its seed is still open',
  'the root of its seed is on its way to the chain',
  'the root of its seed is in a block that is not final yet',
] as const;

function describeWaiting({ status }: SeedStatus, createdAtMs: number | null): string {
  const since = createdAtMs === null ? '' : ` on ${formatUtc(createdAtMs)}`;
  const stage = stages[status as 0 | 1 | 2];
  return `The service took this digest${since}, and ${stage}. Check again later.`;
}
