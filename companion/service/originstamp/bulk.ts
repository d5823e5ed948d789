import type { Context } from 'hono';

import { maxBulkItems } from '../../../shared/wire/originstamp.ts';
import type { ServiceEnv } from '../context.ts';
import { acceptDigests } from './accept.ts';
import { requireTenant } from './authorize.ts';
import type { OriginstampContext } from './context.ts';
import { answerJson, answerText, fail, succeed } from './envelope.ts';
import { toFailure } from './errors.ts';
import { failureCodes, WireFailure } from './failure.ts';
import { readObject } from './read-body.ts';

/**
 * A refusal is repeated for every item. Who sends more than this gets no array: it would be a thousand times its request. A
 * stranger gets one for what a bulk may hold.
 */
const maxRefusedItems = 10_000;

/**
 * POST /v4/timestamp/bulk/create: at most 100 digests, one transaction. The answer is always an array, as long as the
 * request's and in its order: clients map over it before they look at anything. What is wrong with the request as a whole
 * is said for every item.
 */
export function createBulkHandler(context: OriginstampContext) {
  return async (c: Context<ServiceEnv>): Promise<Response> => {
    let items: unknown[] = [];
    try {
      const body = await readBody(context, c);
      items = Array.isArray(body.timestamps) ? body.timestamps : [];
      const { id } = requireTenant(context, c);
      expectSize(body.timestamps);
      const accepted = await acceptDigests(context, id, items);
      return answerJson(accepted.map((each) => (each instanceof WireFailure ? fail(each) : succeed(each))));
    } catch (error) {
      const failure = toFailure(error, c, context.log);
      if (failure.httpStatus !== 200) throw failure;
      const most = failure.code === failureCodes.invalidKey ? maxBulkItems : maxRefusedItems;
      if (items.length > most) {
        throw new WireFailure(
          failureCodes.tooLarge,
          `A bulk must have at most ${maxBulkItems} items, found ${items.length}.`,
          413,
        );
      }
      const refused = JSON.stringify(fail(failure));
      return answerText(`[${Array(Math.max(1, items.length)).fill(refused).join()}]`);
    }
  };
}

/** To a stranger, a body that cannot be read is a list without items, not a broken body. */
async function readBody(
  context: OriginstampContext,
  c: Context<ServiceEnv>,
): Promise<Record<string, unknown>> {
  try {
    return await readObject(c);
  } catch (error) {
    requireTenant(context, c);
    throw error;
  }
}

function expectSize(timestamps: unknown): void {
  if (Array.isArray(timestamps) && timestamps.length > 0 && timestamps.length <= maxBulkItems) return;
  const found = Array.isArray(timestamps) ? `${timestamps.length}` : 'no array';
  throw new WireFailure(
    failureCodes.bulkSize,
    `A bulk must have 1 to ${maxBulkItems} items in the array "timestamps", found ${found}.`,
  );
}
