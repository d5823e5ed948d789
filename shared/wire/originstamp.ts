import * as v from 'valibot';

import { HashmarkError } from '../errors.ts';
import { maxSeedFileBytes } from '../evidence/seed-file.ts';
import { readAtMost } from '../read-at-most.ts';
import {
  bulkReply,
  type Currency,
  currencies,
  type DigestStatus,
  digestStatus,
  type Envelope,
  envelope,
  type ProofLink,
  proofLink,
  type SeedStatus,
  seedStatus,
  type Usage,
  usage,
} from './originstamp-replies.ts';
import { readReply, request, unreadable, type WireFetch, withTimeout } from './service-request.ts';

export type { Currency, DigestStatus, SeedStatus, SubmitStatus } from './originstamp-replies.ts';

/** How many digests one call may carry. */
export const maxBulkItems = 100;
/** How long a comment may be, in UTF-16 code units. */
export const maxCommentCharacters = 256;

/** Seed status from which on it cannot change, and a proof can be had. */
export const finalStatus = 3;

/** Codes of the answers; all but the first two are the embedded service's own. */
export const originstampCodes = {
  success: 0,
  invalidKey: 3201,
  badHash: 9001,
  commentTooLong: 9002,
  badNotification: 9003,
  bulkSize: 9004,
  unknown: 9005,
  proofUnavailable: 9006,
  quota: 9007,
  unsupported: 9008,
  rate: 9009,
  internal: 9999,
} as const;

/** What can be stamped on, by its number on the wire; the spelling is that of proofs' file names. */
export const currencyNames: Readonly<Record<number, string>> = {
  0: 'Bitcoin',
  1: 'Ethereum',
  2: 'Aion',
  100: 'Suedkurier',
};

/** What a proof's file is called: `proof.Ethereum.<digest>.xml`, or `certificate.Ethereum.<digest>.pdf`. */
export function proofFileName(digest: string, currencyId: number, type: ProofType): string {
  const kind = type === 'xml' ? 'proof' : 'certificate';
  return `${kind}.${currencyNames[currencyId] ?? currencyId}.${digest}.${type}`;
}

/** Ethereum before Bitcoin: whoever checks its proofs has to believe less in others. */
const readableCurrencies = [1, 0];

/** Of the seeds that a digest is in, the one to follow and to prove; undefined when its chain can be read for none of them. */
export function chooseSeed<Seed extends SeedStatus>(seeds: readonly Seed[]): Seed | undefined {
  return readableCurrencies
    .map((id) => seeds.find(({ currencyId }) => currencyId === id))
    .find((seed) => seed !== undefined);
}

/** Which service a client talks to, and how. */
interface OriginstampClientOptions {
  /** What stands before `/v3` and `/v4`: `https://api.originstamp.com`, or `…/keyholder/{account}`. */
  baseUrl: string;
  fetch: WireFetch;
  /** Sent with every request, for instance `{authorization: key}` where no keyholder adds it. */
  headers?: Record<string, string>;
  /** How long one call may take, in milliseconds; default {@link defaultCallTimeoutMs}. */
  timeoutMs?: number;
}

/** As long as the API's own JavaScript client waits. */
const defaultCallTimeoutMs = 60_000;

/** A digest to be stamped. */
export interface DigestRequest {
  /** 64 hex digits. */
  digest: string;
  /** At most {@link maxCommentCharacters}; the service may show it to anybody. */
  comment?: string;
}

/** What became of one digest of a bulk: exactly one of the two. */
export type BulkAnswer =
  | { digest: string; status: DigestStatus; error?: undefined }
  | { digest: string; status?: undefined; error: HashmarkError };

/** `xml` is the path through the Merkle tree (for old stamps the seed as text), `pdf` the certificate. */
export type ProofType = 'xml' | 'pdf';

/** What every call takes. */
interface CallOptions {
  signal?: AbortSignal;
}

/** See {@link createOriginstampClient}. */
export type OriginstampClient = ReturnType<typeof createOriginstampClient>;

/**
 * The client of an OriginStamp API (v4 with v3), the same for a hosted service and for the embedded one. Nothing but
 * digests, comments and ids goes out.
 *
 * Every call throws a HashmarkError: `service-unreachable`, `service-unreadable`, `service-unauthorized` (also an invalid
 * key), `service-forbidden`, `not-found`, `proof-unavailable` (there is no final anchor yet), `quota-exceeded`,
 * `rate-limited` (with `data.retryAfterSeconds` when named), `service-refused` or `service-failed`; `data.status` or
 * `data.errorCode` and the service's own words are kept. `backOffMs` tells which are worth another try. An abort by the
 * caller's signal is rethrown as it is.
 */
export function createOriginstampClient(options: OriginstampClientOptions) {
  const { timeoutMs = defaultCallTimeoutMs } = options;
  const base = options.baseUrl.replace(/\/+$/, '');

  /** `action` reads on after "Could not". */
  async function ask<T>(
    action: string,
    schema: v.GenericSchema<unknown, T>,
    path: string,
    { json, signal }: CallOptions & { json?: unknown },
  ): Promise<T> {
    const headers = new Headers({ accept: 'application/json', ...options.headers });
    if (json !== undefined) headers.set('content-type', 'application/json');
    const response = await request(
      options.fetch,
      action,
      base + path,
      {
        method: json === undefined ? 'GET' : 'POST',
        headers,
        body: json === undefined ? undefined : JSON.stringify(json),
        signal: withTimeout(signal, timeoutMs),
      },
      signal,
    );
    return readReply(action, schema, response, signal);
  }

  async function askData<T>(
    action: string,
    schema: v.GenericSchema<unknown, T>,
    path: string,
    call: CallOptions & { json?: unknown } = {},
  ): Promise<T> {
    return readData(action, schema, await ask(action, envelope, path, call));
  }

  return {
    /** Hands in one digest. Handing it in again changes nothing: it stays in the seed where it is. */
    async stamp(item: DigestRequest, call: CallOptions = {}): Promise<DigestStatus> {
      const action = `stamp ${item.digest}`;
      const json = toWire(item);
      const status = await askData(action, digestStatus, '/v4/timestamp/create', { ...call, json });
      return requireDigest(action, item, status);
    },

    /**
     * Hands in up to {@link maxBulkItems} digests at once. Each succeeds or fails alone; answers come in the order of the
     * items. Throws only where the whole call failed, which includes an invalid key.
     */
    async stampAll(items: readonly DigestRequest[], call: CallOptions = {}): Promise<BulkAnswer[]> {
      if (items.length === 0) return [];
      if (items.length > maxBulkItems) {
        throw new TypeError(`A bulk holds at most ${maxBulkItems} digests, not ${items.length}.`);
      }
      const action = items.length === 1 ? `stamp ${items[0]?.digest}` : `stamp ${items.length} digests`;
      const reply = await ask(action, bulkReply, '/v4/timestamp/bulk/create', {
        ...call,
        json: { timestamps: items.map(toWire) },
      });
      const envelopes = Array.isArray(reply) ? reply : [reply];
      const [first] = envelopes;
      const isRefused =
        first !== undefined &&
        (first.error_code === originstampCodes.invalidKey ||
          (envelopes.length !== items.length && first.error_code !== originstampCodes.success));
      if (isRefused) throw toError(action, first);
      if (envelopes.length !== items.length) {
        throw unreadable(action, `${envelopes.length} answers came for ${items.length} digests`);
      }
      return items.map((item, position) => readItem(item, envelopes[position] as Envelope));
    },

    /** What the service knows of a digest; undefined when it knows nothing. An empty list of seeds says little more. */
    async digestStatus(digest: string, call: CallOptions = {}): Promise<DigestStatus | undefined> {
      const action = `look up ${digest}`;
      const path = `/v4/timestamp/${encodeURIComponent(digest)}`;
      const status = await orUndefined(() => askData(action, v.nullish(digestStatus), path, call));
      return status && requireDigest(action, { digest }, status);
    },

    /** How far a seed is: one call for all of its digests. Undefined when the service knows no such seed. */
    async seedStatus(seedId: string, call: CallOptions = {}): Promise<SeedStatus | undefined> {
      const path = `/v4/timestamp/status/seed/${encodeURIComponent(seedId)}`;
      return orUndefined(() => askData(`look up seed ${seedId}`, v.nullish(seedStatus), path, call));
    },

    /** A link to a proof; fetch it with {@link downloadProof}. Fails with `proof-unavailable` below the final status. */
    proofLink(
      proof: { digest: string; currencyId: number; type: ProofType },
      call: CallOptions = {},
    ): Promise<ProofLink> {
      const { digest, currencyId, type } = proof;
      return askData(`get the proof of ${digest}`, proofLink, '/v3/timestamp/proof/url', {
        ...call,
        json: { currency: currencyId, hash_string: digest, proof_type: type === 'xml' ? 0 : 1 },
      });
    },

    /** What the account has used this month, and may use. */
    usage(call: CallOptions = {}): Promise<Usage> {
      return askData('read the usage', usage, '/v3/api_key/usage', call);
    },

    /** What digests can be stamped on now; empty where nothing anchors. */
    currencies(call: CallOptions = {}): Promise<Currency[]> {
      return askData('list the currencies', currencies, '/v3/currencies/get', call);
    },
  };
}

/**
 * The bytes behind a proof's link, just as they came (a seed of the older method is the longest form): nothing of them is
 * checked. The link is the only credential: pass a plain fetch, never one that adds keys.
 *
 * @throws HashmarkError as {@link createOriginstampClient}; `not-found` means that the link's five minutes are over,
 * `too-large` that it is no proof.
 */
export async function downloadProof(
  fetch: WireFetch,
  { url }: ProofLink,
  { signal }: CallOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const action = 'download the proof';
  const init = {
    headers: { accept: 'application/octet-stream' },
    signal: withTimeout(signal, defaultCallTimeoutMs),
  };
  const response = await request(fetch, action, url, init, signal);
  try {
    return await readAtMost(response.body, maxSeedFileBytes);
  } catch (cause) {
    if (signal?.aborted || cause instanceof HashmarkError) throw cause;
    throw new HashmarkError('service-unreachable', `Could not ${action}: it broke off. Try again later.`, {
      cause,
    });
  }
}

function toWire({ digest, comment }: DigestRequest) {
  return { hash: digest, ...(comment === undefined ? {} : { comment }) };
}

function readItem(item: DigestRequest, answer: Envelope): BulkAnswer {
  const { digest } = item;
  const action = `stamp ${digest}`;
  try {
    return { digest, status: requireDigest(action, item, readData(action, digestStatus, answer)) };
  } catch (error) {
    return { digest, error: error as HashmarkError };
  }
}

function readData<T>(action: string, schema: v.GenericSchema<unknown, T>, answer: Envelope): T {
  if (answer.error_code !== originstampCodes.success) throw toError(action, answer);
  const parsed = v.safeParse(schema, answer.data);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const where = ['data', v.getDotPath(issue)].filter((part) => part !== null).join('.');
  throw unreadable(action, `${where} is not as the API describes it (${issue.message})`);
}

/** An answer about another digest is none: it would be kept as this one's. */
function requireDigest(action: string, { digest }: DigestRequest, status: DigestStatus): DigestStatus {
  if (status.digest === digest.toLowerCase()) return status;
  throw unreadable(action, `the answer is about ${status.digest}`);
}

const errorNames: Readonly<Record<number, string>> = {
  [originstampCodes.invalidKey]: 'service-unauthorized',
  [originstampCodes.unknown]: 'not-found',
  [originstampCodes.proofUnavailable]: 'proof-unavailable',
  [originstampCodes.quota]: 'quota-exceeded',
  [originstampCodes.rate]: 'rate-limited',
  [originstampCodes.internal]: 'service-failed',
};

/** Server words end up in front of people: enough for any real message. */
const longestWords = 300;

function toError(action: string, { error_code: errorCode, error_message: words }: Envelope): HashmarkError {
  const said = words?.slice(0, longestWords) || `error ${errorCode}`;
  return new HashmarkError(errorNames[errorCode] ?? 'service-refused', `Could not ${action}: ${said}`, {
    data: { errorCode },
  });
}

/** Not being there is an answer, where something was looked up. A wrong address (404) is not. */
async function orUndefined<T>(look: () => Promise<T | null | undefined>): Promise<T | undefined> {
  try {
    return (await look()) ?? undefined;
  } catch (error) {
    const isAbsent = error instanceof HashmarkError && error.data.errorCode === originstampCodes.unknown;
    if (isAbsent) return undefined;
    throw error;
  }
}
