import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { countFiles } from '../ledger/files.ts';
import { confinesOf } from '../tokens/confine.ts';
import { shownNetwork } from './file-entry.ts';
import { defaultNetwork, lookUpGroup, readGroupReference } from './group-reference.ts';
import { readNetworkHeader } from './request-headers.ts';

/**
 * HEAD /webhook/{apikey}: totals of the tenant or of a group, in headers. A group that does not exist yet is no
 * failure: it has zero totals, and this webhook would take files for it.
 */
export function createHeadHandler(context: ServiceContext) {
  const { ledger, credits, settings } = context;
  return (c: Context<ServiceEnv>): Response => {
    const tenantId = c.get('tenant').id;
    // A token that is kept in its group sees nothing beyond it.
    const reference = readGroupReference(c) ?? confinesOf(context, c)?.groupName;
    const group = reference === undefined ? undefined : lookUpGroup(ledger.db, tenantId, reference);
    const isUnknown = reference !== undefined && !group;
    const totals = isUnknown
      ? { files: 0, bytes: 0 }
      : countFiles(ledger.db, tenantId, {
          groupRef: group?.ref,
          network: readNetworkHeader(c),
          provisional: defaultNetwork,
        });
    return c.body(null, 200, {
      'X-Credits': String(credits.remaining(tenantId)),
      'X-Total-Files': String(totals.files),
      'X-Total-Size': String(totals.bytes),
      'X-Group-Enabled': String(settings.webhookEnabled),
      'X-Group-Exists': String(group !== undefined),
      'X-Group-Public': String(group !== undefined && shownNetwork(group.network) === 'public'),
    });
  };
}
