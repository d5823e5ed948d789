import { HashmarkError, messageOf } from '../../shared/errors.ts';
import { onChain } from '../../shared/evidence/chain-reader.ts';
import { createEndpoint, type Endpoint } from '../../shared/evidence/json-rpc.ts';
import { JsonRpcError } from './json-rpc.ts';

/** Several RPC endpoints of one chain. */
export interface RpcPool {
  /** Each of them, for questions that all are asked. One that answers for another chain fails every question. */
  readonly endpoints: readonly Endpoint[];
  /**
   * Asks one endpoint after the other until one answers, beginning with the last that did.
   * @throws JsonRpcError when an endpoint says no, HashmarkError `chain-unavailable` when none says anything.
   */
  ask(method: string, params: readonly unknown[]): Promise<unknown>;
  /** Cuts off what is under way and refuses what comes. */
  close(): void;
}

export interface RpcPoolOptions {
  chainId: number;
  chainName: string;
  /** JSON-RPC over HTTP. They may hold keys: no message repeats more of them than the host. */
  urls: readonly string[];
  /** Longest answer of one endpoint that we wait for. */
  requestMs?: number;
}

/** Public endpoints answer within a second; one that takes longer than this is as good as down. */
const usualRequestMs = 10_000;
/** Not the chain's word but the provider's: too many requests, or an allowance used up. The next one may have time. */
const tooManyRequests = /rate.?limit|too many requests|quota|capacity/i;
const limitExceeded = -32005;

/** Asks nothing before its first question. */
export function createRpcPool({
  chainId,
  chainName,
  urls,
  requestMs = usualRequestMs,
}: RpcPoolOptions): RpcPool {
  const closing = new AbortController();
  const endpoints = urls.map((url) =>
    onChain(
      createEndpoint(url, (input, init) => {
        const signals = [
          closing.signal,
          AbortSignal.timeout(requestMs),
          ...(init?.signal ? [init.signal] : []),
        ];
        // A redirect would carry the question, and a key in a header, to somewhere the user did not name.
        return fetch(input, { ...init, redirect: 'error', signal: AbortSignal.any(signals) });
      }),
      chainId,
    ),
  );
  let lastGood = 0;

  return {
    endpoints,
    async ask(method, params) {
      const failures: string[] = [];
      for (let step = 0; step < endpoints.length; step++) {
        const position = (lastGood + step) % endpoints.length;
        if (closing.signal.aborted) break;
        try {
          const answer = await (endpoints[position] as Endpoint).request(method, params);
          lastGood = position;
          return answer;
        } catch (error) {
          const refusal = toRefusal(error);
          if (refusal) {
            lastGood = position;
            throw refusal;
          }
          failures.push(messageOf(error));
        }
      }
      throw new HashmarkError(
        'chain-unavailable',
        closing.signal.aborted
          ? `The connection to ${chainName} is closed.`
          : `${chainName} cannot be asked: ${failures.join('; ')}. Check the network, or name another endpoint: \`hashmark chain set\`.`,
        { data: { chainId } },
      );
    },
    close: () => closing.abort(),
  };
}

/** What the chain itself said, if it is that; undefined when another endpoint may do better. */
function toRefusal(error: unknown): JsonRpcError | undefined {
  if (!(error instanceof HashmarkError) || error.code !== 'rpc-refused') return undefined;
  const code = Number(error.data.rpcCode);
  // A log query that is too large has the same code and is the asker's to make smaller.
  if (tooManyRequests.test(error.message) && !/range|results|blocks/i.test(error.message)) return undefined;
  return new JsonRpcError(Number.isFinite(code) ? code : limitExceeded, error.message);
}
