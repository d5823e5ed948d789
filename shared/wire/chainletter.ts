import * as v from 'valibot';

import { HashmarkError } from '../errors.ts';
import {
  type FilesReply,
  filesReply,
  type GroupsReply,
  groupReply,
  groupsReply,
  linkUploadReply,
  type Network,
  registerReply,
  type StampReply,
  stampReply,
  uploadLinkReply,
  type VerifyReply,
  verifyReply,
} from './chainletter-replies.ts';
import { encodeHeaderValue, readReply, request, type WireFetch, withTimeout } from './service-request.ts';

export type { GroupFile, GroupSummary, Network, StampEntry } from './chainletter-replies.ts';
export type { WireFetch } from './service-request.ts';

/** Which service a client talks to, and how. */
export interface ChainletterClientOptions {
  /** Up to and including the tenant, no query: `https://host/webhook/KEY`, or `…/keyholder/{account}/webhook`. */
  baseUrl: string;
  fetch: WireFetch;
  /** Sent with every request, for instance `{'secret-key': …}` where no keyholder adds it. */
  headers?: Record<string, string>;
  /** How long one call may take, in milliseconds; default {@link defaultCallTimeoutMs}. */
  timeoutMs?: number;
}

/** A service finishes inside 30 s (stamping waits up to 25 s for its transaction); one second more for the way. */
export const defaultCallTimeoutMs = 31_000;

/** What a service says about one CID. What it says is a claim: evidence is read from the chain. */
export type Verification =
  | {
      state: 'stamped';
      name: string | undefined;
      groupId: string | undefined;
      network: string | undefined;
      stamps: VerifyReply['stamps'];
    }
  | { state: 'unstamped' }
  | { state: 'unknown' };

/** What an upload link shall allow; what is left out is the service's choice. */
export interface UploadLinkTerms {
  /** Id or name. */
  groupId?: string;
  filename?: string;
  network?: Network;
  /** Default and limits are the service's. */
  expiresSeconds?: number;
  maxFileBytes?: number;
  /** MIME types, `image/*` allowed. */
  allowMimeTypes?: string[];
  keyvalues?: Record<string, string>;
}

/** A link that was handed out. */
export interface UploadLink {
  /** Absolute; the URL is the credential: never log it. */
  url: string;
  network: string | undefined;
  expiresInSeconds: number;
}

/** What every call takes. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** See {@link createChainletterClient}. */
export type ChainletterClient = ReturnType<typeof createChainletterClient>;

/**
 * The client of a Chainletter webhook API, the same for a hosted service and for the embedded one.
 *
 * Every call throws a HashmarkError: `service-unreachable` (no answer), `service-unreadable` (an answer that is not
 * the API's), `service-unauthorized` (401), `service-forbidden` (403), `not-found` (404), `already-exists` (409, with
 * `data.cid` when known), `rate-limited` (429, with `data.retryAfterSeconds`), `service-refused` (other 4xx) or
 * `service-failed` (5xx). `data.status` and the service's own words are kept. An abort by the caller's signal is
 * rethrown as it is.
 */
export function createChainletterClient(options: ChainletterClientOptions) {
  const { baseUrl, timeoutMs = defaultCallTimeoutMs } = options;
  const base = baseUrl.replace(/\/+$/, '');

  interface Call extends CallOptions {
    method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
    path?: string;
    query?: URLSearchParams;
    /** Wire headers; a value that is undefined or empty is left out: the wire reads empty as absent. */
    headers?: Record<string, string | undefined>;
    json?: unknown;
  }

  async function send(action: string, call: Call): Promise<Response> {
    const headers = new Headers(options.headers);
    for (const [name, value] of Object.entries(call.headers ?? {})) {
      if (value) headers.set(name, encodeHeaderValue(value));
    }
    if (call.json !== undefined) headers.set('content-type', 'application/json');
    const query = call.query && call.query.size > 0 ? `?${call.query}` : '';
    return request(
      options.fetch,
      action,
      `${base}${call.path ?? ''}${query}`,
      {
        method: call.method ?? 'GET',
        headers,
        body: call.json === undefined ? undefined : JSON.stringify(call.json),
        signal: withTimeout(call.signal, timeoutMs),
      },
      call.signal,
    );
  }

  /** `action` reads on after "Could not", for instance `list the groups`. */
  async function ask<T>(action: string, schema: v.GenericSchema<unknown, T>, call: Call): Promise<T> {
    const response = await send(action, call);
    return readReply(action, schema, response, call.signal);
  }

  return {
    /** All groups of the tenant, in the service's order. */
    listGroups(call: CallOptions = {}): Promise<GroupsReply> {
      return ask('list the groups', groupsReply, call);
    },

    /** The live files of a group (id or name) on every network, or on one. Fails with `not-found` when there is no such group. */
    listFiles(groupId: string, call: CallOptions & { network?: Network } = {}): Promise<FilesReply> {
      return ask(`list the files of group "${groupId}"`, filesReply, {
        ...call,
        headers: { 'group-id': groupId, network: call.network },
      });
    },

    /** The group of that name, made when there was none. */
    async createGroup(name: string, call: CallOptions & { network?: Network } = {}) {
      const action = `create group "${name}"`;
      const response = await send(action, {
        ...call,
        method: 'POST',
        headers: { 'group-id': name, network: call.network },
        json: {},
      });
      const reply = await readReply(action, groupReply, response, call.signal);
      return { ...reply, isNew: response.status === 201 };
    },

    /** Records a CID in a group without its bytes. Fails with `already-exists` when the group holds it. */
    registerHash(
      file: {
        groupId: string;
        cid: string;
        name?: string;
        sizeBytes?: number;
        mimetype?: string;
        network?: Network;
      },
      call: CallOptions = {},
    ) {
      return ask(`register ${file.cid} in group "${file.groupId}"`, registerReply, {
        ...call,
        method: 'POST',
        headers: { 'group-id': file.groupId, network: file.network },
        json: { hash: file.cid, name: file.name, size: file.sizeBytes, mimetype: file.mimetype },
      });
    },

    /**
     * What the service knows about a CID. Absence is an answer (`unknown`), and so is a file that waits for its stamp
     * (`unstamped`); being unable to look is an error.
     */
    async verify(cid: string, call: CallOptions = {}): Promise<Verification> {
      try {
        const reply = await ask(`look up ${cid}`, verifyReply, { ...call, headers: { hash: cid } });
        return { state: 'stamped', ...reply };
      } catch (error) {
        if (!(error instanceof HashmarkError)) throw error;
        if (error.code === 'not-found') return { state: 'unknown' };
        // The wire answers 400 for a CID that is known and not stamped; no other code tells the two apart.
        if (error.data.status === 400) return { state: 'unstamped' };
        throw error;
      }
    },

    /** Stamps the group as it is now. `isPending`: accepted, not on chain yet. */
    stamp(groupId: string, call: CallOptions & { network?: Network } = {}): Promise<StampReply> {
      return ask(`stamp group "${groupId}"`, stampReply, {
        ...call,
        method: 'PATCH',
        headers: { 'group-id': groupId, network: call.network },
        json: {},
      });
    },

    /** Takes an unstamped file out of a group. Fails with `service-refused` for a stamped one. */
    async deleteFile(groupId: string, cid: string, call: CallOptions = {}): Promise<void> {
      await ask(`delete ${cid} from group "${groupId}"`, v.unknown(), {
        ...call,
        method: 'DELETE',
        headers: { 'group-id': groupId },
        json: { file_hash: cid },
      });
    },

    /** A signed link that takes one upload under these terms; send the bytes with {@link uploadToLink}. */
    uploadLink(terms: UploadLinkTerms, call: CallOptions = {}): Promise<UploadLink> {
      const query = new URLSearchParams();
      if (terms.groupId) query.set('group_id', terms.groupId);
      if (terms.filename) query.set('filename', terms.filename);
      if (terms.expiresSeconds) query.set('expires', String(terms.expiresSeconds));
      if (terms.maxFileBytes) query.set('max_file_size', String(terms.maxFileBytes));
      if (terms.allowMimeTypes?.length) query.set('allow_mime_types', terms.allowMimeTypes.join(','));
      if (terms.keyvalues) query.set('keyvalues', JSON.stringify(terms.keyvalues));
      return ask('get an upload link', uploadLinkReply, {
        ...call,
        path: '/upload-link',
        query,
        headers: { network: terms.network },
      });
    },

    /**
     * Opens the tenant's event stream; read its body with `readEventStream`. Ends when `signal` aborts.
     * @param call.lastEventId replays what came after it; without it only what happens from now on is told.
     */
    openEvents(call: CallOptions & { lastEventId?: string } = {}): Promise<Response> {
      const headers = new Headers(options.headers);
      headers.set('accept', 'text/event-stream');
      if (call.lastEventId) headers.set('last-event-id', call.lastEventId);
      return request(
        options.fetch,
        'open the event stream',
        `${base}/events/stream`,
        { headers, signal: call.signal },
        call.signal,
      );
    },
  };
}

/** What the service says it received through a signed link. */
export interface LinkUpload {
  /** Compare with your own fingerprint before you believe that the right bytes arrived. */
  cid: string;
  name: string | undefined;
  sizeBytes: number | undefined;
  groupId: string | undefined;
  network: string | undefined;
}

/**
 * Sends content straight to a signed link (multipart, the provider's v3 protocol). The link is the only credential:
 * pass a plain fetch, never one that adds keys.
 *
 * @param signal aborts the upload; there is no other time limit, because large content may take long.
 * @throws HashmarkError as {@link createChainletterClient}; 401 and 403 mean that the link expired or was used, 413 that
 * the content is larger than the link allows, 400 that its type is not allowed.
 */
export async function uploadToLink(
  fetch: WireFetch,
  url: string,
  blob: Blob,
  { name, network, signal }: { name: string; network?: Network; signal?: AbortSignal },
): Promise<LinkUpload> {
  const action = `upload "${name}"`;
  const form = new FormData();
  form.append('file', blob, name);
  if (network) form.append('network', network);
  form.append('name', name);
  const response = await request(fetch, action, url, { method: 'POST', body: form, signal }, signal);
  return readReply(action, linkUploadReply, response, signal);
}
