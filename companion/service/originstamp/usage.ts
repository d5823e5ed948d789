import type { Context } from 'hono';

import type { ServiceEnv } from '../context.ts';
import type { OriginstampContext } from './context.ts';
import { answerJson, succeed } from './envelope.ts';

/** What clients read as "plenty" where there is no quota; fits the 32 bits that generated clients read it into. */
const plenty = 1_000_000_000;

/** GET /v3/api_key/usage: the account's figures of the current month, UTC. */
export function createUsageHandler({ metering }: Pick<OriginstampContext, 'metering'>) {
  return (c: Context<ServiceEnv>): Response => {
    const { timestamps, certificates, creditTenths, limits } = metering.usage(c.get('tenant').id);
    const creditLimitTenths = limits.creditTenths ?? plenty * 10;
    const countsCredits = limits.creditTenths !== null && limits.timestamps === null;
    return answerJson(
      succeed({
        credits_per_month: creditLimitTenths / 10,
        remaining_credits: Math.max(0, creditLimitTenths - creditTenths) / 10,
        consumed_credits: creditTenths / 10,
        timestamps_per_month: limits.timestamps ?? plenty,
        consumed_timestamps: timestamps,
        certificate_per_month: limits.certificates ?? plenty,
        consumed_certificates: certificates,
        limitation_type: countsCredits ? 0 : 1,
      }),
    );
  };
}
