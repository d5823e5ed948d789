import { HashmarkError } from '../../shared/errors.ts';
import type { ChainletterEvent, EventStreamItem } from '../../shared/wire/event-stream.ts';
import type { EventCursor } from './event-cursor.ts';

export interface EventsDeps {
  open: (options: { lastEventId?: string; signal: AbortSignal }) => AsyncIterable<EventStreamItem>;
  /** Of whoever is followed now: the service replays what came after it. */
  readCursor: () => Promise<EventCursor>;
  handle: (event: ChainletterEvent) => Promise<void>;
  /** Called when a stream is open: what was missed without a trace can be looked for now. */
  onOpen: () => void;
  /** Called at every sign of life. In a worker it must call an extension API: reading alone does not keep it alive. */
  onTick: () => void;
  /** Waits, or returns early when `signal` aborts. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  log: (message: string, error: unknown) => void;
}

export interface EventFollower {
  /** Opens the stream unless it is open. Call it at start, by alarm and when the pairing has changed. */
  ensure(): void;
  /** Ends the stream and opens it anew: to another companion, for instance. */
  restart(): void;
  stop(): void;
}

/** Waits between tries to open the stream, in milliseconds; then the alarm takes over. */
const waitsMs = [500, 1_000, 2_000, 5_000, 10_000, 15_000];

/** Keeps one event stream open, replaying what was missed. Handling comes before remembering, so nothing is lost. */
export function createEventFollower(deps: EventsDeps): EventFollower {
  let current: AbortController | undefined;

  async function follow(signal: AbortSignal): Promise<void> {
    for (let failures = 0; failures < waitsMs.length && !signal.aborted; failures += 1) {
      try {
        const { lastEventId, keep } = await deps.readCursor();
        let isOpen = false;
        for await (const item of deps.open({ ...(lastEventId ? { lastEventId } : {}), signal })) {
          if (!isOpen) deps.onOpen();
          isOpen = true;
          failures = 0;
          deps.onTick();
          if (item.kind !== 'event') continue;
          await take(item.event);
          // A stream that was ended meanwhile has another's cursor in its place.
          if (item.lastEventId && !signal.aborted) await keep(item.lastEventId);
        }
      } catch (error) {
        if (signal.aborted) return;
        const code = error instanceof HashmarkError ? error.code : 'internal';
        // Not paired is a state, not a failure: pairing starts us again.
        if (code === 'not-paired') return;
        if (code === 'internal') deps.log('The event stream broke', error);
      }
      await deps.wait(waitsMs[failures] as number, signal);
    }
  }

  async function take(event: ChainletterEvent): Promise<void> {
    try {
      await deps.handle(event);
    } catch (error) {
      deps.log(`Event ${event.type} was not handled`, error); // The jobs look by themselves as well.
    }
  }

  const follower: EventFollower = {
    ensure() {
      if (current) return;
      const abort = new AbortController();
      current = abort;
      void follow(abort.signal).finally(() => {
        if (current === abort) current = undefined;
      });
    },
    restart() {
      follower.stop();
      follower.ensure();
    },
    stop() {
      current?.abort();
      current = undefined;
    },
  };
  return follower;
}
