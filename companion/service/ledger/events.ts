import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/** An event as it lies in the ledger. */
export interface LedgerEvent {
  /** Commit order; never reused. */
  id: number;
  tenantId: string;
  type: string;
  data: Record<string, unknown>;
  /** Unix milliseconds. */
  timestamp: number;
}

/** An event before it has a number and a time. */
export type NewEvent = Pick<LedgerEvent, 'tenantId' | 'type' | 'data'>;

/** Stores an event in the transaction of what it reports; its id. */
export function appendEvent(db: DatabaseSync, event: NewEvent, now: number): number {
  const { lastInsertRowid } = statement(
    db,
    'INSERT INTO events (tenant_id, type, data, timestamp) VALUES (?, ?, ?, ?)',
  ).run(event.tenantId, event.type, JSON.stringify(event.data), now);
  return Number(lastInsertRowid);
}

/** A tenant's events with `after` < id ≤ `upTo`, in order, at most `limit`. */
export function listEvents(
  db: DatabaseSync,
  tenantId: string,
  { after, upTo, limit }: { after: number; upTo: number; limit: number },
): LedgerEvent[] {
  const rows = statement(
    db,
    `SELECT id, tenant_id AS tenantId, type, data, timestamp FROM events
     WHERE tenant_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?`,
  ).all(tenantId, after, upTo, limit) as unknown as (Omit<LedgerEvent, 'data'> & { data: string })[];
  return rows.map((row) => ({ ...row, data: JSON.parse(row.data) as Record<string, unknown> }));
}

/** The id of the newest event of all tenants, 0 when there is none. */
export function newestEventId(db: DatabaseSync): number {
  const row = statement(db, 'SELECT coalesce(max(id), 0) AS id FROM events').get() as { id: number };
  return row.id;
}
