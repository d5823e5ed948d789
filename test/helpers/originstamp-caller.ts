import { createHash } from 'node:crypto';

import { eventually } from './eventually.ts';
import type { RunningService } from './running-service.ts';

/** An answer of the OriginStamp API, read by name as clients do. */
export interface OriginstampAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads answers as their client does, by name
  body: any;
}

/** Calls the OriginStamp API of a running service, in the way that generated clients do. */
export interface OriginstampCaller {
  /**
   * One request. A body that is no text is sent as JSON.
   * @param headers replace those of the clients; `undefined` leaves one out.
   * @throws Error when the answer is not JSON with exactly the content type that clients expect.
   */
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string | undefined>,
  ): Promise<OriginstampAnswer>;
  create(item: Record<string, unknown>): Promise<OriginstampAnswer['body']>;
  bulk(items: unknown): Promise<OriginstampAnswer['body']>;
  status(hash: string): Promise<OriginstampAnswer['body']>;
  /** Creates the digest and waits until its first seed is final. @returns its status then. */
  stamp(hash: string): Promise<OriginstampAnswer['body']>;
  proofUrl(hash: string, proofType?: number): Promise<OriginstampAnswer['body']>;
  usage(): Promise<OriginstampAnswer['body']>;
}

export function callOriginstamp(running: RunningService): OriginstampCaller {
  const call: OriginstampCaller['call'] = async (method, path, body, headers = {}) => {
    const all: Record<string, string | undefined> = {
      authorization: running.originstampKey,
      'content-type': 'application/json',
      accept: 'application/json',
      ...headers,
    };
    const response = await fetch(`${running.url}${path}`, {
      method,
      headers: Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const contentType = response.headers.get('content-type');
    if (contentType !== 'application/json;charset=UTF-8') {
      throw new Error(`${method} ${path} answered ${response.status} with Content-Type ${contentType}.`);
    }
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text && JSON.parse(text) };
  };

  const create: OriginstampCaller['create'] = async (item) =>
    (await call('POST', '/v4/timestamp/create', item)).body;
  const status: OriginstampCaller['status'] = async (hash) =>
    (await call('GET', `/v4/timestamp/${hash}`)).body;

  return {
    call,
    create,
    bulk: async (timestamps) => (await call('POST', '/v4/timestamp/bulk/create', { timestamps })).body,
    status,
    async stamp(hash) {
      await create({ hash });
      return eventually(`${hash} is final`, async () => {
        const answer = await status(hash);
        return answer.data.timestamps[0]?.submit_status === 3 && answer;
      });
    },
    proofUrl: async (hash, proofType = 0) =>
      (
        await call('POST', '/v3/timestamp/proof/url', {
          currency: 1,
          hash_string: hash,
          proof_type: proofType,
        })
      ).body,
    usage: async () => (await call('GET', '/v3/api_key/usage', undefined, { accept: '*/*' })).body,
  };
}

/** The digest of a text, 64 lower-case hex digits. */
export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
