import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { buildTree, proofOf } from '../../shared/evidence/merkle.ts';
import { writeProofXml } from '../../shared/evidence/proof-xml.ts';

/** One call as it arrived. */
export interface OriginstampCall {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

/** Otherwise than usual: the connection breaks before or after the call took effect, or it is answered with this. */
export type OriginstampFault =
  | 'drop-before'
  | 'drop-after'
  | { status?: number; body: unknown; headers?: Record<string, string> };

interface Seed {
  id: string;
  digests: string[];
  status: 0 | 1 | 2 | 3;
  root: string | null;
}

export const upstreamKey = '7d1c4c0e-52a4-4f43-9d0c-0c2f4f5b8a11';
const anchoredAtMs = 1_772_355_660_000;

/**
 * A small service that speaks the part of the OriginStamp wire which our clients need, on a real socket, with one currency
 * and real Merkle proofs. Nothing is anchored: tests move its seeds along by hand, and can make it fail.
 */
export async function startOriginstampUpstream() {
  const digests = new Map<string, { createdAtMs: number; comment: string | null; seed: Seed }>();
  const seeds: Seed[] = [];
  const links = new Map<string, string>();
  const calls: OriginstampCall[] = [];

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const upstream = {
    baseUrl,
    calls,
    seeds,
    digests,
    /** Asked for every call; returns what shall go wrong with it. */
    fault: (_call: OriginstampCall): OriginstampFault | undefined => undefined,
    /** Where a seed is said to stand; nobody wrote it there, unless a test does. */
    transactionOf: ({ id }: Seed): string => `0x${createHash('sha256').update(id).digest('hex')}`,
    /** Changes the proof that is served for a digest. */
    forge: (xml: string, _digest: string): string => xml,
    /** Closes the open seed and takes every seed to that status. */
    advance(status: 1 | 2 | 3) {
      for (const seed of seeds) {
        seed.root ??= rootOf(seed.digests);
        seed.status = status;
      }
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };

  function openSeed(): Seed {
    const last = seeds.at(-1);
    if (last && last.root === null) return last;
    const seed: Seed = { id: randomUUID(), digests: [], status: 0, root: null };
    seeds.push(seed);
    return seed;
  }

  const toData = (seed: Seed) => ({
    seed_id: seed.id,
    currency_id: 1,
    transaction: seed.status >= 2 ? upstream.transactionOf(seed) : null,
    private_key: seed.root,
    timestamp: seed.status >= 2 ? anchoredAtMs : null,
    submit_status: seed.status,
  });

  function create(item: { hash?: unknown; comment?: unknown }) {
    const digest = String(item.hash).toLowerCase();
    if (!/^[0-9a-f]{64}$/.test(digest)) return failure(9001, 'Hash must be 64 hex characters.');
    const known = digests.get(digest);
    const entry = known ?? {
      createdAtMs: Date.now(),
      comment: (item.comment as string | undefined) ?? null,
      seed: openSeed(),
    };
    if (!known) {
      digests.set(digest, entry);
      entry.seed.digests.push(digest);
    }
    return success(toResponse(digest, !known, (item.comment as string | undefined) ?? entry.comment));
  }

  function toResponse(digest: string, created: boolean, comment: string | null) {
    const entry = digests.get(digest);
    if (!entry) throw new Error(`no digest ${digest}`);
    const { createdAtMs, seed } = entry;
    return { created, date_created: createdAtMs, comment, hash_string: digest, timestamps: [toData(seed)] };
  }

  function answer({ method, path, body }: OriginstampCall): unknown {
    // biome-ignore lint/suspicious/noExplicitAny: a request's body is whatever the client sends.
    const json = body as any;
    const [, digest] = /^\/v4\/timestamp\/([^/]+)$/.exec(path) ?? [];
    const [, seedId] = /^\/v4\/timestamp\/status\/seed\/([^/]+)$/.exec(path) ?? [];
    if (`${method} ${path}` === 'POST /v4/timestamp/create') return create(json);
    if (path === '/v4/timestamp/bulk/create') return json.timestamps.map(create);
    if (path === '/v3/currencies/get') return success([{ currency_id: 1, currency: 'ETHEREUM' }]);
    if (path === '/v3/api_key/usage') return success({ credits_per_month: 6000, remaining_credits: 5199.5 });
    if (path === '/v3/timestamp/proof/url') return linkTo(json.hash_string);
    if (seedId) {
      const seed = seeds.find(({ id }) => id === seedId.toLowerCase());
      return seed ? success(toData(seed)) : failure(9005, 'Unknown seed.');
    }
    if (digest) {
      const entry = digests.get(digest.toLowerCase());
      return entry
        ? success(toResponse(digest.toLowerCase(), false, entry.comment))
        : failure(9005, 'Unknown hash.');
    }
    return undefined;
  }

  function linkTo(digest: string) {
    const seed = digests.get(digest)?.seed;
    if (seed?.status !== 3) return failure(9006, 'There is no proof yet.');
    const token = randomUUID();
    links.set(token, upstream.forge(writeProofXml(proofIn(seed.digests, digest)), digest));
    const name = `proof.Ethereum.${digest}.xml`;
    return success({
      download_url: `${baseUrl}/v3/timestamp/proof/download?token=${token}&name=${name}`,
      file_name: name,
      file_size_bytes: 0,
    });
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', baseUrl);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const call: OriginstampCall = {
      method: request.method ?? '',
      path: url.pathname,
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    calls.push(call);
    const fault = upstream.fault(call);
    if (fault === 'drop-before') return void request.socket.destroy();
    if (typeof fault === 'object') return send(response, fault.status ?? 200, fault.body, fault.headers);
    const xml = links.get(url.searchParams.get('token') ?? '');
    if (xml !== undefined) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(xml);
      return;
    }
    const isKnown = request.headers.authorization === upstreamKey;
    const body = isKnown ? answer(call) : failure(3201, 'You do not have a valid API key. [id 1]');
    if (fault === 'drop-after') return void request.socket.destroy();
    send(response, body === undefined ? 404 : 200, body ?? {});
  }

  return upstream;
}

/** See {@link startOriginstampUpstream}. */
export type OriginstampUpstream = Awaited<ReturnType<typeof startOriginstampUpstream>>;

export function success(data: unknown) {
  return { data, error_code: 0, error_message: null };
}

export function failure(code: number, message: string) {
  return { data: null, error_code: code, error_message: message };
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

function treeOf(digests: readonly string[]) {
  const sorted = digests.toSorted();
  return { sorted, levels: buildTree(Buffer.from(sorted.join(''), 'hex'), sha256) };
}

function proofIn(digests: readonly string[], digest: string) {
  const { sorted, levels } = treeOf(digests);
  return proofOf(levels, sorted.indexOf(digest));
}

function rootOf(digests: readonly string[]): string {
  const { levels } = treeOf(digests);
  return Buffer.from(levels.at(-1) ?? []).toString('hex');
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(status, { 'content-type': 'application/json;charset=UTF-8', ...headers })
    .end(typeof body === 'string' ? body : JSON.stringify(body));
}
