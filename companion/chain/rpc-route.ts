import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as v from 'valibot';

import { toErrorData } from '../../shared/errors.ts';
import { JsonRpcError } from './json-rpc.ts';
import type { LocalChain } from './local-chain.ts';
import { answerRead, rpcErrorCodes } from './rpc-methods.ts';

/** A thousand hashes in one batch still fit. */
const maxBodyBytes = 128 * 1024;
const maxBatchMembers = 100;

const requestSchema = v.object({
  jsonrpc: v.literal('2.0'),
  id: v.optional(v.union([v.string(), v.number(), v.null()])),
  method: v.string(),
  params: v.optional(v.array(v.unknown()), []),
});

type RpcId = string | number | null;
type RpcAnswer = { jsonrpc: '2.0'; id: RpcId } & (
  | { result: unknown }
  | { error: { code: number; message: string; data?: unknown } }
);

/** What the route asks: any chain, as far as reading goes. */
export type AskedChain = Pick<LocalChain, 'request' | 'isLocal'>;

/**
 * The chain for everybody outside of the companion: JSON-RPC over POST, reading only (the list stands in rpc-methods.ts).
 * Mount it where `chain.rpcUrl` points. Who may ask (Host, Origin) is decided before a request gets here.
 * @param findOther further chains by their id, at `/{chainId}`: so that readers of a public chain need not see the URL of an
 * endpoint that holds a key.
 */
export function createRpcRoute(
  chain: AskedChain,
  findOther: (chainId: number) => AskedChain | undefined = () => undefined,
): Hono {
  const route = new Hono();
  serveReads(route, '/', () => chain);
  serveReads(route, '/:chainId{[0-9]{1,15}}', (c) => findOther(Number(c.req.param('chainId'))));
  return route;
}

function serveReads(route: Hono, path: string, find: (c: Context) => AskedChain | undefined): void {
  route.post(
    path,
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (c) =>
        c.json(
          failure(null, rpcErrorCodes.invalidRequest, `The body is larger than ${maxBodyBytes} bytes.`),
          413,
        ),
    }),
    async (c) => {
      const chain = find(c);
      if (!chain) {
        const message = 'This companion has no such chain set up.';
        return c.json(failure(null, rpcErrorCodes.invalidRequest, message), 404);
      }
      // JSON by its name only: a page's form or text/plain POST needs no preflight and must not get through.
      if (!/^application\/json\s*(;|$)/i.test(c.req.header('content-type') ?? '')) {
        return c.json(
          failure(null, rpcErrorCodes.invalidRequest, 'Send content-type: application/json.'),
          415,
        );
      }
      let body: unknown;
      try {
        body = await c.req.json();
      } catch {
        return c.json(failure(null, rpcErrorCodes.parse, 'The body is not JSON.'), 400);
      }
      if (!Array.isArray(body)) {
        const answer = await answerOne(chain, body);
        if (!answer) return c.body(null, 204);
        return c.json(answer, isUnavailable(answer) ? 503 : 200);
      }
      if (body.length === 0 || body.length > maxBatchMembers) {
        const message = `A batch has 1 to ${maxBatchMembers} members, this one has ${body.length}.`;
        return c.json(failure(null, rpcErrorCodes.invalidRequest, message), 400);
      }
      const answers: RpcAnswer[] = [];
      // One after another: a batch is one reader's, and must not crowd out the others.
      for (const member of body) {
        const answer = await answerOne(chain, member);
        if (answer) answers.push(answer);
      }
      if (answers.length === 0) return c.body(null, 204);
      return c.json(answers, answers.every(isUnavailable) ? 503 : 200);
    },
  );

  route.all(path, (c) =>
    c.json(failure(null, rpcErrorCodes.invalidRequest, 'JSON-RPC is asked by POST.'), 405, { allow: 'POST' }),
  );
}

/** @returns undefined for a notification, which by JSON-RPC gets no answer (and here, since nothing acts, no effect). */
async function answerOne(chain: AskedChain, request: unknown): Promise<RpcAnswer | undefined> {
  const checked = v.safeParse(requestSchema, request);
  if (!checked.success) {
    return failure(
      null,
      rpcErrorCodes.invalidRequest,
      'Expected {"jsonrpc":"2.0","id":…,"method":"…","params":[…]}.',
    );
  }
  const { id, method, params } = checked.output;
  if (id === undefined) return undefined;
  try {
    return { jsonrpc: '2.0', id, result: await answerRead(chain.request, method, params, chain.isLocal) };
  } catch (error) {
    if (error instanceof JsonRpcError) return failure(id, error.code, error.message, error.data);
    const { code, message } = toErrorData(error);
    // Being unable to look must never read like an empty chain, nor show what went wrong inside.
    return code === 'chain-unavailable'
      ? failure(id, rpcErrorCodes.resourceUnavailable, message)
      : failure(id, rpcErrorCodes.internal, 'The chain could not be read.');
  }
}

function failure(id: RpcId, code: number, message: string, data?: unknown): RpcAnswer {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } };
}

function isUnavailable(answer: RpcAnswer): boolean {
  return 'error' in answer && answer.error.code === rpcErrorCodes.resourceUnavailable;
}
