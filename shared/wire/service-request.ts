// How a call of a stamping API travels: header values, refusals as errors, answers checked against their schema.

import * as v from 'valibot';

import { HashmarkError } from '../errors.ts';
import { readAtMost } from '../read-at-most.ts';

/** What the client calls: global `fetch`, or one that signs its requests. Only strings go in as URL. */
export type WireFetch = (url: string, init?: RequestInit) => Promise<Response>;

/**
 * A header value in the form that survives every hop: printable ASCII goes as it is, anything else (and `%`, so that
 * decoding gives back the same text) percent-encoded as UTF-8.
 */
export function encodeHeaderValue(value: string): string {
  const isPlain = /^[!-~]([ -~]*[!-~])?$/.test(value) && !value.includes('%');
  return isPlain ? value : encodeURIComponent(value.toWellFormed());
}

/**
 * Sends one request; an answer that is not 2xx is thrown.
 * @param action reads on after "Could not", for instance `list the groups`.
 * @throws HashmarkError with the codes that the clients list (see `createChainletterClient`); an abort by the caller as it is.
 */
export async function request(
  fetch: WireFetch,
  action: string,
  url: string,
  init: RequestInit,
  callerSignal: AbortSignal | undefined,
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (cause) {
    throw toUnreachable(action, cause, callerSignal);
  }
  if (response.ok) return response;
  throw await toRefusal(action, response);
}

function toUnreachable(action: string, cause: unknown, callerSignal: AbortSignal | undefined): unknown {
  if (callerSignal?.aborted) return cause;
  // A signing fetch knows better why it failed (not paired, impostor): its words stay.
  if (cause instanceof HashmarkError) return cause;
  const isTimeout = cause instanceof Error && cause.name === 'TimeoutError';
  const reason = isTimeout ? 'it did not answer in time' : 'it could not be reached';
  return new HashmarkError('service-unreachable', `Could not ${action}: ${reason}. Try again later.`, {
    cause,
  });
}

/** Server words end up in front of people: enough for any real message, too little for a page of HTML. */
const maxMessageCharacters = 300;
const maxRefusalBytes = 64 * 1024;
/** A group of some hundred thousand files; the keyholder passes no more either. */
const maxAnswerBytes = 64 * 1024 * 1024;

async function toRefusal(action: string, response: Response): Promise<HashmarkError> {
  const { status } = response;
  // What is too long to be a refusal says nothing.
  const text = await readText(response, maxRefusalBytes).catch(() => '');
  let body: Record<string, unknown> = {};
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) body = json as Record<string, unknown>;
  } catch {
    // Proxies answer in HTML: the status says enough.
  }
  const said = [body.message, body.error, body.error_message].find((part) => typeof part === 'string');
  const words = typeof said === 'string' ? said.slice(0, maxMessageCharacters) : `HTTP ${status}`;
  const data: Record<string, unknown> = { status };
  if (typeof body.hash === 'string') data.cid = body.hash;
  const retryAfterSeconds = readInteger(response.headers.get('retry-after'));
  if (retryAfterSeconds !== undefined) data.retryAfterSeconds = retryAfterSeconds;
  return new HashmarkError(refusalCode(status), `Could not ${action}: ${words}`, { data });
}

function refusalCode(status: number): string {
  switch (status) {
    case 401:
      return 'service-unauthorized';
    case 403:
      return 'service-forbidden';
    case 404:
      return 'not-found';
    case 409:
      return 'already-exists';
    case 429:
      return 'rate-limited';
    default:
      return status >= 500 ? 'service-failed' : 'service-refused';
  }
}

async function readText(response: Response, limitBytes: number): Promise<string> {
  return new TextDecoder().decode(await readAtMost(response.body, limitBytes));
}

/**
 * The body of an answer, checked against its schema.
 * @throws HashmarkError `service-unreadable` when it is not the API's; `service-unreachable` when it broke off.
 */
export async function readReply<T>(
  action: string,
  schema: v.GenericSchema<unknown, T>,
  response: Response,
  callerSignal: AbortSignal | undefined,
): Promise<T> {
  let json: unknown;
  try {
    json = JSON.parse(await readText(response, maxAnswerBytes));
  } catch (cause) {
    if (cause instanceof HashmarkError && cause.code === 'too-large') {
      throw unreadable(action, `the answer has more than ${maxAnswerBytes} bytes`, response.status);
    }
    if (!(cause instanceof SyntaxError)) throw toUnreachable(action, cause, callerSignal);
    throw new HashmarkError(
      'service-unreadable',
      `Could not ${action}: the answer is not JSON. Is this the API's address?`,
      {
        data: { status: response.status },
        cause,
      },
    );
  }
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const where = v.getDotPath(issue) ?? 'the answer';
  throw unreadable(action, `${where} is not as the API describes it (${issue.message})`, response.status);
}

/** An answer that is not the API's. `what` is the part of a sentence that says in what. */
export function unreadable(action: string, what: string, status?: number): HashmarkError {
  return new HashmarkError('service-unreadable', `Could not ${action}: ${what}.`, {
    data: status === undefined ? {} : { status },
  });
}

/** A header that counts something; undefined when it is absent or no whole number. */
function readInteger(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}

/** The caller's signal, and a limit of time. */
export function withTimeout(signal: AbortSignal | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}
