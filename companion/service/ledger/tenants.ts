import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

import { statement } from './statement.ts';

/** A tenant as it lies in the ledger. */
export interface Tenant {
  /** Shown as `tenant_id` in events. */
  id: string;
  name: string;
  secretKeyHash: Uint8Array;
  /** Null: no budget is configured. */
  credits: number | null;
}

/** A tenant with its keys in plain text, as it is created; the ledger keeps only their hashes. */
export interface TenantKeys {
  id: string;
  name: string;
  /** Last segment of the webhook URL. */
  apiKey: string;
  secretKey: string;
  originstampKey?: string;
}

/** Keys are long and random, so a plain hash keeps them: there is nothing to guess. */
export function hashKey(key: string): Uint8Array {
  return createHash('sha256').update(key, 'utf8').digest();
}

/** Creates the tenant, or gives a known one new keys and a new name. Only hashes of the keys are stored. */
export function putTenant(db: DatabaseSync, keys: TenantKeys, now: number): void {
  statement(
    db,
    `INSERT INTO tenants (id, name, api_key_hash, secret_key_hash, originstamp_key_hash, created_at)
     VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, api_key_hash = excluded.api_key_hash,
       secret_key_hash = excluded.secret_key_hash, originstamp_key_hash = excluded.originstamp_key_hash`,
  ).run(
    keys.id,
    keys.name,
    hashKey(keys.apiKey),
    hashKey(keys.secretKey),
    keys.originstampKey === undefined ? null : hashKey(keys.originstampKey),
    now,
  );
}

/** The tenant whose webhook URL ends in `apiKey`. */
export function findTenantByApiKey(db: DatabaseSync, apiKey: string): Tenant | undefined {
  const row = statement(
    db,
    'SELECT id, name, secret_key_hash AS secretKeyHash, credits FROM tenants WHERE api_key_hash = ?',
  ).get(hashKey(apiKey));
  return row as unknown as Tenant | undefined;
}

/** The tenant that the OriginStamp key belongs to, unless it is switched off. */
export function findTenantByOriginstampKey(db: DatabaseSync, key: string): Tenant | undefined {
  const row = statement(
    db,
    `SELECT id, name, secret_key_hash AS secretKeyHash, credits FROM tenants
     WHERE originstamp_key_hash = ? AND is_enabled = 1`,
  ).get(hashKey(key));
  return row as unknown as Tenant | undefined;
}

/** Switches every tenant on or off; those that were the other way before. */
export function setTenantsEnabled(db: DatabaseSync, isEnabled: boolean): { id: string }[] {
  return statement(db, 'UPDATE tenants SET is_enabled = ?1 WHERE is_enabled <> ?1 RETURNING id').all(
    isEnabled ? 1 : 0,
  ) as unknown as { id: string }[];
}
