import type { Context } from 'hono';

import type { ServiceEnv } from '../context.ts';
import { acceptDigests } from './accept.ts';
import type { OriginstampContext } from './context.ts';
import { answerJson, succeed } from './envelope.ts';
import { failureCodes, WireFailure } from './failure.ts';
import { readObject } from './read-body.ts';
import { toVersionOf } from './timestamp-response.ts';

/** POST …/timestamp/create: one digest. It is on disk when it is answered. */
export function createCreateHandler(context: OriginstampContext) {
  return async (c: Context<ServiceEnv>): Promise<Response> => {
    const [accepted] = await acceptDigests(context, c.get('tenant').id, [await readObject(c)]);
    // One item in, one out.
    if (!accepted) throw new WireFailure(failureCodes.internal, 'Nothing was accepted.');
    if (accepted instanceof WireFailure) throw accepted;
    return answerJson(succeed(toVersionOf(c.req.path, accepted)));
  };
}
