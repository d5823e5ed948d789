import type { DatabaseSync } from 'node:sqlite';

import type { ServiceContext } from '../context.ts';
import { addUsage, findUsage, type Usage } from '../ledger/originstamp-usage.ts';
import { failureCodes, WireFailure } from './failure.ts';

/** The published price list, in tenths of a credit. What is not on it (the status of a seed, say) is free. */
const priceTenths = {
  create: 10,
  createKnown: 3,
  status: 3,
  /** Of a hash that is unknown, or in no seed. */
  emptyStatus: 1,
  rawProof: 30,
  certificate: 50,
  unavailableProof: 1,
  webhook: 15,
  mail: 50,
  manualWebhook: 3,
};

/** One thing that is counted. */
export type Use = keyof typeof priceTenths;

/** What a tenant used this month (UTC), and what it may use: null is unlimited. */
interface MonthlyUsage extends Usage {
  limits: { timestamps: number | null; certificates: number | null; creditTenths: number | null };
}

/** Counts within one transaction: what a tenant spends is stored with what it got for it, or not at all. */
export interface Account {
  /**
   * All of them or none.
   * @throws WireFailure 9007 when the month has no room for them.
   */
  spend(uses: readonly Use[]): void;
  /** Stores what was spent: call it once, at the end of the transaction's work. */
  save(): void;
}

/** What each tenant uses per month, and how much it may. */
export interface Metering {
  /** For work that changes something. */
  open(db: DatabaseSync, tenantId: string): Account;
  /**
   * For reads, which must not cost a flush of the disk: stored within a second, and at the end. A computer that loses power
   * forgets at most that second, in its users' favour.
   * @throws WireFailure 9007 when the month has no room for it.
   */
  spend(tenantId: string, use: Use): void;
  /** Of the running month, to the last request. */
  usage(tenantId: string): MonthlyUsage;
  /** Stores what reads used. */
  stop(): Promise<void>;
}

const storeAfterMs = 1_000;
const nothing: Usage = { timestamps: 0, certificates: 0, creditTenths: 0 };

/** Counts from the beginning; the quotas follow the settings at once. */
export function createMetering({
  ledger,
  settings,
  log,
  now,
}: Pick<ServiceContext, 'ledger' | 'settings' | 'log' | 'now'>): Metering {
  /** Used by reads and not stored yet. */
  let unstored = new Map<string, { tenantId: string; month: string; used: Usage }>();
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  const currentMonth = () => new Date(now()).toISOString().slice(0, 7);

  function usedIn(db: DatabaseSync, tenantId: string, month: string): Usage {
    const waiting = unstored.get(`${month} ${tenantId}`)?.used;
    const stored = findUsage(db, tenantId, month);
    return waiting ? add(stored, waiting) : stored;
  }

  function expectRoom(used: Usage): void {
    const { originstampTimestampsPerMonth, originstampCertificatesPerMonth, originstampCreditsPerMonth } =
      settings;
    const isOver = (count: number, limit: number | null) => limit !== null && count > limit;
    const name = isOver(used.timestamps, originstampTimestampsPerMonth)
      ? `${count(originstampTimestampsPerMonth, 'timestamp')} (originstampTimestampsPerMonth)`
      : isOver(used.certificates, originstampCertificatesPerMonth)
        ? `${count(originstampCertificatesPerMonth, 'certificate')} (originstampCertificatesPerMonth)`
        : isOver(used.creditTenths / 10, originstampCreditsPerMonth)
          ? `${count(originstampCreditsPerMonth, 'credit')} (originstampCreditsPerMonth)`
          : undefined;
    if (name === undefined) return;
    throw new WireFailure(
      failureCodes.quota,
      `The quota of this month has no room left for this: ${name}. It starts anew with the next month, UTC.`,
    );
  }

  function note(tenantId: string, month: string, used: Usage): void {
    const key = `${month} ${tenantId}`;
    unstored.set(key, { tenantId, month, used: add(unstored.get(key)?.used ?? nothing, used) });
    // A request that ends after the end is not worth a ledger that is closed by then.
    if (!isStopped) timer ??= setTimeout(() => void store(), storeAfterMs).unref();
  }

  async function store(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (unstored.size === 0) return;
    let taken: typeof unstored = new Map();
    try {
      await ledger.write((db) => {
        // In the same breath as the rows: nobody may count them twice, or not at all.
        taken = unstored;
        unstored = new Map();
        for (const { tenantId, month, used } of taken.values()) addUsage(db, tenantId, month, used);
      });
    } catch (error) {
      log('error', 'What reads used could not be stored; trying again', { error });
      for (const { tenantId, month, used } of taken.values()) note(tenantId, month, used);
    }
  }

  return {
    open(db, tenantId) {
      const month = currentMonth();
      const before = usedIn(db, tenantId, month);
      let spent = nothing;
      return {
        spend(uses) {
          const next = uses.reduce((sum, use) => add(sum, usageOf(use)), spent);
          expectRoom(add(before, next));
          spent = next;
        },
        save() {
          if (spent !== nothing) addUsage(db, tenantId, month, spent);
        },
      };
    },
    spend(tenantId, use) {
      const month = currentMonth();
      const used = usageOf(use);
      expectRoom(add(usedIn(ledger.db, tenantId, month), used));
      note(tenantId, month, used);
    },
    usage: (tenantId) => ({
      ...usedIn(ledger.db, tenantId, currentMonth()),
      limits: {
        timestamps: settings.originstampTimestampsPerMonth,
        certificates: settings.originstampCertificatesPerMonth,
        creditTenths:
          settings.originstampCreditsPerMonth === null ? null : settings.originstampCreditsPerMonth * 10,
      },
    }),
    async stop() {
      isStopped = true;
      await store();
    },
  };
}

function count(number: number | null, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function usageOf(use: Use): Usage {
  return {
    timestamps: use === 'create' ? 1 : 0,
    certificates: use === 'certificate' ? 1 : 0,
    creditTenths: priceTenths[use],
  };
}

function add(one: Usage, other: Usage): Usage {
  return {
    timestamps: one.timestamps + other.timestamps,
    certificates: one.certificates + other.certificates,
    creditTenths: one.creditTenths + other.creditTenths,
  };
}
