import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/**
 * Gives every tenant this budget; null: none. Stamps count from when a tenant first had one, so that a budget says what
 * may still be spent and not what was spent before anybody counted.
 */
export function setCreditBudget(db: DatabaseSync, budget: number | null): void {
  statement(
    db,
    `UPDATE tenants SET credits = ?1, credits_after_anchor = CASE WHEN ?1 IS NULL THEN NULL
       ELSE coalesce(credits_after_anchor, (SELECT coalesce(max(ref), 0) FROM anchors)) END
     WHERE credits IS NOT ?1`,
  ).run(budget);
}

/**
 * What a tenant may still spend, never less than 0; null without a budget. Derived from its anchors: one credit each,
 * and none for one that failed or that holds a seed's root. So no crash can charge for a stamp that was not made, or forget one that was.
 */
export function remainingCredits(db: DatabaseSync, tenantId: string): number | null {
  const row = statement(
    db,
    `SELECT credits - (SELECT count(*) FROM anchors a
       WHERE a.tenant_id = tenants.id AND a.ref > tenants.credits_after_anchor AND a.state <> 'failed'
         AND a.kind = 'mapping') AS remaining
     FROM tenants WHERE id = ?`,
  ).get(tenantId) as { remaining: number | null } | undefined;
  return row?.remaining == null ? null : Math.max(0, row.remaining);
}
