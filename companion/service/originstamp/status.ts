import type { Context } from 'hono';

import type { ServiceEnv } from '../context.ts';
import { findDigest } from '../ledger/digests.ts';
import type { OriginstampContext } from './context.ts';
import { answerJson, succeed } from './envelope.ts';
import { failureCodes, WireFailure } from './failure.ts';
import { readDigest } from './fields.ts';
import { toTimestampResponse, toVersionOf } from './timestamp-response.ts';

/** GET …/timestamp/{hash_string}: what is known of one digest, whoever submitted it. */
export function createStatusHandler(context: OriginstampContext) {
  const { ledger, seeds, metering } = context;
  return (c: Context<ServiceEnv>): Response => {
    const { id } = c.get('tenant');
    const hash = readDigest(c.req.param('hash'));
    const digest = findDigest(ledger.db, hash);
    const states = digest ? seeds.statesOf(digest.seq) : [];
    metering.spend(id, states.length > 0 ? 'status' : 'emptyStatus');
    if (!digest) {
      throw new WireFailure(failureCodes.unknown, `Nobody has submitted the hash ${hash} to this service.`);
    }
    return answerJson(succeed(toVersionOf(c.req.path, toTimestampResponse(digest, states))));
  };
}
