import type { ServerResponse } from 'node:http';

import { eventFrame, greetingFrame, heartbeatFrame } from './event-frames.ts';
import type { EventHub } from './event-hub.ts';

/** How often a comment line says that the connection lives: readers behind proxies give up on silent ones. */
const heartbeatMs = 15_000;

/** A reader this far behind is cut off; it comes back with its `Last-Event-ID` and misses nothing. */
const maxUnreadBytes = 1024 * 1024;

/** A reader that was cut off has so long to take what is on its way to it. */
const lastWordsMs = 5_000;

/** Events per step of a replay: the reader's pace decides when the next step is read. */
const replayPageSize = 100;

/**
 * A tenant's events for many readers. Each stream opens with `connection.established`, replays what came after
 * `lastEventId` (nothing without one), and goes on until the reader leaves, falls too far behind, or everything closes.
 * No reader can hold up another one, nor whoever causes an event.
 */
export interface EventStreams {
  /** As a response body, for requests that are answered in process. */
  open(tenantId: string, lastEventId: number | undefined): ReadableStream<Uint8Array>;
  /**
   * Onto a response whose head is written. A frame is encoded once and the same bytes go to every socket; a web stream per
   * reader costs about five times the processor (`npm run bench -- service` measures what this does).
   */
  serve(tenantId: string, lastEventId: number | undefined, response: ServerResponse): void;
  closeAll(): void;
}

/** Where the frames of one reader go. */
interface Outlet {
  /** Takes a frame. False: the reader has enough for now, and {@link Feed.pull} is to be called when it wants more. */
  write(frame: Uint8Array): boolean;
  /** True when more lies unread than a reader may leave. */
  isOverfull(): boolean;
  /** Ends the stream after what was written. */
  end(): void;
}

/** One reader's way through the events: what it missed at its own pace, then live. */
interface Feed {
  /** Goes on with the replay; live readers need no pulling. */
  pull(): void;
  /** The reader left. */
  forget(): void;
}

export function createEventStreams({ hub, now }: { hub: EventHub; now: () => number }): EventStreams {
  const connections = new Set<{ send(frame: Uint8Array): void; close(): void }>();
  let timer: NodeJS.Timeout | undefined;

  function attach(tenantId: string, lastEventId: number | undefined, outlet: Outlet): Feed {
    let cursor = lastEventId;
    let unsubscribe: (() => void) | undefined;

    const connection = {
      send(frame: Uint8Array) {
        if (outlet.isOverfull()) connection.close();
        else outlet.write(frame);
      },
      close() {
        forget();
        outlet.end();
      },
    };
    function forget(): void {
      unsubscribe?.();
      connections.delete(connection);
      if (connections.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    }

    connections.add(connection);
    timer ??= setInterval(() => {
      for (const each of [...connections]) each.send(heartbeatFrame);
    }, heartbeatMs).unref();
    outlet.write(greetingFrame(tenantId, now()));

    return {
      pull() {
        while (!unsubscribe && connections.has(connection)) {
          const missed = cursor === undefined ? [] : hub.replay(tenantId, cursor, replayPageSize);
          cursor = missed.at(-1)?.id ?? cursor;
          // Nothing can be announced between an empty replay and this line: both run in one go.
          if (missed.length === 0) {
            unsubscribe = hub.subscribe(tenantId, (event) => connection.send(eventFrame(event)));
          }
          let wantsMore = true;
          for (const event of missed) wantsMore = outlet.write(eventFrame(event));
          if (!wantsMore) return;
        }
      },
      forget,
    };
  }

  return {
    open(tenantId, lastEventId) {
      let feed: Feed;
      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            feed = attach(tenantId, lastEventId, {
              write(frame) {
                controller.enqueue(frame);
                return false;
              },
              isOverfull: () => (controller.desiredSize ?? 0) <= 0,
              end: () => controller.close(),
            });
          },
          pull: () => feed.pull(),
          cancel: () => feed.forget(),
        },
        { highWaterMark: maxUnreadBytes, size: (frame) => frame.byteLength },
      );
    },

    serve(tenantId, lastEventId, response) {
      const feed = attach(tenantId, lastEventId, {
        write: (frame) => response.write(frame),
        isOverfull: () => response.writableLength > maxUnreadBytes,
        end() {
          // Whole frames up to here, if the reader takes them in time; else the connection breaks in the middle of one,
          // which readers discard.
          response.end();
          const cut = setTimeout(() => response.destroy(), lastWordsMs).unref();
          response.once('close', () => clearTimeout(cut));
        },
      });
      // Not 'error': a reader that goes away is no failure, and 'close' comes in any case.
      response.on('error', () => undefined);
      response.once('close', () => feed.forget());
      response.on('drain', () => feed.pull());
      feed.pull();
    },

    closeAll() {
      for (const connection of [...connections]) connection.close();
    },
  };
}
