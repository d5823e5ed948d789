import type { ContentfulStatusCode } from 'hono/utils/http-status';

import type { WireFailure } from './failure.ts';

/** Every JSON answer of this API; a bulk's is an array of them. All three keys are always there. */
export interface Envelope<Data = unknown> {
  data: Data | null;
  /** 0: success, and nothing else is. */
  error_code: number;
  error_message: string | null;
}

/** The envelope of an answer that has what was asked for; null where the answer is that it was done. */
export function succeed<Data>(data: Data | null): Envelope<Data> {
  return { data, error_code: 0, error_message: null };
}

/** The envelope of a failure. Its message ends with the id. */
export function fail(failure: WireFailure): Envelope<never> {
  return {
    data: null,
    error_code: failure.code,
    error_message: `${failure.message} [id ${failure.id}]`,
  };
}

/** An answer with exactly the content type that clients of this API expect. */
export function answerJson(
  body: Envelope | readonly Envelope[],
  status: ContentfulStatusCode = 200,
  headers: Record<string, string> = {},
): Response {
  return answerText(JSON.stringify(body), status, headers);
}

/** As {@link answerJson}, of an answer that is JSON text already. */
export function answerText(
  json: string,
  status: ContentfulStatusCode = 200,
  headers: Record<string, string> = {},
): Response {
  return new Response(json, {
    status,
    headers: { 'Content-Type': 'application/json;charset=UTF-8', 'Cache-Control': 'no-store', ...headers },
  });
}
