import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/** What a tenant used in one month. */
export interface Usage {
  timestamps: number;
  certificates: number;
  /** Tenths of a credit: prices have one decimal, and sums of them must stay exact. */
  creditTenths: number;
}

/** What the tenant used in that month (`YYYY-MM`, UTC) as far as it was stored. */
export function findUsage(db: DatabaseSync, tenantId: string, month: string): Usage {
  const row = statement(
    db,
    `SELECT timestamps, certificates, credit_tenths AS creditTenths FROM originstamp_usage
     WHERE tenant_id = ? AND month = ?`,
  ).get(tenantId, month) as Usage | undefined;
  return row ?? { timestamps: 0, certificates: 0, creditTenths: 0 };
}

/** Adds to what the tenant used in that month. */
export function addUsage(db: DatabaseSync, tenantId: string, month: string, used: Usage): void {
  statement(
    db,
    `INSERT INTO originstamp_usage (tenant_id, month, timestamps, certificates, credit_tenths) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET timestamps = timestamps + excluded.timestamps,
       certificates = certificates + excluded.certificates, credit_tenths = credit_tenths + excluded.credit_tenths`,
  ).run(tenantId, month, used.timestamps, used.certificates, used.creditTenths);
}
