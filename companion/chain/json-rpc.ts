import * as v from 'valibot';

/** The node answered, and the answer is an error: it is alive, and asking again will not help. */
export class JsonRpcError extends Error {
  override readonly name = 'JsonRpcError';
  /** JSON-RPC error code, for instance -32601 for an unknown method. */
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

const answerSchema = v.union([
  v.object({ error: v.object({ code: v.number(), message: v.string(), data: v.optional(v.unknown()) }) }),
  v.object({ result: v.unknown() }),
]);

/**
 * Asks a JSON-RPC endpoint over HTTP, once.
 * @throws JsonRpcError when the endpoint answers with an error; what `fetch` throws when there is no usable answer
 * (refused, cut off, not JSON, `TimeoutError` after `timeoutMs`).
 */
export async function askJsonRpc(url: string, method: string, params: readonly unknown[], timeoutMs: number) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const answer = v.parse(answerSchema, await response.json());
  if ('error' in answer) throw new JsonRpcError(answer.error.code, answer.error.message, answer.error.data);
  return answer.result;
}
