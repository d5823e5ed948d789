import type { Context } from 'hono';

import type { ServiceEnv } from '../context.ts';
import type { OriginstampContext } from './context.ts';
import { answerJson, succeed } from './envelope.ts';
import { failureCodes, WireFailure } from './failure.ts';
import { toTimestampData } from './timestamp-response.ts';

/** GET /v4/timestamp/status/seed/{seed_id}: one object for all hashes of the seed. Free: it is how clients should poll. */
export function createSeedStatusHandler({ seeds }: Pick<OriginstampContext, 'seeds'>) {
  return (c: Context<ServiceEnv>): Response => {
    const seedId = c.req.param('seed') ?? '';
    const state = seeds.find(seedId);
    if (!state) {
      throw new WireFailure(failureCodes.unknown, `This service has no seed ${seedId.slice(0, 100)}.`);
    }
    return answerJson(succeed(toTimestampData(state)));
  };
}
