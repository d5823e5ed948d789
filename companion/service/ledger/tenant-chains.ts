import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/** The chain that the tenant's stamps go to, or undefined: the service's default. */
export function findTenantChain(db: DatabaseSync, tenantId: string): number | undefined {
  const row = statement(db, 'SELECT chain_id AS chainId FROM tenants WHERE id = ?').get(tenantId) as
    | { chainId: number | null }
    | undefined;
  return row?.chainId ?? undefined;
}

/** Chooses the tenant's chain; undefined goes back to the default. What is anchored elsewhere stays where it is. */
export function chooseTenantChain(db: DatabaseSync, tenantId: string, chainId: number | undefined): void {
  statement(db, 'UPDATE tenants SET chain_id = ? WHERE id = ?').run(chainId ?? null, tenantId);
}
