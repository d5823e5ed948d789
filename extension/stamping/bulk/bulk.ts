import type { HashPlatform } from '../../../shared/fingerprint/fingerprint.ts';
import { maxBulkItems } from '../../../shared/wire/originstamp.ts';

/**
 * How far one row is. `queued`: not sent yet. `sent`: the service has it in a seed that is not proven yet. `proven`: its proof
 * was fetched, every step recomputed, the root read on the chain. `failed`: it stopped, and says why.
 */
export type RowState = 'queued' | 'sent' | 'proven' | 'failed';

/** A digest of a list, with what became of it. Plain JSON. */
export interface BulkRow {
  /** 64 lower-case hex digits. */
  digest: string;
  /** Where the digest comes from, for people: a path or a name of the list's; may be empty. Stays on this computer. */
  name: string;
  /** Of files that were hashed here. */
  sizeBytes?: number;
  /** What hashed the file, if one was hashed here. */
  hashedBy?: HashPlatform['name'];
  state: RowState;
  /** False when the service knew the digest before. */
  isNew?: boolean;
  /** When the service first had it, Unix milliseconds: its word. */
  submittedAtMs?: number;
  /** The seeds it is in, one per currency. */
  seedIds?: string[];
  /** Why it failed, with the next step. */
  message?: string;
}

/** As many rows as one request carries: what one request changes is one record on disk. */
export const rowsPerPart = maxBulkItems;

/** Rows of a list that are sent together, in the order of the list. */
export interface BulkPart {
  bulkId: string;
  index: number;
  rows: BulkRow[];
  /** What is to be done with it next: see {@link stageOf}. */
  stage: 'queued' | 'sent' | 'settled';
  /** The bulk's revision in which it changed last: a page reads only what is newer than what it has. */
  revision: number;
}

/** A list of digests that is being stamped, or was. */
export interface Bulk {
  id: string;
  /** For people: the name of the list, or how many files. */
  name: string;
  createdAtMs: number;
  rowCount: number;
  counts: Record<RowState, number>;
  /** How many the service knew before. */
  knownCount: number;
  /** The seeds that its digests are in. */
  seedIds: string[];
  /** The user stopped it. */
  isStopped: boolean;
  /** Why it waits, or halted, with the next step. */
  message?: string;
  /** True when it goes on only after the user asked for it: what went wrong does not pass by itself. */
  isHalted: boolean;
  /** Failures in a row that may pass by themselves. */
  attempts: number;
  /** Not before this time, Unix milliseconds. */
  nextTryAtMs: number;
  /** Raised by every change of a part. */
  revision: number;
  /** True once the user was told that nothing is open any more. */
  isNotified: boolean;
  removedAtMs?: number;
}

/** A seed that rows are in: followed once for all of them, in whatever list they are. */
export interface FollowedSeed {
  /** Lower-case UUID. */
  seedId: string;
  currencyId: number;
  /** 0 queued, 1 broadcast, 2 in a block, 3 final; what the service says. */
  status: 0 | 1 | 2 | 3;
  /** 64 hex digits. */
  root: string | null;
  transaction: string | null;
  /** Unix milliseconds. */
  timestampMs: number | null;
  /** Not asked about before this time, Unix milliseconds. */
  nextLookAtMs: number;
  /** What reading the chain ourselves has shown; absent until then. */
  check?: SeedCheck;
}

/** What the chain says about a seed's root: the same for every digest of the seed. */
export interface SeedCheck {
  outcome: 'confirmed' | 'unfamiliar';
  reason: string;
  /** 64 hex digits. */
  root: string;
  /** Absent for Bitcoin. */
  chainId?: number;
  chainName: string;
  isLocal: boolean;
  transaction: string;
  /** Unix seconds. */
  blockTimeSeconds: number;
  /** Unix milliseconds. */
  checkedAtMs: number;
}

/** What a list does now. `done` says that nothing is open; rows may have failed. */
export type BulkPhase = 'sending' | 'stopped' | 'halted' | 'waiting' | 'done';

export function phaseOf({ counts, isStopped, isHalted }: Bulk): BulkPhase {
  if (counts.queued === 0 && counts.sent === 0) return 'done';
  if (isHalted) return 'halted';
  if (counts.queued === 0) return 'waiting';
  return isStopped ? 'stopped' : 'sending';
}

/** True when there is something to do without being asked. */
export function isOpen(bulk: Bulk): boolean {
  if (bulk.removedAtMs !== undefined) return false;
  const phase = phaseOf(bulk);
  // A list that was stopped is sent no further; what was sent of it is followed all the same.
  return phase === 'sending' || phase === 'waiting' || (phase === 'stopped' && bulk.counts.sent > 0);
}

/** A chain that costs money takes its time, and so does a companion that is off: after this long, waiting is no work. */
const longWaitMs = 60_000;

/** True while something of it is done, or will be soon. */
export function isAtWork(bulk: Bulk, nowMs: number): boolean {
  return isOpen(bulk) && (bulk.nextTryAtMs <= nowMs || nowMs - bulk.createdAtMs < longWaitMs);
}

/** What a part needs next: its rows are sent first, then proven. */
export function stageOf(rows: readonly BulkRow[]): BulkPart['stage'] {
  if (rows.some(({ state }) => state === 'queued')) return 'queued';
  return rows.some(({ state }) => state === 'sent') ? 'sent' : 'settled';
}

/** How many rows there are of each state. */
export function countStates(rows: Iterable<BulkRow>): Record<RowState, number> {
  const counts = { queued: 0, sent: 0, proven: 0, failed: 0 };
  for (const { state } of rows) counts[state] += 1;
  return counts;
}
