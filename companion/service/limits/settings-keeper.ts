import type { ServiceContext } from '../context.ts';
import { setCreditBudget } from '../ledger/credits.ts';
import { setTenantsEnabled } from '../ledger/tenants.ts';

/** How long a changed setting may go without its event. */
const lookEveryMs = 1_000;

/** Carries those settings into the ledger that leave a trace there: an event, or a count that starts. */
export interface SettingsKeeper {
  /** Looks at the settings now, and from then on every second. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Does nothing before it is started. */
export function createSettingsKeeper({
  ledger,
  hub,
  settings,
  log,
}: Pick<ServiceContext, 'ledger' | 'hub' | 'settings' | 'log'>): SettingsKeeper {
  let applied: { isEnabled: boolean; creditBudget: number | null } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> = Promise.resolve();

  async function apply(): Promise<void> {
    const { webhookEnabled: isEnabled, creditBudget } = settings;
    if (applied?.isEnabled === isEnabled && applied.creditBudget === creditBudget) return;
    await ledger.write((db) => {
      setCreditBudget(db, creditBudget);
      const type = isEnabled ? 'webhook.enabled' : 'webhook.disabled';
      for (const { id } of setTenantsEnabled(db, isEnabled)) hub.append(db, { tenantId: id, type, data: {} });
    });
    hub.announce();
    applied = { isEnabled, creditBudget };
  }

  return {
    async start() {
      await apply();
      timer = setInterval(() => {
        working = working
          .then(apply)
          .catch((error) => log('error', 'Changed settings could not be stored; trying again', { error }));
      }, lookEveryMs).unref();
    },
    async stop() {
      clearInterval(timer);
      await working;
    },
  };
}
