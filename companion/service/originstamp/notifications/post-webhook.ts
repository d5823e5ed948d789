import { Agent as HttpAgent, request as httpRequest, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

import { HashmarkError, messageOf } from '../../../../shared/errors.ts';
import { version } from '../../../project.ts';
import { isPublicAddress } from './address-guard.ts';
import { createGuardedLookup, privateTarget, type ResolveName } from './guarded-lookup.ts';
import { addressOf } from './webhook-target.ts';

/** Sends webhooks to whoever asked for them, and to no private address. */
export interface WebhookPoster {
  /**
   * One POST of JSON. Nothing is followed, and of the answer only the status counts.
   * @param signal gives it up, without a verdict on the target.
   * @throws HashmarkError `private-target`, `webhook-failed` (no 2xx, no connection, too slow: the message says which, and
   * names nothing of the target but what its owner knows); and the signal's reason.
   */
  post(target: string, json: string, signal: AbortSignal): Promise<void>;
  /** Closes its connections. */
  close(): void;
}

export interface WebhookPosterOptions {
  allowsPrivate: () => boolean;
  /** From the resolving of the name to the head of the answer. */
  timeoutMs: number;
  /** At once, to one host and port. */
  maxPerHost: number;
  resolve?: ResolveName;
}

/** How much of an answer's body is read, so that a receiver that writes one is not cut off. */
const maxAnswerBytes = 16 * 1024;

/**
 * Connections of its own, never those of a global agent: that one may go through a proxy of the environment, which would
 * resolve names itself, out of our sight. And none is used twice: when a kept one breaks, nobody knows whether the other side has
 * read the request, so that one try could become two.
 */
export function createWebhookPoster(options: WebhookPosterOptions): WebhookPoster {
  const { allowsPrivate, timeoutMs, maxPerHost } = options;
  const guarded = createGuardedLookup(allowsPrivate, options.resolve);
  const agentOptions = { keepAlive: false, maxSockets: maxPerHost };
  const agents = { 'http:': new HttpAgent(agentOptions), 'https:': new HttpsAgent(agentOptions) };

  function send(url: URL, body: Buffer, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const requestOptions: RequestOptions = {
        method: 'POST',
        agent: agents[url.protocol as keyof typeof agents],
        lookup: guarded.forConnection(signal),
        signal,
        headers: {
          'content-type': 'application/json;charset=UTF-8',
          'content-length': body.byteLength,
          'user-agent': `Hashmark/${version}`,
        },
      };
      const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, requestOptions);
      // Otherwise an agent with a limit gives the connection on to the next request that waits, `keepAlive` or not.
      request.shouldKeepAlive = false;
      let status: number | undefined;
      const settle = (error: Error) => {
        // Once the status has come, nothing that happens to the body matters.
        if (status === undefined) reject(error);
        else resolve(status);
      };
      request.once('response', (response) => {
        status = response.statusCode ?? 0;
        let received = 0;
        response.on('data', (chunk: Buffer) => {
          received += chunk.byteLength;
          if (received > maxAnswerBytes) response.destroy();
        });
        response.on('error', settle);
        response.once('close', () => settle(noAnswer));
      });
      request.once('error', settle);
      // Some ends are no error to Node, such as an answer that switches to another protocol.
      request.once('close', () => settle(noAnswer));
      request.end(body);
    });
  }

  return {
    async post(target, json, signal) {
      const url = new URL(target);
      const address = addressOf(url);
      if (address !== undefined && !allowsPrivate() && !isPublicAddress(address)) throw privateTarget();
      const body = Buffer.from(json, 'utf8');
      // A timer of our own, not AbortSignal.timeout: that one stays in memory until its time has come.
      const given = new AbortController();
      const giveUp = () => given.abort();
      let isTooLate = false;
      const timer = setTimeout(() => {
        isTooLate = true;
        giveUp();
      }, timeoutMs);
      signal.addEventListener('abort', giveUp, { once: true });
      let status: number;
      try {
        signal.throwIfAborted();
        status = await send(url, body, given.signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof HashmarkError) throw error;
        throw isTooLate
          ? failed(`The target did not answer within ${timeoutMs / 1000} s.`)
          : failed(`The target could not be reached: ${reasonOf(error)}.`);
      } finally {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
      }
      if (status < 200 || status > 299) {
        throw failed(`The target answered ${status}; expected 2xx. Redirects are not followed.`);
      }
    },
    close() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

const noAnswer = new Error('it ended the connection without an answer');

function failed(message: string): HashmarkError {
  return new HashmarkError('webhook-failed', message);
}

/** The system's code where there is one: messages of the system name addresses. */
function reasonOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string') return code;
  return messageOf(error).slice(0, 200);
}
