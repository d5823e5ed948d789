import type { Context } from 'hono';

import type { ServiceContext, ServiceEnv } from '../context.ts';
import { countFiles } from '../ledger/files.ts';
import { shownNetwork } from './file-entry.ts';
import { defaultNetwork, lookUpGroup, readGroupReference } from './group-reference.ts';
import { readNetworkHeader } from './request-headers.ts';

/** What clients read as "plenty" where no budget is configured. */
const unlimitedCredits = 1_000_000;

/**
 * HEAD /webhook/{apikey}: totals of the tenant or of a group, in headers. A group that does not exist yet is no
 * failure: it has zero totals, and this webhook would take files for it.
 */
export function createHeadHandler({ ledger }: ServiceContext) {
  return (c: Context<ServiceEnv>): Response => {
    const { id: tenantId, credits } = c.get('tenant');
    const reference = readGroupReference(c);
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
      'X-Credits': String(credits ?? unlimitedCredits),
      'X-Total-Files': String(totals.files),
      'X-Total-Size': String(totals.bytes),
      'X-Group-Enabled': 'true',
      'X-Group-Exists': String(group !== undefined),
      'X-Group-Public': String(group !== undefined && shownNetwork(group.network) === 'public'),
    });
  };
}
