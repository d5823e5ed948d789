import type { Log } from '../../../log.ts';

/** Does something again and again: when it is due, when it is woken, and never twice at the same time. */
export interface Ticker {
  start(): void;
  /** Works soon. A call while it works makes it work once more. */
  wake(): void;
  /** Ends after the work that is under way. */
  stop(): Promise<void>;
}

export interface TickerOptions {
  /** @returns when the next work is due, Unix milliseconds; undefined: nothing is known to come. */
  work(): number | undefined | Promise<number | undefined>;
  log: Log;
  /** What works, for the log. */
  label: string;
  /** Unix milliseconds. */
  now: () => number;
}

/** Clocks are set, and computers sleep: longer than this no timer is trusted. */
const longestWaitMs = 1_000;
const retryMs = 1_000;

/** Does nothing before it is started. */
export function createTicker({ work, log, label, now }: TickerOptions): Ticker {
  let isStarted = false;
  let isStopped = false;
  let isWoken = false;
  let working: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  function wake(): void {
    isWoken = true;
    if (!isStarted || isStopped || working) return;
    clearTimeout(timer);
    working = run().finally(() => {
      working = undefined;
      if (isWoken) wake();
    });
  }

  async function run(): Promise<void> {
    // Many calls within one turn are one piece of work.
    await new Promise((resolve) => setImmediate(resolve));
    if (isStopped) return;
    isWoken = false;
    let next: number | undefined;
    try {
      next = await work();
    } catch (error) {
      log('error', `${label} could not go on; trying again.`, { error });
      next = now() + retryMs;
    }
    if (next === undefined || isStopped) return;
    timer = setTimeout(wake, Math.min(Math.max(next - now(), 0), longestWaitMs)).unref();
  }

  return {
    start() {
      isStarted = true;
      wake();
    },
    wake,
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await working;
    },
  };
}
