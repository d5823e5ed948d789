import type { SubmitStatus } from '../../../shared/wire/originstamp.ts';
import type { Ledger } from '../ledger/database.ts';
import { findDigestBySeq, type StoredDigest } from '../ledger/digests.ts';
import type { SeedState, Seeds } from './seeds/seeds.ts';

/** Where a digest, or its seed, stands for one currency, as on the wire. */
interface TimestampData {
  /** Absent in answers of version 3, which does not know it. */
  seed_id?: string;
  currency_id: number;
  transaction: string | null;
  /** The root of the seed's tree: not a secret, whatever it is called. */
  private_key: string | null;
  /** Unix milliseconds. */
  timestamp: number | null;
  submit_status: SubmitStatus;
}

/** A digest, as on the wire: the answer to a submission and to a question, and the bare body of a webhook. */
export interface TimestampResponse {
  /** True in the answer to the first submission only. */
  created: boolean;
  /** Unix milliseconds. */
  date_created: number;
  comment: string | null;
  hash_string: string;
  timestamps: TimestampData[];
}

/** The state of a seed as the wire spells it. */
export function toTimestampData(state: SeedState): TimestampData {
  return {
    seed_id: state.seedId,
    currency_id: state.currencyId,
    transaction: state.transaction,
    private_key: state.root,
    timestamp: state.timestampMs,
    submit_status: state.status,
  };
}

/** What is told of a digest that was there already. */
export function toTimestampResponse(digest: StoredDigest, states: readonly SeedState[]): TimestampResponse {
  return {
    created: false,
    date_created: digest.createdAtMs,
    comment: digest.comment,
    hash_string: digest.digest,
    timestamps: states.map(toTimestampData),
  };
}

/** What is told of the digest with that number, as it stands now; undefined when no digest has it. */
export function describeDigest(
  { ledger, seeds }: { ledger: Ledger; seeds: Pick<Seeds, 'statesOf'> },
  seq: number,
): TimestampResponse | undefined {
  const digest = findDigestBySeq(ledger.db, seq);
  return digest && toTimestampResponse(digest, seeds.statesOf(seq));
}

/** What a client of the path's version knows: in version 3, seeds have no id. */
export function toVersionOf(path: string, response: TimestampResponse): TimestampResponse {
  if (!path.startsWith('/v3/')) return response;
  return {
    ...response,
    timestamps: response.timestamps.map(({ seed_id: _unknown, ...rest }) => rest),
  };
}
