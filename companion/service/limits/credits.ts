import type { ServiceContext } from '../context.ts';
import { createKeyedMutex } from '../keyed-mutex.ts';
import { remainingCredits } from '../ledger/credits.ts';
import { Refusal } from '../refusal.ts';

/** What clients read as "plenty" where no budget is configured. */
const unlimitedCredits = 1_000_000;

/** The budget of stamps, per tenant. */
export interface Credits {
  /** What the `X-Credits` header says. */
  remaining(tenantId: string): number;
  /** @throws Refusal 402 when the budget is used up. */
  check(tenantId: string): void;
  /**
   * Runs what makes an anchor, if the tenant can pay for it. An anchor costs one credit, however many files it covers;
   * a stamp that finds one that is there costs nothing.
   * @throws Refusal 402 when the budget is used up; nothing was run then.
   */
  pay<T>(tenantId: string, isFree: boolean, anchor: () => Promise<T>): Promise<T>;
}

/** Counts in the ledger; the budget follows the settings at once. Null there: unlimited. */
export function createCredits({ ledger, settings }: Pick<ServiceContext, 'ledger' | 'settings'>): Credits {
  // Two stamps at once could both find the last credit.
  const oneAtATime = createKeyedMutex<string>();
  const left = (tenantId: string) =>
    settings.creditBudget === null ? null : (remainingCredits(ledger.db, tenantId) ?? settings.creditBudget);

  function check(tenantId: string): void {
    if (left(tenantId) !== 0) return;
    throw new Refusal(
      402,
      `Out of credits: the budget of ${settings.creditBudget} stamps is used up. What is stored stays. Raise the setting creditBudget, then stamp again.`,
      { credits: 0 },
    );
  }

  return {
    remaining: (tenantId) => left(tenantId) ?? unlimitedCredits,
    check,
    pay(tenantId, isFree, anchor) {
      if (isFree || settings.creditBudget === null) return anchor();
      return oneAtATime(tenantId, () => {
        check(tenantId);
        return anchor();
      });
    },
  };
}
