import type { DatabaseSync } from 'node:sqlite';

import type { Ledger } from '../ledger/database.ts';
import { appendEvent, type LedgerEvent, listEvents, type NewEvent, newestEventId } from '../ledger/events.ts';

/**
 * Keeps a tenant's later events from being announced until it is released, so that whoever caused an event has its
 * answer first, while everybody still sees all events in one order.
 */
export interface Hold {
  release(): void;
}

/** Gets a tenant's events, in order, from when it subscribed. */
export type EventListener = (event: LedgerEvent) => void;

export interface EventHub {
  /** Stores an event in the caller's transaction. With `hold`, it is announced no earlier than that is released. */
  append(db: DatabaseSync, event: NewEvent, hold?: Hold): void;
  /** Tells everybody what was committed and is not held back. Call after the transaction. */
  announce(): void;
  /** A hold that releases itself {@link maxHoldMs} after its first event: a client that never takes its answer blocks nobody. */
  hold(): Hold;
  /** A tenant's announced events after `after`, in order, at most `limit`. */
  replay(tenantId: string, after: number, limit: number): LedgerEvent[];
  /** Ends the announcing, so that the ledger may be closed: what was committed is read by a later replay. */
  close(): void;
  /** The returned function ends it. */
  subscribe(tenantId: string, listener: EventListener): () => void;
}

/** Longer than any answer takes to leave, short enough that nobody misses the news. */
export const maxHoldMs = 2_000;

const pageSize = 500;

interface ArmableHold extends Hold {
  /** Starts the time limit, once; false when the hold was released already. */
  arm(): boolean;
}

interface Channel {
  /** Newest event that was announced. */
  announced: number;
  /** With the first event that each holds back. */
  holds: Map<Hold, number>;
  listeners: Set<EventListener>;
}

/** The one place through which events go out: from the ledger, in the order of their commits. */
export function createEventHub({ ledger, now }: { ledger: Ledger; now: () => number }): EventHub {
  const channels = new Map<string, Channel>();
  const changed = new Set<string>();
  let isClosed = false;
  // What an earlier run committed was, or will be, read by replay.
  const announcedBefore = newestEventId(ledger.db);

  function channelOf(tenantId: string): Channel {
    let channel = channels.get(tenantId);
    if (!channel) {
      channel = { announced: announcedBefore, holds: new Map(), listeners: new Set() };
      channels.set(tenantId, channel);
    }
    return channel;
  }

  function announceTenant(tenantId: string): void {
    const channel = channelOf(tenantId);
    const upTo = Math.min(...channel.holds.values(), Number.MAX_SAFE_INTEGER) - 1;
    for (;;) {
      const events = listEvents(ledger.db, tenantId, { after: channel.announced, upTo, limit: pageSize });
      for (const event of events) {
        channel.announced = event.id;
        for (const listener of [...channel.listeners]) listener(event);
      }
      if (events.length < pageSize) return;
    }
  }

  function announce(): void {
    if (isClosed) return;
    for (const tenantId of changed) {
      changed.delete(tenantId);
      announceTenant(tenantId);
    }
  }

  return {
    append(db, event, hold) {
      const id = appendEvent(db, event, now());
      changed.add(event.tenantId);
      const { holds } = channelOf(event.tenantId);
      // Of several events under one hold the first one holds the rest back too.
      if (hold && !holds.has(hold) && (hold as ArmableHold).arm()) holds.set(hold, id);
    },
    announce,
    close() {
      isClosed = true;
    },
    hold() {
      let timer: NodeJS.Timeout | undefined;
      let isReleased = false;
      const hold: ArmableHold = {
        arm() {
          timer ??= setTimeout(() => hold.release(), maxHoldMs).unref();
          return !isReleased;
        },
        release() {
          isReleased = true;
          clearTimeout(timer);
          for (const [tenantId, channel] of channels) {
            if (channel.holds.delete(hold)) changed.add(tenantId);
          }
          announce();
        },
      };
      return hold;
    },
    replay(tenantId, after, limit) {
      return listEvents(ledger.db, tenantId, { after, upTo: channelOf(tenantId).announced, limit });
    },
    subscribe(tenantId, listener) {
      const { listeners } = channelOf(tenantId);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
