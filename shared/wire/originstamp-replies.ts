/**
 * Schemas of what an OriginStamp service answers, tolerant as its known clients are: absent, null and empty mean the same
 * where the API does not tell them apart, digests and roots come in either case, numbers may be written as text. The
 * result has one spelling: ours.
 */
import * as v from 'valibot';

/** How far a seed is: 0 queued, 1 broadcast and in no block, 2 in a block, 3 final. */
export type SubmitStatus = 0 | 1 | 2 | 3;

/** Where a seed stands. What a service says of it is a claim: evidence is read from the chain. */
export interface SeedStatus {
  /** Lower-case UUID; undefined from services older than v4. */
  seedId: string | undefined;
  currencyId: number;
  status: SubmitStatus;
  /** The root (top hash), 64 lower-case hex digits; null while the seed is open. */
  root: string | null;
  /** As the currency's chain writes it; null below status 2. */
  transaction: string | null;
  /** Time of the anchor, Unix milliseconds; null below status 2, provisional at 2. */
  timestampMs: number | null;
}

/** What a service says about a digest. */
export interface DigestStatus {
  /** 64 lower-case hex digits. */
  digest: string;
  /** True when this very request made it known. */
  isNew: boolean;
  /** When it was first submitted, Unix milliseconds; the service's word. Null when it did not say. */
  createdAtMs: number | null;
  comment: string | null;
  /** One per currency, in the service's order; empty when there is no timestamp of it. */
  seeds: SeedStatus[];
}

/** What the account has used this month, and may use. */
export interface Usage {
  creditsPerMonth: number;
  creditsLeft: number;
  creditsUsed: number;
  timestampsPerMonth: number;
  timestampsUsed: number;
  certificatesPerMonth: number;
  certificatesUsed: number;
  /** Which of the first two limits counts. */
  limitedBy: 'credits' | 'timestamps';
}

/** Something that digests can be stamped on. */
export interface Currency {
  id: number;
  /** As the service writes it, for instance `ETHEREUM`. */
  name: string;
}

/** A signed link to a proof. */
export interface ProofLink {
  /** Absolute http(s), good for five minutes; the URL is the credential: never log it. */
  url: string;
  /** As the service proposes it: somebody else's text, not a path. */
  fileName: string;
}

/** An integer, or a text of digits: services send both. */
const integer = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d{1,15}$/), v.transform(Number))]),
  v.safeInteger(),
  v.minValue(0),
);
const figure = v.fallback(v.pipe(v.number(), v.finite(), v.minValue(0)), 0);
const integerOrNull = v.fallback(v.nullable(integer), null);
const textOrNull = v.fallback(v.nullable(v.pipe(v.string(), v.nonEmpty())), null);
const hex64 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/i), v.toLowerCase());

/** Data of a seed's status. */
export const seedStatus = v.pipe(
  v.looseObject({
    seed_id: v.fallback(v.optional(v.pipe(v.string(), v.uuid(), v.toLowerCase())), undefined),
    currency_id: integer,
    submit_status: v.pipe(integer, v.picklist([0, 1, 2, 3] as const)),
    private_key: v.fallback(v.nullable(hex64), null),
    transaction: textOrNull,
    timestamp: integerOrNull,
  }),
  v.transform(
    (raw): SeedStatus => ({
      seedId: raw.seed_id,
      currencyId: raw.currency_id,
      status: raw.submit_status,
      root: raw.private_key,
      transaction: raw.transaction,
      timestampMs: raw.timestamp,
    }),
  ),
);

/** Data of a created timestamp and of a digest's status. */
export const digestStatus = v.pipe(
  v.looseObject({
    hash_string: hex64,
    created: v.fallback(v.boolean(), false),
    date_created: integerOrNull,
    comment: v.fallback(v.nullable(v.string()), null),
    timestamps: v.nullish(v.array(seedStatus), []),
  }),
  v.transform(
    (raw): DigestStatus => ({
      digest: raw.hash_string,
      isNew: raw.created,
      createdAtMs: raw.date_created,
      comment: raw.comment,
      seeds: raw.timestamps ?? [],
    }),
  ),
);

/** Data of the usage figures; what an older service leaves out is 0. */
export const usage = v.pipe(
  v.looseObject({
    credits_per_month: figure,
    remaining_credits: figure,
    consumed_credits: figure,
    timestamps_per_month: figure,
    consumed_timestamps: figure,
    certificate_per_month: figure,
    consumed_certificates: figure,
    limitation_type: v.fallback(integer, 0),
  }),
  v.transform(
    (raw): Usage => ({
      creditsPerMonth: raw.credits_per_month,
      creditsLeft: raw.remaining_credits,
      creditsUsed: raw.consumed_credits,
      timestampsPerMonth: raw.timestamps_per_month,
      timestampsUsed: raw.consumed_timestamps,
      certificatesPerMonth: raw.certificate_per_month,
      certificatesUsed: raw.consumed_certificates,
      limitedBy: raw.limitation_type === 1 ? 'timestamps' : 'credits',
    }),
  ),
);

/** Data of the list of active currencies. */
export const currencies = v.array(
  v.pipe(
    v.looseObject({ currency_id: integer, currency: v.string() }),
    v.transform((raw): Currency => ({ id: raw.currency_id, name: raw.currency })),
  ),
);

/** Data of a proof's link. The size it names is not read: services have sent 0 for files that were not empty. */
export const proofLink = v.pipe(
  v.looseObject({
    download_url: v.pipe(v.string(), v.check(isWebUrl, 'no http(s) address')),
    file_name: v.fallback(v.string(), ''),
  }),
  v.transform((raw): ProofLink => ({ url: raw.download_url, fileName: raw.file_name })),
);

/** The object in which every payload comes; only an `error_code` of 0 is a success. */
export const envelope = v.looseObject({
  data: v.optional(v.unknown()),
  error_code: v.pipe(v.number(), v.integer()),
  error_message: v.fallback(v.nullish(v.string()), null),
});
export type Envelope = v.InferOutput<typeof envelope>;

/** What a bulk is answered with: an array by the API; a single object from services that refuse it as a whole. */
export const bulkReply = v.union([v.array(envelope), envelope]);

function isWebUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && !username && !password;
}
