import { randomUUID } from 'node:crypto';

import type { LedgerEvent } from '../ledger/events.ts';
import type { EventHub } from './event-hub.ts';

/** How often a comment line says that the connection lives: readers behind proxies give up on silent ones. */
export const heartbeatMs = 15_000;

/** A reader this far behind is dropped; it comes back with its `Last-Event-ID` and misses nothing. */
const maxUnreadBytes = 1024 * 1024;

/** Events per step of a replay: the reader's pace decides when the next step is read. */
const replayPageSize = 100;

export interface EventStreams {
  /**
   * A tenant's event stream as a response body. It opens with `connection.established`, replays what came after
   * `lastEventId` (nothing without one), and goes on until the reader leaves or {@link EventStreams.closeAll}.
   */
  open(tenantId: string, lastEventId: number | undefined): ReadableStream<Uint8Array>;
  closeAll(): void;
}

const encoder = new TextEncoder();

/** One write per frame, default event type, `data: ` with the space: known readers split raw chunks by lines. */
function encodeFrame(event: Omit<LedgerEvent, 'id'> & { id: string }, isNumbered: boolean): Uint8Array {
  const { id, tenantId, type, data, timestamp } = event;
  const json = JSON.stringify({
    id,
    type,
    tenant_id: tenantId,
    // Some readers know the tenant by this name.
    tenant: tenantId,
    data,
    timestamp: new Date(timestamp).toISOString(),
  });
  return encoder.encode(`${isNumbered ? `id: ${id}\n` : ''}data: ${json}\n\n`);
}

export function createEventStreams({ hub, now }: { hub: EventHub; now: () => number }): EventStreams {
  const heartbeat = encoder.encode(': heartbeat\n\n');
  const connections = new Set<{ send(frame: Uint8Array): void; close(): void }>();
  let timer: NodeJS.Timeout | undefined;

  // An event goes to many readers: it is encoded for the first and reused for the rest.
  const frames = new WeakMap<LedgerEvent, Uint8Array>();
  function frameOf(event: LedgerEvent): Uint8Array {
    let frame = frames.get(event);
    if (!frame) {
      frame = encodeFrame({ ...event, id: String(event.id) }, true);
      frames.set(event, frame);
    }
    return frame;
  }

  return {
    open(tenantId, lastEventId) {
      let cursor = lastEventId;
      let unsubscribe: (() => void) | undefined;
      let connection: { send(frame: Uint8Array): void; close(): void };

      function forget(): void {
        unsubscribe?.();
        connections.delete(connection);
        if (connections.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      }

      return new ReadableStream<Uint8Array>(
        {
          start(controller) {
            connection = {
              send(frame) {
                if ((controller.desiredSize ?? 0) <= 0) connection.close();
                else controller.enqueue(frame);
              },
              close() {
                forget();
                controller.close();
              },
            };
            connections.add(connection);
            timer ??= setInterval(() => {
              for (const each of [...connections]) each.send(heartbeat);
            }, heartbeatMs).unref();
            const greeting = { tenantId, type: 'connection.established', data: { message: 'connected' } };
            // Not an event of the ledger, so it has no number: a reader's Last-Event-ID stays what it was.
            connection.send(encodeFrame({ ...greeting, id: randomUUID(), timestamp: now() }, false));
          },
          pull(controller) {
            if (unsubscribe) return;
            const missed = cursor === undefined ? [] : hub.replay(tenantId, cursor, replayPageSize);
            for (const event of missed) {
              controller.enqueue(frameOf(event));
              cursor = event.id;
            }
            // Nothing can be announced between an empty replay and this line: both run in one go.
            if (missed.length === 0)
              unsubscribe = hub.subscribe(tenantId, (event) => connection.send(frameOf(event)));
          },
          cancel: forget,
        },
        { highWaterMark: maxUnreadBytes, size: (frame) => frame.byteLength },
      );
    },
    closeAll() {
      for (const connection of [...connections]) connection.close();
    },
  };
}
