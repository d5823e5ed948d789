import { randomUUID } from 'node:crypto';

import type { LedgerEvent } from '../ledger/events.ts';

const encoder = new TextEncoder();

/** A comment line: it says that the connection lives, and readers pass over it. */
export const heartbeatFrame = encoder.encode(': heartbeat\n\n');

/**
 * The first frame of every stream. Not an event of the ledger, so it has no number: a reader's Last-Event-ID stays what
 * it was.
 */
export function greetingFrame(tenantId: string, now: number): Uint8Array {
  const greeting = {
    tenantId,
    type: 'connection.established',
    data: { message: 'connected' },
    timestamp: now,
  };
  return encoder.encode(`data: ${envelope({ ...greeting, id: randomUUID() })}\n\n`);
}

// An event goes to many readers: it is encoded for the first and reused for the rest.
const frames = new WeakMap<LedgerEvent, Uint8Array>();

/** The frame of an event: the same bytes for every reader. */
export function eventFrame(event: LedgerEvent): Uint8Array {
  let frame = frames.get(event);
  if (!frame) {
    frame = encoder.encode(`id: ${event.id}\ndata: ${envelope({ ...event, id: String(event.id) })}\n\n`);
    frames.set(event, frame);
  }
  return frame;
}

/** Default event type, one line, `data: ` with the space: known readers split raw chunks by lines. */
function envelope({ id, tenantId, type, data, timestamp }: Omit<LedgerEvent, 'id'> & { id: string }): string {
  return JSON.stringify({
    id,
    type,
    tenant_id: tenantId,
    // Some readers know the tenant by this name.
    tenant: tenantId,
    data,
    timestamp: new Date(timestamp).toISOString(),
  });
}
