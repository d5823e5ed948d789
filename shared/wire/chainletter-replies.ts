/**
 * Schemas of what a Chainletter service answers, tolerant as its known clients are: where services spell one thing in
 * two ways (`hash` and `cid`, `upload_url` and `url`, `data` and `chainLetterResult`), either is read, and the result
 * has one spelling: ours.
 */
import * as v from 'valibot';

/** Where a file's bytes are: fetchable by all, by who has a link, or nowhere (only the hash is registered). */
export type Network = 'public' | 'private' | 'none';

/** A group as the list of groups tells it. */
export interface GroupSummary {
  /** URL-safe; what `group-id` takes. */
  id: string;
  name: string;
  network: Network;
  /** ISO 8601; empty when the service did not say. */
  createdAt: string;
  /** `undefined` when the service did not say. */
  fileCount: number | undefined;
}

/** A file as the list of a group's files tells it. */
export interface GroupFile {
  /** As the service spells it, normally CIDv0. */
  cid: string;
  name: string;
  sizeBytes: number;
  mimetype: string;
  network: Network;
  isStamped: boolean;
  /** The CID on chain, the file's own or a bundle's. */
  postmarkCid: string | null;
  transaction: string | null;
  contract: string | null;
  gatewayUrl: string | undefined;
  /** ISO 8601. */
  createdAt: string;
}

/** One stamp that covers a CID, as a service tells it. */
export interface StampEntry {
  contract: string | null;
  /** Null when the service does not name it. */
  chainId: number | null;
  transaction: string | null;
  /** CID of the bundle on chain; null when the file's own CID is there. */
  bundleCid: string | null;
  /** Block time, Unix seconds; null when the service did not say. */
  blockTimeSeconds: number | null;
}

const text = v.pipe(v.string(), v.nonEmpty());
const maybeText = v.fallback(v.optional(text), undefined);
const textOrNull = v.fallback(v.nullable(text), null);
const networkOr = (fallback: Network) =>
  v.fallback(v.picklist(['public', 'private', 'none'] as const), fallback);
const naturalNumber = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const group = v.pipe(
  v.looseObject({
    id: maybeText,
    group_id: maybeText,
    name: maybeText,
    group_name: maybeText,
    network: v.fallback(v.optional(v.string()), undefined),
    visibility: v.fallback(v.optional(v.string()), undefined),
    createdAt: v.fallback(v.string(), ''),
    file_count: v.fallback(v.optional(naturalNumber), undefined),
  }),
  v.check((raw) => Boolean(raw.id ?? raw.group_id), 'a group without an id'),
  v.transform((raw): GroupSummary => {
    const id = raw.id ?? raw.group_id ?? '';
    return {
      id,
      name: raw.name ?? raw.group_name ?? id,
      network: v.parse(networkOr('public'), raw.network ?? raw.visibility),
      createdAt: raw.createdAt,
      fileCount: raw.file_count,
    };
  }),
);

/** Answer to a list of groups, in the service's order. */
export type GroupsReply = GroupSummary[];
/** A bare array, or one under `groups`, `collections` or `data`. */
export const groupsReply = v.pipe(
  v.unknown(),
  v.transform((json) => findArray(json, ['groups', 'collections', 'data'])),
  v.array(group),
);

const file = v.pipe(
  v.looseObject({
    hash: maybeText,
    cid: maybeText,
    name: v.fallback(v.string(), ''),
    size: v.fallback(naturalNumber, 0),
    mimetype: v.fallback(v.string(), 'application/octet-stream'),
    network: networkOr('public'),
    is_stamped: v.fallback(v.boolean(), false),
    bulk_check: v.fallback(
      v.optional(
        v.object({ is_stamped: v.fallback(v.optional(v.boolean()), undefined), postmark_hash: textOrNull }),
      ),
      undefined,
    ),
    foreign_tx_id: textOrNull,
    contract: textOrNull,
    gatewayurl: maybeText,
    created_at: v.fallback(v.string(), ''),
  }),
  v.check((raw) => Boolean(raw.hash ?? raw.cid), 'a file without a hash'),
  v.transform(
    (raw): GroupFile => ({
      cid: raw.hash ?? raw.cid ?? '',
      name: raw.name,
      sizeBytes: raw.size,
      mimetype: raw.mimetype,
      network: raw.network,
      // `bulk_check` is the fresher of the two.
      isStamped: raw.bulk_check?.is_stamped ?? raw.is_stamped,
      postmarkCid: raw.bulk_check?.postmark_hash ?? null,
      transaction: raw.foreign_tx_id,
      contract: raw.contract,
      gatewayUrl: raw.gatewayurl,
      createdAt: raw.created_at,
    }),
  ),
);

/** Answer to a list of a group's files. */
export type FilesReply = GroupFile[];
/** A bare array, or one under `files` or `data`. */
export const filesReply = v.pipe(
  v.unknown(),
  v.transform((json) => findArray(json, ['files', 'data'])),
  v.array(file),
);

/** Answer to the making of a group. */
export const groupReply = v.pipe(
  v.looseObject({ group_id: text, name: maybeText, network: networkOr('public') }),
  v.transform((raw) => ({ id: raw.group_id, name: raw.name ?? raw.group_id, network: raw.network })),
);

/** Answer to the registering of a hash. `network` is `none` when the service did not say. */
export const registerReply = v.pipe(
  v.looseObject({
    hash: maybeText,
    cid: maybeText,
    data: v.fallback(v.optional(v.looseObject({ cid: maybeText })), undefined),
    group_id: maybeText,
    network: networkOr('none'),
  }),
  v.check((raw) => Boolean(raw.hash ?? raw.cid ?? raw.data?.cid), 'no hash'),
  v.transform((raw) => ({
    cid: raw.hash ?? raw.cid ?? raw.data?.cid ?? '',
    groupId: raw.group_id,
    network: raw.network,
  })),
);

/** Answer to the stamping of a group. */
export interface StampReply {
  message: string;
  filesStamped: number;
  transaction: string | null;
  /** The CID on chain, or on its way there. */
  postmarkCid: string | null;
  contract: string | null;
  isPending: boolean;
}
/** Refuses `success: false` under a status of success, which some services send. */
export const stampReply = v.pipe(
  v.looseObject({
    success: v.fallback(v.boolean(), true),
    message: v.fallback(v.string(), ''),
    files_stamped: v.fallback(naturalNumber, 0),
    transaction_id: textOrNull,
    postmark_hash: textOrNull,
    contract: textOrNull,
    pending: v.fallback(v.boolean(), false),
  }),
  v.check((raw) => raw.success, 'the service reports a failure with a status of success'),
  v.transform(
    (raw): StampReply => ({
      message: raw.message,
      filesStamped: raw.files_stamped,
      transaction: raw.transaction_id,
      postmarkCid: raw.postmark_hash,
      contract: raw.contract,
      isPending: raw.pending,
    }),
  ),
);

const stampEntry = v.pipe(
  v.looseObject({
    contract: textOrNull,
    foreign_tx_id: textOrNull,
    is_bulk: textOrNull,
    isBulk: textOrNull,
    created: v.fallback(v.nullable(naturalNumber), null),
    chain_id: v.fallback(v.nullable(naturalNumber), null),
  }),
  v.transform(
    (raw): StampEntry => ({
      contract: raw.contract,
      chainId: raw.chain_id,
      transaction: raw.foreign_tx_id,
      bundleCid: raw.is_bulk ?? raw.isBulk,
      blockTimeSeconds: raw.created,
    }),
  ),
);

/** What a service says about a stamped CID. */
export interface VerifyReply {
  name: string | undefined;
  groupId: string | undefined;
  network: string | undefined;
  /** Earliest first. */
  stamps: StampEntry[];
}
const verifiedFile = v.looseObject({
  filename: maybeText,
  name: maybeText,
  group_id: maybeText,
  network: maybeText,
  allResults: v.fallback(v.optional(v.array(stampEntry)), undefined),
});
/** The file under `data` or `chainLetterResult`, its stamps under `allResults` of either level. */
export const verifyReply = v.pipe(
  v.looseObject({
    data: v.fallback(v.optional(verifiedFile), undefined),
    chainLetterResult: v.fallback(v.optional(v.looseObject({ data: verifiedFile })), undefined),
    allResults: v.fallback(v.optional(v.array(stampEntry)), undefined),
  }),
  v.check((raw) => Boolean(raw.data ?? raw.chainLetterResult), 'no data'),
  v.transform((raw): VerifyReply => {
    const data = raw.data ?? raw.chainLetterResult?.data;
    const listed = raw.allResults ?? data?.allResults ?? [];
    return {
      name: data?.filename ?? data?.name,
      groupId: data?.group_id,
      network: data?.network,
      // A service that lists nothing still describes the earliest stamp in `data` itself.
      stamps: listed.length > 0 ? listed : [v.parse(stampEntry, data)],
    };
  }),
);

/** Answer to the asking for an upload link. Refuses a link that is not absolute. */
export const uploadLinkReply = v.pipe(
  v.looseObject({
    upload_url: maybeText,
    url: maybeText,
    network: maybeText,
    expires_in: v.fallback(naturalNumber, 0),
  }),
  v.check((raw) => URL.canParse(raw.upload_url ?? raw.url ?? ''), 'no absolute upload_url'),
  v.transform((raw) => ({
    url: raw.upload_url ?? raw.url ?? '',
    network: raw.network,
    expiresInSeconds: raw.expires_in,
  })),
);

/** Answer to an upload through a link (the provider's v3 protocol). */
export const linkUploadReply = v.pipe(
  v.looseObject({
    data: v.looseObject({
      cid: text,
      name: maybeText,
      size: v.fallback(v.optional(naturalNumber), undefined),
      group_id: maybeText,
      network: maybeText,
    }),
  }),
  v.transform(({ data }) => ({
    cid: data.cid,
    name: data.name,
    sizeBytes: data.size,
    groupId: data.group_id,
    network: data.network,
  })),
);

function findArray(json: unknown, keys: string[]): unknown {
  if (Array.isArray(json) || typeof json !== 'object' || json === null) return json;
  const record = json as Record<string, unknown>;
  return keys.map((key) => record[key]).find(Array.isArray);
}
