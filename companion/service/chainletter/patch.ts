import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { requireGroup, requireGroupReference } from './group-reference.ts';
import { readNetworkHeader } from './request-headers.ts';
import type { Stamping } from './stamping.ts';

/** PATCH /webhook/{apikey}: stamps a group. The body, which comes in several forms, says nothing and is not read. */
export function createPatchHandler({ ledger }: ServiceContext, stamping: Stamping) {
  return async (c: Context<ServiceEnv>): Promise<Response> => {
    const group = requireGroup(ledger.db, c.get('tenant').id, requireGroupReference(c));
    const stamp = await stamping.stampGroup(group, readNetworkHeader(c));
    return c.json({
      success: true,
      message: stamp.message,
      files_stamped: stamp.filesStamped,
      network: stamp.network,
      group_id: group.groupId,
      transaction_id: stamp.transactionId,
      postmark_hash: stamp.postmarkCid,
      contract: stamp.contract,
      pending: stamp.isPending,
    });
  };
}
