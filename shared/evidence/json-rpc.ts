// JSON-RPC over several endpoints of one chain: what counts is what they agree on. An endpoint that answers for another
// chain is as good as one that does not answer.

import { http } from 'viem';

import { HashmarkError, messageOf } from '../errors.ts';

/** `fetch` as a parameter: the caller chooses the network. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** One place to ask. */
export interface Endpoint {
  /** For people: host and port only, since paths and queries of RPC URLs carry keys. */
  label: string;
  /** The result of one call. Throws a `HashmarkError`: `rpc-refused` when the endpoint answered with an error, `rpc-unreachable` otherwise. */
  request(method: string, params: readonly unknown[]): Promise<unknown>;
}

const requestTimeoutMs = 10_000;
/** Ten thousand logs of one CID each take 8 MB; a hostile endpoint gets no more than this. */
const responseLimitBytes = 64 * 1024 * 1024;

/** An endpoint that speaks JSON-RPC over HTTP POST. Asks nothing before its first request. */
export function createEndpoint(url: string, fetchFn: Fetch): Endpoint {
  const label = new URL(url).host;
  const transport = http(url, {
    // viem hands over a URL string; its type is as wide as fetch's own.
    fetchFn: (input, init) => fetchFn(String(input), init),
    timeout: requestTimeoutMs,
    retryCount: 0, // viem would repeat refusals too, and a window that is too large does not shrink by itself.
    maxResponseBodySize: responseLimitBytes,
  })({});
  return {
    label,
    async request(method, params) {
      const attempt = () =>
        transport.request({ method, params: [...params] } as never).catch((error: unknown) => {
          throw toRpcError(error, label, method);
        });
      // A dropped connection is tried once more, an answer is an answer.
      return attempt().catch((error: HashmarkError) => {
        if (error.code === 'rpc-unreachable') return attempt();
        throw error;
      });
    },
  };
}

/** Answers of several endpoints to one question, told apart. */
export type Agreement<T> =
  /** Everybody who answered said the same. */
  | { kind: 'agreed'; value: T; endpoints: string[]; failures: string[] }
  | { kind: 'disagreement'; answers: { endpoint: string; value: T }[]; failures: string[] }
  /** Nobody answered. */
  | { kind: 'unavailable'; failures: string[] };

/**
 * Puts the same question to every endpoint at once and compares the answers by value. Never throws: a failure of one is
 * one line in `failures` (host, then what went wrong), a failure of all is `unavailable`.
 */
export async function askAll<T, E extends { label: string } = Endpoint>(
  endpoints: readonly E[],
  ask: (endpoint: E) => Promise<T>,
): Promise<Agreement<T>> {
  const settled = await Promise.allSettled(endpoints.map(ask));
  const answers: { endpoint: string; value: T }[] = [];
  const failures: string[] = [];
  for (const [position, result] of settled.entries()) {
    const endpoint = endpoints[position]?.label ?? '';
    if (result.status === 'fulfilled') answers.push({ endpoint, value: result.value });
    else failures.push(describe(result.reason, endpoint));
  }
  const [first, ...others] = answers;
  if (!first) {
    return {
      kind: 'unavailable',
      failures: failures.length > 0 ? failures : ['no RPC endpoint is configured'],
    };
  }
  const form = JSON.stringify(first.value);
  if (others.some(({ value }) => JSON.stringify(value) !== form)) {
    return { kind: 'disagreement', answers, failures };
  }
  return { kind: 'agreed', value: first.value, endpoints: answers.map(({ endpoint }) => endpoint), failures };
}

/** An error that tells in its `code` whether the endpoint refused the question or could not be asked at all. */
function toRpcError(error: unknown, label: string, method: string): HashmarkError {
  const { code, shortMessage, details } = error as {
    code?: unknown;
    shortMessage?: string;
    details?: string;
  };
  // viem gives -1 to what it cannot name, which is no answer of the endpoint.
  const refused = typeof code === 'number' && code !== -1;
  // viem's full message repeats the URL with its key: only its two short parts are shown.
  const text = (refused ? details : undefined) ?? shortMessage ?? (error as Error).message;
  return refused
    ? new HashmarkError('rpc-refused', `${label} refused ${method}: ${text}`, { data: { rpcCode: code } })
    : new HashmarkError('rpc-unreachable', `${label} did not answer (${text.replace(/\.$/, '')})`);
}

function describe(error: unknown, label: string): string {
  const message = messageOf(error);
  // Our own errors name the endpoint already.
  return (message.startsWith(label) ? message : `${label}: ${message}`).replace(/\.$/, '');
}
