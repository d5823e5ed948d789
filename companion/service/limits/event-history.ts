import { setTimeout as delay } from 'node:timers/promises';

import type { ServiceContext } from '../context.ts';
import { dropEventsBefore } from '../ledger/event-history.ts';

const sweepEveryMs = 60 * 60_000;
/** Few enough that a request that waits behind a step does not notice. */
const eventsPerStep = 1_000;
const dayMs = 24 * 60 * 60_000;

/** Forgets events that are older than the settings say, at the start and every hour. */
export interface EventHistory {
  start(): void;
  stop(): Promise<void>;
}

/** Does nothing before it is started. */
export function createEventHistory({
  ledger,
  settings,
  log,
  now,
}: Pick<ServiceContext, 'ledger' | 'settings' | 'log' | 'now'>): EventHistory {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;

  async function sweep(): Promise<void> {
    const { eventHistoryDays } = settings;
    if (eventHistoryDays === null) return;
    const before = now() - eventHistoryDays * dayMs;
    while (!stopping.signal.aborted) {
      if (!(await ledger.write((db) => dropEventsBefore(db, before, eventsPerStep)))) return;
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      await sweep().catch((error) => log('error', 'Old events could not be forgotten', { error }));
      await delay(sweepEveryMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined);
    }
  }

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
